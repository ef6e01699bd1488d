# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: sibling_environments
short_description: The signing keys of the environments whose inventories lie beside a run's own
version_added: 1.0.0
description:
  - Finds the inventories of other environments, by default the directories beside that of the run, and computes from
    each what its signing keys are called. Nothing is asked of AWS.
  - Policies are evaluated against these keys before they are written, none of which they may cover.
  - A directory is an environment's inventory if it has a file C(hosts) (or C(hosts.yml), C(hosts.ini)) and sets
    C(agent_ops_environment). A directory that is named and is no inventory is an error.
options:
  _terms:
    description:
      - Directories of inventories. Without any, those beside each directory of C(ansible_inventory_sources) are taken.
    type: list
    elements: path
    required: false
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Show the keys of the environments beside this one
  ansible.builtin.debug:
    msg: "{{ query('interchain.agent_ops.sibling_environments') | map(attribute='signing_keys') | flatten |
    map(attribute='name') }}"
  # -> ['production-ethereum-watcher-signer', …]
"""

RETURN = r"""
_list:
  description:
    - The environments, each with C(environment), C(source) (the directory), C(backend), and C(signing_keys), a list of
      dictionaries with C(name), C(environment), C(backend), C(network), C(agent), C(purpose) and C(region).
  type: list
  elements: dict
"""

import os
import typing as t

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.lookup import LookupBase
from ansible.vars.manager import VariableManager
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import DEFAULT_TEMPLATE, environment_keys

_ENDS = ("", ".yml", ".yaml", ".ini")


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        own = [_folder(os.path.realpath(source)) for source in variables.get("ansible_inventory_sources") or ()]
        folders = [self._named(variables, term) for term in terms] or _beside(own)
        found: list[dict[str, t.Any]] = []
        for folder in dict.fromkeys(os.path.realpath(folder) for folder in folders):
            if folder not in own and _is_inventory(folder):
                found += self._environment(folder, str(variables.get("agent_ops_environment", "")))
        return found

    def _named(self, variables: dict[str, t.Any], term: str) -> str:
        """Return the folder of an inventory that was named: one that is not there would leave its keys unprotected."""
        folder = _folder(self.find_file_in_search_path(variables, "", term, ignore_missing=True) or term)
        if not _is_inventory(folder):
            raise AnsibleLookupError(
                f"signer_iam_other_inventories names {term!r}, where there is no folder with a file called hosts, so"
                " that nothing shows that its keys stay its own. Expected: a list of inventories' folders"
            )
        return folder

    def _environment(self, folder: str, own: str) -> t.Iterator[dict[str, t.Any]]:
        loader = DataLoader()
        inventory = InventoryManager(loader=loader, sources=[folder])
        hosts = inventory.groups["networks"].get_hosts() if "networks" in inventory.groups else []
        if not hosts:
            return
        manager = VariableManager(loader=loader, inventory=inventory)
        # What the command line says (-e) is about the run's own environment.
        manager._extra_vars = {}
        held = {host.name: manager.get_vars(host=host, include_hostvars=False) for host in hosts}
        values = held[hosts[0].name]
        if "agent_ops_environment" not in values:
            return
        try:
            name = self._read(values, "agent_ops_environment")
            # The same environment, written down twice: its keys are the run's own.
            if name == own:
                return
            backend = self._read(values, "agent_ops_key_backend", "kms")
            networks = {host: self._read(found, "agent_ops_network", {}, lookups=False) for host, found in held.items()}
            specs = environment_keys(
                {network: settings or {} for network, settings in networks.items()},
                environment=name,
                agents=self._read(values, "agent_ops_agents", {}),
                template=self._read(values, "agent_ops_key_name_template", DEFAULT_TEMPLATE),
                additional=self._read(values, "agent_ops_additional_keys", []),
            )
        except (AnsibleError, ValueError) as exc:
            raise AnsibleLookupError(
                f"The environment beside this one in {folder} cannot be read, so that nothing shows that its keys stay"
                f" its own: {exc}. Correct its inventory, or name the right ones in signer_iam_other_inventories"
            ) from exc
        region = self._read(values, "agent_ops_aws_region", "")
        yield {
            "environment": name,
            "source": folder,
            "backend": backend,
            "signing_keys": [
                {
                    "name": spec.name,
                    "environment": name,
                    "backend": backend,
                    "network": spec.network,
                    "agent": spec.agent,
                    "purpose": spec.purpose,
                    "region": spec.region or region,
                }
                for spec in specs
            ],
        }

    def _read(self, variables: dict[str, t.Any], name: str, default: t.Any = None, *, lookups: bool = True) -> t.Any:
        if name not in variables:
            return default
        value = variables[name]
        if not lookups and isinstance(value, t.Mapping):
            # An RPC URL is looked up where a secret may be: only what names keys is needed here.
            value = {key: value[key] for key in ("excluded_keys", "aws_region") if key in value}
        return self._templar.copy_with_new_env(available_variables=variables).template(value)


def _is_inventory(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, f"hosts{end}")) for end in _ENDS)


def _folder(source: str) -> str:
    """Return the folder of an inventory whose file of hosts was named."""
    return os.path.dirname(source) if os.path.isfile(source) and _is_inventory(os.path.dirname(source)) else source


def _beside(sources: t.Iterable[str]) -> list[str]:
    folders = []
    for source in sources:
        parent = os.path.dirname(source)
        if os.path.isdir(source) and os.path.isdir(parent):
            folders += sorted(os.path.join(parent, name) for name in os.listdir(parent))
    return folders
