# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module agent_config, what it does with them, and what it returns. Private to the collection."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_build import (
    Wish,
    buckets_region_warning,
    check_common,
    make_agents,
    read_wish,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_files import (
    apply_plan,
    check_places,
    read_files,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_key_read import (
    Found,
    read_hex_keys,
    read_kms_keys,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_keys import check_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import KEY_REFERENCES, Bucket, Common
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_plan import (
    Plan,
    diffs,
    left_over,
    make_plan,
    removed_row,
    row,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_settings import check_variables
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import CHOICES, Key
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_targets import files
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import KEY_BACKENDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_session import kms_readers
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import proof_bucket_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import call_options

FOLDER = "agents"
IMAGES = {
    "opt": "gcr.io/nomad-xyz/nomad-agent:latest",
    "nomad": "gcr.io/nomad-xyz/nomad-agent:latest",
    "hyperlane": "gcr.io/abacus-labs-dev/hyperlane-agent:latest",
}
"""The images of the formats' charts."""

Identity: t.TypeAlias = "t.Callable[[], dict[str, t.Any]]"


def agent_config_options() -> dict[str, t.Any]:
    names: dict[str, t.Any] = {"type": "list", "elements": "str"}
    rows: dict[str, t.Any] = {"type": "list", "elements": "dict", "no_log": False}
    return {
        "environment": {"type": "str", "required": True},
        "project": {"type": "str", "required": True},
        "protected": {"type": "bool", "default": False},
        "networks": {"type": "dict", "required": True},
        "rpc_urls": {"type": "dict", "default": {}, "no_log": True},
        "homes": {**names},
        "agents": {**names, "required": True},
        "signing_keys": {**rows, "required": True},
        "known_keys": {**rows, "default": []},
        "backend": {"type": "str", "choices": list(KEY_BACKENDS), "required": True},
        "formats": {**names, "default": ["opt"]},
        "targets": {**names, "default": ["env"]},
        "transaction_signer": {"type": "str", "choices": list(CHOICES), "default": "home"},
        "key_reference": {"type": "str", "choices": list(KEY_REFERENCES), "default": "key_id", "no_log": False},
        "settings": {"type": "dict", "default": {}},
        "variables": {"type": "dict", "default": {}},
        "strict": {"type": "bool", "default": False},
        "proof_bucket": {"type": "str", "default": ""},
        "proof_bucket_region": {"type": "str"},
        "s3_access_key_id": {"type": "str", "no_log": True},
        "s3_secret_access_key": {"type": "str", "no_log": True},
        "db": {"type": "str", "default": ""},
        "run_env": {"type": "str"},
        "config_url": {"type": "str"},
        "config_path": {"type": "str"},
        "metrics_port": {"type": "int", "default": 9090},
        "log_format": {"type": "str", "choices": ["json", "pretty", "compact", "full"], "default": "json"},
        "log_level": {
            "type": "str",
            "choices": ["off", "error", "warn", "info", "debug", "trace"],
            "default": "info",
        },
        "jaeger_uri": {"type": "str"},
        "helm_key": {"type": "str", "choices": ["nomad", "optics"], "default": "nomad", "no_log": False},
        "images": {"type": "dict", "default": {}},
        "credentials_file": {"type": "str"},
        "artifacts_root": {"type": "path", "default": "artifacts"},
        "purge": {"type": "bool", "default": False},
        **call_options(),
    }


def read_options(module: AwsModule) -> Wish:
    """Return which agents are to be configured; fail before any call if something about that is wrong."""
    given = module.params
    try:
        for home in given["homes"] or ():
            if home not in given["networks"]:
                raise ValueError(
                    f"homes names the unknown network {home!r}. Expected: of {', '.join(given['networks'])}"
                )
        if bool(given["s3_access_key_id"]) != bool(given["s3_secret_access_key"]):
            raise ValueError(
                "One of agent_config_s3_access_key_id and agent_config_s3_secret_access_key is set. Expected: both or"
                " neither"
            )
        check_variables("agent_config_variables", given["variables"])
        check_common(_common(module, {"account_id": "000000000000"}, sandbox=False))
        return read_wish(
            networks=given["networks"],
            rpc_urls=given["rpc_urls"],
            agents=given["agents"],
            keys=given["signing_keys"],
            formats=given["formats"],
            targets=given["targets"],
            settings=given["settings"],
            signer=given["transaction_signer"],
            protected=given["protected"],
            strict=given["strict"],
        )
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    raise AssertionError("fail_json ends the process")  # pragma: no cover


def _common(module: AwsModule, identity: t.Mapping[str, t.Any], *, sandbox: bool) -> Common:
    given = module.params
    return Common(
        environment=given["environment"],
        project=given["project"],
        db=given["db"],
        run_env=given["run_env"] or given["environment"],
        metrics_port=given["metrics_port"],
        log_format=given["log_format"],
        log_level=given["log_level"],
        jaeger_uri=given["jaeger_uri"],
        config_url=given["config_url"],
        config_path=given["config_path"],
        helm_key=given["helm_key"],
        images={**IMAGES, **given["images"]},
        credentials_file=given["credentials_file"],
        bucket=_bucket(module, identity),
        variables=given["variables"],
        sandbox=sandbox,
    )


def _bucket(module: AwsModule, identity: t.Mapping[str, t.Any]) -> Bucket | None:
    given = module.params
    if not given["proof_bucket"]:
        return None
    name = proof_bucket_name(
        given["proof_bucket"],
        project=given["project"],
        environment=given["environment"],
        account_id=identity["account_id"],
    )
    region = given["proof_bucket_region"] or module.region
    return Bucket(name, region, given["s3_access_key_id"], given["s3_secret_access_key"])


def configure(module: AwsModule, wish: Wish, call: Caller, region: str, identity: Identity) -> t.NoReturn:
    """Read the keys, make the files, and return what was done."""
    given = module.params
    homes = given["homes"] if given["homes"] is not None else list(given["networks"])
    keys = [{**key, "region": key.get("region") or region} for key in wish.keys_of(homes)]
    found, client, who = _read_keys(module, keys, call, region, identity)
    for secret in found.secrets.values():
        # Nothing here says a private key. Should a library do so, ansible takes it out.
        module._module.no_log_values.update({secret, f"0x{secret}"})
    facts = {**who, **endpoint(client)}
    try:
        check_keys(keys, found.rows, check_mode=module.check_mode)
        common = _common(module, who, sandbox=facts["sandbox"])
        agents = make_agents(wish, found.rows, found.secrets, reference=given["key_reference"], homes=homes)
        folder = Path(os.path.abspath(_directory(module, sandbox=facts["sandbox"])))
        plan = make_plan(
            files(agents, common, wish.targets),
            read_files(folder),
            homes=given["homes"],
            networks=list(given["networks"]),
            purge=given["purge"],
        )
        check_places(plan, folder)
    except ValueError as exc:
        module.fail_json(msg=str(exc), **facts)
    warned = [*wish.warnings, *buckets_region_warning(agents, common)]
    facts["bucket"] = common.bucket.name if common.bucket else None
    _carry_out(module, plan, folder, warned, facts)


def _directory(module: AwsModule, *, sandbox: bool) -> Path:
    root = report_directory(module.params["artifacts_root"], module.params["environment"], sandbox=sandbox)
    return Path(root) / FOLDER


def _read_keys(
    module: AwsModule, keys: t.Sequence[Key], call: Caller, region: str, identity: Identity
) -> tuple[Found, t.Any, dict[str, t.Any]]:
    """Return what is known of the keys, a client for where they live, and who the caller is."""
    regions = list(dict.fromkeys([region, *(str(key["region"]) for key in keys)]))
    if module.params["backend"] == "kms":
        readers = kms_readers(module, call, regions, tagging=False)
        who = identity()
        known = {known["name"]: known for known in module.params["known_keys"]}
        return read_kms_keys(keys, known, readers), readers[region].kms, who
    clients = {name: module.connect("secretsmanager", region=name) for name in regions}
    module.refuse_mixed_endpoints()
    who = identity()
    return read_hex_keys(keys, clients, call, workers=module.params["workers"]), clients[region], who


def _carry_out(
    module: AwsModule, plan: Plan, folder: Path, warned: t.Sequence[str], facts: t.Mapping[str, t.Any]
) -> t.NoReturn:
    place = str(folder)
    for warning in (*warned, *left_over(plan, place)):
        module.warn(warning)
    rows = [row(step, place) for step in plan.steps] + [removed_row(path, place) for path in plan.remove]
    module.refuse_masked(json.dumps(rows))
    result: dict[str, t.Any] = {
        "changed": plan.changed,
        "files": rows,
        "directory": place,
        "left": list(plan.left),
        "warned": list(warned),
        **facts,
    }
    if module._diff:
        result["diff"] = diffs(plan, place)
    if not module.check_mode:
        _apply(module, plan, folder, result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover


def _apply(module: AwsModule, plan: Plan, folder: Path, result: dict[str, t.Any]) -> None:
    done: list[str] = []
    try:
        for step in apply_plan(plan, folder):
            done.append(step if isinstance(step, str) else step.file.path)
    except (ValueError, OSError) as exc:
        result["files"] = [one for one in result["files"] if one["name"] in done]
        result["changed"] = bool(done)
        result.pop("diff", None)
        asked = len(plan.to_write) + len(plan.remove)
        module.fail_json(msg=f"{exc}. {len(done)} of {asked} files are done, and the next run does the rest", **result)
