#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: contract_config
short_description: Write updaters and watchers into deployment configurations
version_added: 1.0.0
description:
  - Writes the addresses of attestation keys into the files that a bridge's contracts are deployed from, as C(updater)
    and C(watchers) of each network. Nothing else in a file changes, not even its layout.
  - All files are read and checked first. If one of them is not in order, or would not be afterwards, nothing is
    written.
  - A network whose keys are missing or failed fails alone; its part of a file is left as it is.
  - A file is replaced whole or not at all, keeps mode and owner, and stays behind the same links.
extends_documentation_fragment:
  - interchain.agent_ops.contract_config
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
    details: A key that is yet to be made has C((not made yet)) for an address.
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: full
    details: The difference has updaters and watchers alone, since the files may hold secrets.
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
notes:
  - Refused are the zero address, wrong EIP-55 checksums, an address that is two agents' or two networks', a network
    that a file lacks, and files that break the rules of a NomadConfig.
seealso:
  - module: interchain.agent_ops.contract_config_info
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Write updater and watchers of all networks into a NomadConfig
  interchain.agent_ops.contract_config:
    environment: staging
    networks:
      kovan:
        domain: 3000
        replicas: [moonbasealpha]
      moonbasealpha:
        domain: 5000
        replicas: [kovan]
    signing_keys: "{{ signing_keys_rows }}"
    files:
      - path: /home/user/config/staging.json
    sandbox: false
"""

RETURN = r"""
rows:
  description:
    - A row for each file and network. C(action) is V(created) (a copy of a sandbox run), V(updated), V(unchanged) or
      V(failed), with the reason in C(error).
    - C(updater) and C(watchers) are what is wanted, C(found_updater) and C(found_watchers) what the file had.
      C(pending) is true in check mode if a key is yet to be made. C(source) is the user's file, C(file) what is
      written.
  returned: unless the input is refused
  type: list
  elements: dict
  sample:
    - network: kovan
      file: /home/user/config/staging.json
      source: /home/user/config/staging.json
      format: nomad_config
      field: protocol.networks.kovan.configuration
      updater: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
      watchers: ['0x67F999fB6492F18D824BC473Ae709Bd8e0f5B017']
      found_updater: '0x0000000000000000000000000000000000000000'
      found_watchers: []
      pending: false
      error: null
      action: updated
sandbox:
  description: Whether the keys are a sandbox's.
  returned: unless the input is refused
  type: bool
  sample: false
"""

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.interchain.agent_ops.plugins.module_utils import _address
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import wanted
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_converge import converge
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_options import (
    contract_config_options,
    setting,
    sources,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import (
    CHANGES,
    failures,
    plan,
    view,
)


def _run(module: AnsibleModule) -> list[dict[str, t.Any]]:
    given = setting(module.params, dry_run=module.check_mode)
    found = sources(module.params, given.networks)
    planned = plan(given, [one.document for one in found], wanted(given))
    return converge(found, planned, dry_run=module.check_mode)


def main() -> t.NoReturn:
    module = AnsibleModule(argument_spec=contract_config_options(), supports_check_mode=True)
    if _address.IMPORT_ERROR is not None:
        module.fail_json(
            msg=missing_required_lib("cryptography, eth-keys and eth-hash[pycryptodome]"),
            exception="".join(traceback.format_exception(_address.IMPORT_ERROR)),
        )
    try:
        rows = _run(module)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    result: dict[str, t.Any] = {
        "changed": any(row["action"] in CHANGES for row in rows),
        "rows": rows,
        "sandbox": module.params["sandbox"],
    }
    if module._diff:
        result["diff"] = {"before": view(rows, before=True), "after": view(rows, before=False)}
    failed = failures(rows)
    if failed:
        module.fail_json(msg="\n".join(failed), **result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


if __name__ == "__main__":
    main()
