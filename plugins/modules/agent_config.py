#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: agent_config
short_description: Write what an environment's agents read
version_added: 1.0.0
description:
  - Writes, in one call, the configuration of all agents of an environment from its inventory and its signing keys, in
    one or several formats and forms.
  - Everything that is wrong is refused before a file is written, by the name of the field.
  - Key ids and addresses come from O(known_keys), the rows of the same run, or from AWS. Hex keys are read from AWS
    Secrets Manager when the files are made, and go into the files of the agents that sign with them and nowhere else.
    A file for a key in AWS KMS holds no key.
  - Files are written whole or not at all. One that holds connections or keys can be read by its owner alone, and a
    diff names what changes in it without any value.
options:
  environment:
    description:
      - Name of the environment.
    type: str
    required: true
  project:
    description:
      - Name of the project, part of the names of the bucket and of Compose projects.
    type: str
    required: true
  protected:
    description:
      - Whether nothing may break in this environment. C(kathy) is refused then.
    type: bool
    default: false
  networks:
    description:
      - Network to its settings, of all networks of the environment, as the inventory's C(agent_ops_network) has them
        but without C(rpc_url). See C(docs/agents.md).
    type: dict
    required: true
  rpc_urls:
    description:
      - Network to the URL of its connection. It is a secret, since it often holds an API key.
    type: dict
    default: {}
  homes:
    description:
      - Networks whose agents are configured, all by default. Files of the whole environment are always computed
        from all.
    type: list
    elements: str
  agents:
    description:
      - Agents to configure.
    type: list
    elements: str
    required: true
  signing_keys:
    description:
      - All signing keys of the environment. The filter P(interchain.agent_ops.environment_signing_keys#filter) makes
        them from an inventory.
    type: list
    elements: dict
    required: true
  known_keys:
    description:
      - Rows of keys that the same run got from AWS KMS. Others are read.
    type: list
    elements: dict
    default: []
  backend:
    description:
      - Where the keys live.
    type: str
    choices:
      - kms
      - secretsmanager
    required: true
  formats:
    description:
      - The agents' formats. V(opt) is that of Optics and of Nomad until 2022, V(nomad) that of nomad-xyz/rust,
        V(hyperlane) that of Hyperlane.
    type: list
    elements: str
    default: [opt]
  targets:
    description:
      - What is written in each format. V(env) is an env file an agent, V(json) and V(yaml) are configuration files,
        V(helm) is values of the format's chart for each home, V(compose) is a Compose file, with the env files that it
        refers to.
    type: list
    elements: str
    default: [env]
  transaction_signer:
    description:
      - Whose key signs an agent's transactions on a network, that of its home everywhere or the network's own.
    type: str
    choices:
      - home
      - network
    default: home
  key_reference:
    description:
      - What of a key in AWS KMS stands in a file.
    type: str
    choices:
      - key_id
      - arn
      - alias
    default: key_id
  settings:
    description:
      - Agent to its settings, for instance C(interval) in seconds. See C(docs/agents.md).
    type: dict
    default: {}
  variables:
    description:
      - Further environment variables of all agents. They are not for secrets, since the invocation shows them.
    type: dict
    default: {}
  strict:
    description:
      - Whether a network without a connection is an error. Otherwise the line is left out, which a comment and a
        warning say.
    type: bool
    default: false
  proof_bucket:
    description:
      - Naming template of the bucket of proofs or checkpoints, with the fields C({project}), C({environment}) and
        C({account_id}). Empty for no bucket.
    type: str
    default: ''
  proof_bucket_region:
    description:
      - AWS Region of the bucket, that of the module by default.
    type: str
  s3_access_key_id:
    description:
      - Access key by which Nomad's processor writes proofs. It stands in the files of the format V(opt) only if it
        is given here.
    type: str
  s3_secret_access_key:
    description:
      - The secret part of O(s3_access_key_id).
    type: str
  db:
    description:
      - Folder of an agent's database, with the fields C({home}) and C({agent}). By default it is
        C(/usr/share/nomad/{home}/{agent}), or C(/usr/share/hyperlane/{home}/{agent}) in the format V(hyperlane).
    type: str
    default: ''
  run_env:
    description:
      - The folder of the agents' own configuration that they start from (C(RUN_ENV)), in the format V(opt). The
        environment's name by default.
    type: str
  config_url:
    description:
      - Where agents of the format V(nomad) fetch their NomadConfig.
    type: str
  config_path:
    description:
      - The file with the NomadConfig, unless O(config_url) is set.
    type: str
  metrics_port:
    description:
      - Port of the agents' metrics.
    type: int
    default: 9090
  log_format:
    description:
      - Form of the agents' logs.
    type: str
    choices:
      - json
      - pretty
      - compact
      - full
    default: json
  log_level:
    description:
      - What the agents log.
    type: str
    choices:
      - 'off'
      - error
      - warn
      - info
      - debug
      - trace
    default: info
  jaeger_uri:
    description:
      - Collector of traces, in the format V(opt).
    type: str
  helm_key:
    description:
      - Top key of the chart's values in the format V(opt).
    type: str
    choices:
      - nomad
      - optics
    default: nomad
  images:
    description:
      - Format to the agents' image, in Compose files.
    type: dict
    default: {}
  credentials_file:
    description:
      - Env file with the agents' AWS credentials that services of the Compose file read, as seen from the Compose file.
    type: str
  artifacts_root:
    description:
      - Where the files go, in C(<environment>/agents) below. Files of a sandbox go below its folder C(sandbox).
    type: path
    default: artifacts
  purge:
    description:
      - Whether files that nothing asks for any more are removed. Otherwise a warning names them.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
attributes:
  diff_mode:
    details: Of files with connections or keys the names of what changes alone.
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed); for keys that are not among O(known_keys)
    C(kms:DescribeKey), C(kms:GetPublicKey) and C(kms:ListResourceTags); for hex keys C(secretsmanager:GetSecretValue)."
  - In check mode keys that do not exist are expected to be made by what comes before, and are no error.
  - The action plugin of the module's name makes O(artifacts_root) absolute, and shows what comes of a run.
seealso:
  - module: interchain.agent_ops.kms_signing_keys
  - module: interchain.agent_ops.secret_signing_keys
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Write the env files of kovan's agents
  interchain.agent_ops.agent_config:
    region: us-west-2
    environment: staging
    project: nomad
    backend: kms
    agents:
      - updater
      - relayer
    networks:
      kovan:
        domain: 3000
        replicas:
          - moonbasealpha
      moonbasealpha:
        domain: 5000
        replicas:
          - kovan
    homes:
      - kovan
    rpc_urls:
      kovan: "{{ lookup('ansible.builtin.env', 'KOVAN_RPC_URL') }}"
      moonbasealpha: "{{ lookup('ansible.builtin.env', 'MOONBASEALPHA_RPC_URL') }}"
    signing_keys: "{{ keys }}"
"""

RETURN = r"""
files:
  description: A row for each file of the run, and for each that was removed. After a failure, for each that was done.
  returned: always, unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /srv/agent_ops/artifacts/staging/agents/opt/kovan/updater.env
    name:
      description: The file below C(directory).
      type: str
      sample: opt/kovan/updater.env
    format:
      description: Its format.
      type: str
      sample: opt
    target:
      description: What it is, null for a file that was removed.
      type: str
      sample: env
    home:
      description: The home whose agents read it, null for a file of the whole environment.
      type: str
      sample: kovan
    agent:
      description: The agent that reads it, null for a file of several agents.
      type: str
      sample: updater
    mode:
      description: Its permissions, null for a file that was removed.
      type: str
      sample: '0600'
    action:
      description: What was done, or would be done in check mode, V(created), V(updated), V(unchanged) or V(removed).
      type: str
      sample: created
    changes:
      description: Names of what changed in a file that was updated.
      type: list
      elements: str
      sample: [OPT_UPDATER_INTERVAL]
directory:
  description: Folder of the files.
  returned: always, unless the caller or the options are refused
  type: str
  sample: /srv/agent_ops/artifacts/staging/agents
left:
  description: Files below C(directory) that nothing asks for any more.
  returned: always, unless the caller or the options are refused
  type: list
  elements: str
  sample: [opt/kovan/kathy.env]
warned:
  description: What the agents lack, and which share a signer. The module warns of each as well.
  returned: always, unless the caller or the options are refused
  type: list
  elements: str
bucket:
  description: Name of the bucket of proofs or checkpoints, null if there is none.
  returned: always, unless the caller or the options are refused
  type: str
  sample: nomad-staging-proofs-111122223333
account_id:
  description: AWS account that the keys are in.
  returned: always, unless the caller or the options are refused
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: always, unless the caller or the options are refused
  type: str
  sample: arn:aws:iam::111122223333:user/kms-admin
endpoint_url:
  description: Endpoint that the client really used.
  returned: always, unless the caller or the options are refused
  type: str
  sample: https://kms.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's.
  returned: always, unless the caller or the options are refused
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_options import (
    agent_config_options,
    configure,
    read_options,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    request_rates,
    require_libraries,
    required_region,
)


def main() -> t.NoReturn:
    module = AwsModule(argument_spec=agent_config_options(), supports_check_mode=True)
    region = required_region(module)
    call = Caller(request_rates(module))
    require_libraries(module)
    # Whatever is wrong in the options is said before anybody is asked for anything.
    wish = read_options(module)
    identity = ask_identity(module, call, region)
    configure(module, wish, call, region, identity)


if __name__ == "__main__":
    main()
