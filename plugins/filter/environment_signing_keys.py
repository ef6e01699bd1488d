# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_signing_keys
short_description: All signing keys that an environment's inventory asks for
version_added: 1.0.0
description:
  - Computes from an environment's networks and agents which signing keys it has and what each is called.
  - The result is what M(interchain.agent_ops.kms_signing_keys) and M(interchain.agent_ops.secret_signing_keys) take.
  - A naming template that gives two keys one name, or a name that AWS does not allow, is an error.
positional: _input
options:
  _input:
    description:
      - Network name to settings. Read from the settings are C(excluded_keys), a list of C(AGENT) or C(AGENT-PURPOSE)
        that this network does without, and C(aws_region), the Region of this network's keys.
    type: dict
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
  agents:
    description: Agent to the list of purposes of its signing keys, V(signer) and V(attestation).
    type: dict
    required: true
  template:
    description:
      - Naming template with the fields C({environment}), C({network}), C({agent}) and C({purpose}).
      - Without C({network}) all networks share one set of keys.
    type: str
    default: '{environment}-{network}-{agent}-{purpose}'
  additional:
    description:
      - Further keys, each with C(agent), and optionally C(name) (a template, C({environment}-{agent}) by default),
        C(purpose) (C(signer) by default) and C(networks) (all by default).
    type: list
    elements: dict
    default: []
  tags:
    description: Further tags of every key.
    type: dict
    default: {}
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show the names of an environment's keys
  ansible.builtin.debug:
    msg: >-
      {{ {'kovan': {}} | interchain.agent_ops.environment_signing_keys(
           environment='staging', agents={'updater': ['signer', 'attestation']}) | map(attribute='name') }}
  # -> ['staging-kovan-updater-signer', 'staging-kovan-updater-attestation']
"""

RETURN = r"""
_value:
  description:
    - The keys, network by network, each with C(name), C(environment), C(network) (null for a shared key), C(agent),
      C(purpose), C(description), C(region) and C(tags).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.interchain.agent_ops.plugins.module_utils import _key_names


def environment_signing_keys(
    networks: t.Any,
    environment: str,
    agents: t.Any,
    template: str = _key_names.DEFAULT_TEMPLATE,
    additional: t.Sequence[t.Mapping[str, t.Any]] | None = None,
    tags: t.Mapping[str, str] | None = None,
) -> list[dict[str, t.Any]]:
    for name, value in (("the networks", networks), ("agents", agents)):
        if not isinstance(value, t.Mapping):
            kind = type(value).__name__
            raise AnsibleFilterError(f"environment_signing_keys: {name} must be a dictionary, not {kind}")
    try:
        specs = _key_names.environment_keys(
            {name: {} if settings in (None, "") else settings for name, settings in networks.items()},
            environment=environment,
            agents=agents,
            template=template,
            additional=additional or (),
            tags=tags or {},
        )
    except ValueError as exc:
        raise AnsibleFilterError(f"The signing keys of {environment} cannot be named. {exc}") from exc
    return [spec.as_dict() for spec in specs]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"environment_signing_keys": environment_signing_keys}
