# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox takes from moto, checked at start-up: a moto without it would fail later and less clearly."""

from __future__ import annotations

import importlib
import importlib.metadata

MADE_FOR = "5.2.5"

# module -> attributes (dotted below the module) that the sandbox replaces, subclasses or calls.
NEEDED: dict[str, tuple[str, ...]] = {
    "moto.core.base_backend": ("BackendDict._instances", "BackendDict.reset"),
    "moto.core.model_instances": ("reset_model_data",),
    "moto.core.request": ("Request",),
    "moto.core.resource_tagging": ("iter_taggable_backends", "make_tag_matcher", "match_resource_type"),
    "moto.core.routing": ("get_service_router",),
    "moto.core.responses": ("ActionResult", "EmptyResult"),
    "moto.core.serialize": ("never_return", "url_encode"),
    "moto.iam.aws_managed_policies": ("aws_managed_policies_data",),
    "moto.iam.exceptions": (
        "DeleteConflictException",
        "EntityAlreadyExists",
        "LimitExceededException",
        "MalformedPolicyDocument",
        "NoSuchEntity",
        "ValidationError",
    ),
    "moto.iam.models": (
        "AWSManagedPolicy.from_data",
        "IAMBackend._tag_verification",
        "IAMBackend.delete_access_key_by_name",
        "ManagedPolicy.attach_to",
        "Policy.policy_version_list",
        "Role.attached_managed_policies",
        "User",
        "get_account_id_from",
        "iam_backends.backend",
        "mark_account_as_visited",
    ),
    "moto.iam.policy_validation": ("IAMPolicyDocumentValidator", "IAMTrustPolicyDocumentValidator"),
    "moto.iam.responses": ("IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER", "IamResponse.dispatch"),
    "moto.iam.urls": ("url_bases", "url_paths"),
    "moto.iam.utils": ("generate_access_key_id_from_account_id",),
    "moto.kms.models": (
        "Alias",
        "Grant.to_json",
        "Key.generate_default_policy",
        "KmsBackend.any_id_to_key_id",
        "KmsBackend.get_key_id",
        "kms_backends.backend",
    ),
    "moto.kms.responses": (
        "KmsResponse.decrypt",
        "KmsResponse.encrypt",
        "KmsResponse.generate_data_key",
        "KmsResponse.generate_mac",
        "KmsResponse.generate_random",
        "KmsResponse.re_encrypt",
        "KmsResponse.verify_mac",
    ),
    "moto.kms.urls": ("url_bases", "url_paths"),
    "moto.kms.utils": ("RESERVED_ALIASES", "_deserialize_ciphertext_blob"),
    "moto.moto_server.werkzeug_app": ("DomainDispatcherApplication", "MotoRequestHandler", "create_backend_app"),
    "moto.s3.models": (
        "FakeAcl.public_read",
        "FakeBucket.get_permission",
        "FakeKey",
        "PublicAccessBlock",
        "S3Backend.create_bucket",
        "S3Backend.delete_bucket_encryption",
        "s3_backends.backend",
        "s3_backends.bucket_accounts",
    ),
    "moto.s3control.models": ("s3control_backends",),
    "moto.secretsmanager.models": (
        "FakeSecret.to_short_dict",
        "SecretsManagerBackend.describe_secret",
        "SecretsManagerBackend.create_secret",
        "SecretsManagerBackend.delete_secret",
        "SecretsStore",
        "secretsmanager_backends.backend",
    ),
    "moto.secretsmanager.responses": ("SecretsManagerResponse.backend", "SecretsManagerResponse.rotate_secret"),
    "moto.secretsmanager.urls": ("url_bases", "url_paths"),
    "moto.settings": ("load_iam_aws_managed_policies",),
    "moto.sts.models": (
        "AssumedRole",
        "STSBackend.assume_role",
        "STSBackend.get_assumed_role_from_access_key",
        "STSBackend.get_caller_identity",
        "sts_backends.backend",
    ),
    "moto.sts.urls": ("url_bases", "url_paths"),
    "moto.utilities.tagging_service": ("TaggingService.untag_resource_using_names",),
}


class MotoMismatch(Exception):
    """The installed moto is not one that the sandbox can correct."""


def require_moto() -> None:
    missing = []
    for module_name, names in NEEDED.items():
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            missing.append(module_name)
            continue
        for name in names:
            if not _has(module, name):
                missing.append(f"{module_name}.{name}")
    if missing:
        raise MotoMismatch(
            f"the sandbox corrects moto {MADE_FOR}, but moto {importlib.metadata.version('moto')} "
            f"has no {', '.join(missing)}"
        )


def _has(owner: object, name: str) -> bool:
    for part in name.split("."):
        if not hasattr(owner, part):
            return False
        owner = getattr(owner, part)
    return True
