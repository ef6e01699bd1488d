#!/usr/bin/python
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_signing_keys
short_description: Converge a set of Ethereum signing keys in AWS Secrets Manager
version_added: 1.0.0
description:
  - Makes sure that every key of a set exists in AWS Secrets Manager, as a secret of its name that holds a random
    secp256k1 private key, and returns its Ethereum address.
  - For environments that are not worth keys in AWS KMS. Whoever may read such a secret has the key, and can keep it.
  - A secret holds a JSON object with the fields C(private_key) (C(0x) and 64 hexadecimal digits), C(address),
    C(environment), C(network) (null for a key that all networks share), C(agent) and C(purpose).
  - The private key is made where the module runs and goes from there to Secrets Manager alone. It is never returned,
    logged or shown in a diff.
  - Secrets that exist are checked (the address belongs to the key, and the rest is what the set says) and left alone;
    tags and descriptions are added or corrected, other tags of a secret stay. Secrets outside the set are never
    touched.
  - Contents that are not right are an error that names the secret and shows nothing of them. A secret that was made
    for another environment or name, or is scheduled for deletion, is an error that names what was found and what was
    expected.
  - Two keys of the set that are the same key both fail.
options:
  signing_keys:
    description:
      - The set of keys.
      - The filter P(interchain.agent_ops.environment_signing_keys#filter) makes it from an inventory.
  state:
    description:
      - V(absent) retires exactly the keys named in O(signing_keys). The deletion of their secrets is scheduled; until
        then O(revive) brings them back. Only secrets with the tag C(environment) of their environment are retired.
  rotate:
    description:
      - Names of keys of the set that are replaced by new ones. The secret's former version stays readable under the
        label C(AWSPREVIOUS), and the one before it loses that label, of which the module warns.
      - A key of the set that does not exist yet is created, which counts as its rotation.
    type: list
    elements: str
    default: []
  rotation_id:
    description:
      - A name for the rotation that is asked for, for instance a date or the number of a ticket. A rotation of one
        name is done once for each key, however often and in however many runs at once it is asked for; a run that was
        killed is finished by the next one.
      - Without it, every run rotates anew.
      - AWS advises against a sustained rate of more than one new version of a secret in 10 minutes.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - interchain.agent_ops.signing_keys
  - interchain.agent_ops.signing_keys.calls
  - interchain.agent_ops.attributes
requirements:
  - cryptography
  - eth-keys
  - eth-hash[pycryptodome]
notes:
  - "Permissions: C(sts:GetCallerIdentity) (always allowed), C(secretsmanager:DescribeSecret) and
    C(secretsmanager:GetSecretValue) for reading; C(secretsmanager:CreateSecret) and C(secretsmanager:TagResource) for
    creating; C(secretsmanager:TagResource) and C(secretsmanager:UpdateSecret) for correcting tags and descriptions;
    C(secretsmanager:PutSecretValue) for rotating; C(secretsmanager:RestoreSecret) for reviving;
    C(secretsmanager:DeleteSecret) for retiring."
  - Secrets are encrypted with the key C(aws/secretsmanager) of the account.
seealso:
  - module: interchain.agent_ops.kms_signing_keys
  - module: community.aws.secretsmanager_secret
author:
  - interchain.agent_ops contributors (@interchain)
"""

EXAMPLES = r"""
- name: Create the keys of the updater on alfajores
  interchain.agent_ops.secret_signing_keys:
    region: us-west-2
    signing_keys:
      - name: development-alfajores-updater-signer
        environment: development
        network: alfajores
        agent: updater
        purpose: signer
        description: development alfajores updater-signer
      - name: development-alfajores-updater-attestation
        environment: development
        network: alfajores
        agent: updater
        purpose: attestation
        description: development alfajores updater-attestation

- name: Rotate kathy's key on kovan, once
  interchain.agent_ops.secret_signing_keys:
    region: us-west-2
    rotate:
      - development-kovan-kathy-signer
    rotation_id: "2026-11"
    signing_keys:
      - name: development-kovan-kathy-signer
        environment: development
        network: kovan
        agent: kathy
        purpose: signer
        description: development kovan kathy-signer

- name: Retire kathy's key on kovan
  interchain.agent_ops.secret_signing_keys:
    region: us-west-2
    state: absent
    pending_window_days: 30
    signing_keys:
      - name: development-kovan-kathy-signer
        environment: development
"""

RETURN = r"""
signing_keys:
  description:
    - A row for each key of the set, in the order of the set, of those that failed too. It shows what Secrets Manager
      holds, without the private key.
  returned: always, unless the caller or the options are refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the key.
      type: str
      sample: development-alfajores-updater-signer
    environment:
      description: Environment that the key belongs to.
      type: str
      sample: development
    network:
      description: Network that the key belongs to, null for a key that all networks share.
      type: str
      sample: alfajores
    agent:
      description: Agent that uses the key.
      type: str
      sample: updater
    purpose:
      description: V(signer) signs transactions, V(attestation) signs updates or fraud proofs.
      type: str
      sample: signer
    backend:
      description: Where the key lives.
      type: str
      sample: secretsmanager
    alias:
      description: Name of the secret.
      type: str
      sample: development-alfajores-updater-signer
    key_id:
      description: Id of the secret's current version, null where there is none or it could not be used.
      type: str
      sample: 1234abcd-12ab-34cd-56ef-1234567890ab
    arn:
      description: ARN of the secret, null if there is none.
      type: str
      sample: arn:aws:secretsmanager:us-west-2:111122223333:secret:development-alfajores-updater-signer-AbCdEf
    region:
      description: AWS Region of the secret.
      type: str
      sample: us-west-2
    description:
      description: Description of the secret.
      type: str
      sample: development alfajores updater-signer
    address:
      description:
        - EIP-55 checksummed Ethereum address of the current version's key. Null where there is none, where the
          contents are not right, where the secret is scheduled for deletion, and for keys that check mode would
          create or rotate.
      type: str
      sample: '0xE94E130546485b928C9C9b9A5e69EB787172952e'
    previous_address:
      description: Address of the former key, which is in the version with the label C(AWSPREVIOUS).
      returned: if there is one
      type: str
      sample: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    public_key:
      description: Public key as DER SubjectPublicKeyInfo in base64.
      type: str
      sample: MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE8t6K56n1lPsNOavPtYY5...
    key_spec:
      description: The key's curve, by AWS KMS's name for it.
      type: str
      sample: ECC_SECG_P256K1
    state:
      description: V(Enabled), V(PendingDeletion) or V(Absent). Null where the secret could not be read.
      type: str
      sample: Enabled
    action:
      description:
        - What was done, or would be done in check mode. One of V(created), V(adopted), V(updated), V(unchanged),
          V(rotated), V(retired) and V(failed).
      type: str
      sample: created
    error:
      description: Why the key failed, else null.
      type: str
    tags:
      description: Tags of the secret.
      type: dict
account_id:
  description: AWS account that the secrets are in.
  returned: always, unless the caller or the options are refused
  type: str
  sample: '111122223333'
caller_arn:
  description: ARN of the caller.
  returned: always, unless the caller or the options are refused
  type: str
  sample: arn:aws:iam::111122223333:user/developer
endpoint_url:
  description: Endpoint that the Secrets Manager client really used.
  returned: always, unless the caller or the options are refused
  type: str
  sample: https://secretsmanager.us-west-2.amazonaws.com
sandbox:
  description: Whether that endpoint is not AWS's. Such keys are not real ones.
  returned: always, unless the caller or the options are refused
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, ask_identity, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._progress import narrator
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_converge import converge
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import SecretReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import (
    key_specs,
    present,
    request_rates,
    require_libraries,
    required_region,
    signing_key_options,
)


def _wish(module: AwsModule, specs: t.Sequence[KeySpec]) -> Wish:
    """Return what is asked for beyond the set; fail if that makes no sense."""
    rotate, rotation_id = module.params["rotate"], module.params["rotation_id"]
    names = [spec.name for spec in specs]
    for name in rotate:
        if name not in names:
            module.fail_json(msg=f"rotate names {name!r}, which is not in the set of keys")
    if rotate and module.params["state"] == "absent":
        module.fail_json(
            msg="rotate asks for new keys, while state=absent retires the keys of the set. Do one of the two"
        )
    if rotation_id is not None and not rotation_id.strip():
        # An empty variable is no name: it would rotate once and never again.
        module.fail_json(msg="rotation_id is empty. Expected: a name for the rotation, or no rotation_id at all")
    return Wish(revive=frozenset(module.params["revive"]), rotate=frozenset(rotate), rotation_id=rotation_id)


def main() -> t.NoReturn:
    module = AwsModule(
        argument_spec={
            **signing_key_options(),
            "rotate": {"type": "list", "elements": "str", "default": []},
            "rotation_id": {"type": "str"},
        },
        supports_check_mode=True,
    )
    require_libraries(module)
    region = required_region(module)
    specs = key_specs(module, region, "secretsmanager")
    wish = _wish(module, specs)
    call = Caller(request_rates(module))
    answer = ask_identity(module, call, region)
    readers = {
        name: SecretReader(module.connect("secretsmanager", region=name), call, workers=module.params["workers"])
        for name in dict.fromkeys([spec.region or region for spec in specs] or [region])
    }
    module.refuse_mixed_endpoints()
    identity = answer()
    result = converge(
        specs,
        readers,
        wish,
        retire=module.params["state"] == "absent",
        window=module.params["pending_window_days"],
        dry_run=module.check_mode,
        say=narrator(module.params["progress_file"]),
    )
    facts = {**identity, **endpoint(next(iter(readers.values())).client)}
    present(module, result.rows, before=result.before, warnings=result.warnings, written=result.changed, **facts)


if __name__ == "__main__":
    main()
