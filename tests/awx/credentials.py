# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of credentials, credentials, and what they put into a job: as AWX 24.6 does it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.awx.checks import Refused

_NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_FILE = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
_FIELD = {
    "id": str, "label": str, "type": str, "format": str, "choices": list, "help_text": str, "multiline": bool,
    "secret": bool, "ask_at_runtime": bool, "default": object,
}  # fmt: skip
# awx/main/constants.py, ENV_BLOCKLIST.
_BLOCKED = frozenset(
    "VIRTUAL_ENV PATH PYTHONPATH JOB_ID INVENTORY_ID INVENTORY_SOURCE_ID INVENTORY_UPDATE_ID AD_HOC_COMMAND_ID"
    " REST_API_URL REST_API_TOKEN MAX_EVENT_RES CALLBACK_QUEUE CALLBACK_CONNECTION CACHE JOB_CALLBACK_DEBUG"
    " INVENTORY_HOSTVARS AWX_HOST PROJECT_REVISION SUPERVISOR_CONFIG_PATH".split()
)


def check_type(kind: Mapping[str, Any]) -> None:
    """CredentialTypeSerializer; awx/main/fields.py, CredentialTypeInputField and CredentialTypeInjectorField."""
    _check_inputs(kind["inputs"])
    injectors = kind["injectors"]
    unknown = injectors.keys() - {"file", "env", "extra_vars"}
    if unknown:
        raise Refused(400, injectors=[f"Additional properties are not allowed ({sorted(unknown)} were unexpected)"])
    for name, template in injectors.get("file", {}).items():
        if not _FILE.fullmatch(name) or not isinstance(template, str):
            raise Refused(400, injectors=[f"Schema validation error in relative path ['file'] ({name})"])
    if "template" in injectors.get("file", {}) and len(injectors["file"]) > 1:
        raise Refused(400, injectors=["Must use multi-file syntax when injecting multiple files"])
    for name, template in injectors.get("env", {}).items():
        if not _NAME.fullmatch(name) or not isinstance(template, str) or not template.isascii():
            raise Refused(400, injectors=[f"Schema validation error in relative path ['env'] ({name})"])
        if name.startswith("ANSIBLE_") or name in _BLOCKED:
            raise Refused(400, injectors=[f"Environment variable {name} is not allowed to be used in credentials."])
    examples = {item["id"]: "EXAMPLE" for item in kind["inputs"].get("fields", [])}
    files = dict.fromkeys(injectors.get("file", {}), "EXAMPLE_FILENAME")
    for where in ("file", "env"):
        for name, template in injectors.get(where, {}).items():
            try:
                _render(template, examples, files, undefined=StrictUndefined)
            except TemplateError as exc:
                raise Refused(400, injectors=[f"{name} uses an undefined field ({exc})"]) from exc


def _check_inputs(inputs: Mapping[str, Any]) -> None:
    if inputs.keys() - {"required", "fields"}:
        raise Refused(400, inputs=[f"Additional properties are not allowed ({sorted(inputs)})"])
    seen = set()
    for item in inputs.get("fields", []):
        wrong = [name for name, value in item.items() if not isinstance(value, _FIELD.get(name, ()))]
        if wrong or not {"id", "label"} <= item.keys() or item.get("type", "string") not in ("string", "boolean"):
            raise Refused(400, inputs=[f"{item} is not a field of a credential type: {wrong}"])
        if not _NAME.fullmatch(item["id"]) or item["id"] == "tower" or item["id"] in seen:
            raise Refused(400, inputs=[f"{item['id']} is an invalid variable name, a reserved one, or there twice"])
        seen.add(item["id"])
        if item.get("ask_at_runtime"):
            raise Refused(400, inputs=["'ask_at_runtime' is not supported for custom credentials."])
        texts = {"choices", "multiline", "format", "secret"} & item.keys()
        if item.get("type", "string") != "string" and texts:
            raise Refused(400, inputs=[f"{sorted(texts)} not allowed for boolean type ({item['id']})"])
    # AWX asks for what is required when a job starts, and takes any name. One that is no field can never be given.
    if set(inputs.get("required", [])) - seen:
        raise Refused(400, inputs=["'required' names what is no field"])


def check_inputs(values: Mapping[str, Any], kind: Mapping[str, Any]) -> None:
    """awx/main/fields.py, CredentialInputField. What is required is refused here already, not when a job starts."""
    fields = {field["id"]: field for field in kind.get("fields", [])}
    unknown = values.keys() - fields.keys()
    if unknown:
        raise Refused(400, inputs=[f"Additional properties are not allowed ({sorted(unknown)} were unexpected)"])
    wrong = [
        name for name, value in values.items()
        if not isinstance(value, bool if fields[name].get("type") == "boolean" else str)
        or (fields[name].get("choices") and value not in fields[name]["choices"])
    ]  # fmt: skip
    missing = [name for name in kind.get("required", []) if not values.get(name)]
    if wrong or missing:
        raise Refused(400, inputs=[f"required: {missing}; of another type: {wrong}"])


def inject(kind: Mapping[str, Any], values: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write a credential's files into a job's private data directory, and return what it puts into the environment.

    awx/main/models/credential/__init__.py, CredentialType.inject_credential, with what injectors.py beside it does for
    the type of AWS that every AWX has.
    """
    if kind["name"] == "Amazon Web Services":
        return {"AWS_ACCESS_KEY_ID": values["username"], "AWS_SECRET_ACCESS_KEY": values["password"]}
    rules = kind["injectors"]
    space = {name: value for name, value in values.items() if value}
    files: dict[str, str] = {}
    for name, template in rules.get("file", {}).items():
        handle, path = tempfile.mkstemp(dir=folder)
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(_render(template, space, {}))
        os.chmod(path, 0o600)
        files[name] = path
    return {name: _render(template, space, files) for name, template in rules.get("env", {}).items()}


def _render(template: str, values: Mapping[str, str], files: Mapping[str, str], **options: Any) -> str:
    """:param files: name of each file in the type (``template`` or ``template.NAME``) to its path in the job."""
    named = {name.removeprefix("template."): path for name, path in files.items()}
    tower = SimpleNamespace(filename=named["template"] if "template" in named else SimpleNamespace(**named))
    return ImmutableSandboxedEnvironment(**options).from_string(template).render(**values, tower=tower)
