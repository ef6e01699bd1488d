# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options in plugins/module_utils/_contract_config_options.py; the two are to be kept in step."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment:
    description:
      - Name of the environment. A file that names its environment must be of this one; C(dev), C(prod),
        C(prod-community) and C(mainnet) count as C(development) and C(production).
    type: str
    required: true
  networks:
    description:
      - Network to its settings, of all networks of the environment. Read are C(replicas), the networks that carry a
        replica of its home, C(domain) and C(chain_id).
    type: dict
    required: true
  only:
    description:
      - Networks that are done, all by default.
    type: list
    elements: str
  signing_keys:
    description:
      - Key rows, as M(interchain.agent_ops.kms_signing_keys) and M(interchain.agent_ops.secret_signing_keys) return
        them. The addresses of the attestation keys of updater and watcher are used.
    type: list
    elements: dict
    required: true
  files:
    description:
      - The deployment configurations, JSON files.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - The file.
        type: path
        required: true
      format:
        description:
          - What it is. V(core_config) is the core configuration of one network, with C(updater) and C(watchers) at the
            top. V(nomad_config) is a NomadConfig, with both under C(protocol.networks.NETWORK.configuration).
          - Without it the format is recognised, or the file refused.
        type: str
        choices:
          - core_config
          - nomad_config
      network:
        description:
          - Whose a V(core_config) is, unless its field C(name) says that.
        type: str
      environment:
        description:
          - What the file calls the environment, if that is another name than the usual ones.
        type: str
  watchers_of:
    description:
      - Whose watchers a network's C(watchers) are. V(home) are those of the network's own home, for tools that enrol
        them on every network that carries its replica. V(connected_homes) are those of the homes that have a replica on
        the network, for tools that enrol a network's C(watchers) on this network itself.
    type: str
    choices:
      - home
      - connected_homes
    default: home
  additional_watchers:
    description:
      - Home network to a list of addresses of watchers whose keys others have.
    type: dict
    default: {}
  one_key_for_all_networks:
    description:
      - Whether networks may share an updater's or a watcher's address.
    type: bool
    default: false
  sandbox:
    description:
      - Whether the keys are a sandbox's. The files are left alone then, and what becomes of them is written to
        copies in the folder C(contract_config) of the environment's artifacts.
    type: bool
    required: true
  artifacts_root:
    description:
      - Folder of the artifacts, as an absolute path.
    type: path
    default: artifacts
"""
