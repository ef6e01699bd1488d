# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of all plugins and roles, and the group that sets defaults for all modules that ask AWS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
OURS = "interchain.agent_ops."
# Names of a play's keywords that stand beside a module in a task.
_SPEC = ("type", "elements", "required", "choices", "default")
_SAMPLES = {"list": [], "int": 1, "float": 1.0, "bool": True}


def run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    env = {
        "PATH": f"{BIN}{os.pathsep}{os.defpath}",
        "HOME": str(ROOT / ".cache" / "home"),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        **environment,
    }
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    """Module -> its documentation, with what comes from fragments, as ansible-doc has it."""
    names = [OURS + name for name in MODULES]
    found = json.loads(run(str(BIN / "ansible-doc"), "--json", "-t", "module", *names))
    return {name.removeprefix(OURS): value for name, value in found.items()}


def tasks_of(tasks: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every use of a module of ours in tasks: its name, its arguments, and the defaults around it."""
    for task in tasks:
        defaults = task.get("module_defaults", {})
        for part in ("block", "rescue", "always"):
            for name, arguments, around in tasks_of(task.get(part, [])):
                yield name, arguments, {**defaults, **around}
        for key, value in task.items():
            if key.startswith(OURS):
                yield key.removeprefix(OURS), value or {}, defaults


def specification(options: dict[str, Any]) -> dict[str, Any]:
    """The documentation of options as an argument specification; that the two agree, ansible-test sees to."""
    spec = {}
    for name, option in options.items():
        spec[name] = {key: option[key] for key in _SPEC if key in option}
        if "aliases" in option:
            spec[name]["aliases"] = option["aliases"]
        if spec[name].get("required"):
            spec[name].pop("default", None)
        if "suboptions" in option:
            spec[name]["options"] = specification(option["suboptions"])
    return spec


def filled_in(value: Any, option: dict[str, Any]) -> Any:
    """An argument with something of the right type in the place of each template."""
    suboptions = option.get("suboptions") or {}
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        if option.get("type") == "dict":
            return {key: filled_in("{{ }}", inner) for key, inner in suboptions.items() if inner.get("required")}
        choices = option.get("choices")
        return choices[0] if choices else _SAMPLES.get(option.get("type", "str"), "text")
    if isinstance(value, list):
        return [filled_in(item, {**option, "type": option.get("elements", "raw")}) for item in value]
    if isinstance(value, dict):
        return {key: filled_in(item, suboptions.get(key, {})) for key, item in value.items()}
    return value


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_are_what_it_takes(documented: dict[str, Any], module: str) -> None:
    uses = list(tasks_of(yaml.safe_load(documented[module]["examples"])))
    assert module in {name for name, _arguments, _around in uses}
    for name, arguments, around in uses:
        options = documented[name]["doc"]["options"]
        given = {**around.get(OURS + name, {}), **arguments}
        values = {key: filled_in(value, options.get(key, {})) for key, value in given.items()}
        result = ArgumentSpecValidator(specification(options)).validate(values)
        assert result.error_messages == [], f"{name}: {given}"


@pytest.mark.parametrize("module", MODULES)
def test_every_task_of_an_example_says_what_it_does(documented: dict[str, Any], module: str) -> None:
    assert all(task.get("name") for task in yaml.safe_load(documented[module]["examples"]))


def test_a_wrong_example_would_be_noticed(documented: dict[str, Any]) -> None:
    spec = specification(documented["kms_signing_keys_info"]["doc"]["options"])
    assert ArgumentSpecValidator(spec).validate({"patern": "staging-*"}).error_messages
    assert ArgumentSpecValidator(spec).validate({"workers": "many"}).error_messages


def test_the_examples_of_filters_and_lookups_give_what_they_say(tmp_path: Path) -> None:
    tasks = []
    wanted = []
    for path in sorted((ROOT / "plugins").glob("filter/*.py")) + sorted((ROOT / "plugins").glob("lookup/*.py")):
        (examples,) = re.findall(r'^EXAMPLES = r"""\n(.*?)^"""', path.read_text(encoding="utf-8"), re.DOTALL | re.M)
        assert OURS + path.stem in examples
        # Nothing is asked here that needs a network.
        tasks += [task for task in yaml.safe_load(examples) if "ansible.builtin.uri" not in task]
        wanted += re.findall(r"^  # -> (.*)$", examples, re.MULTILINE)
    play = [{"name": "Examples", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play, sort_keys=False, width=1000), encoding="utf-8")
    inventory = str(ROOT / "inventories" / "staging")
    variables = json.dumps({"agent_ops_agents": {"updater": ["signer", "attestation"]}})
    output = run(
        str(BIN / "ansible-playbook"), str(tmp_path / "play.yml"), "-i", inventory, "-e", variables, cwd=tmp_path
    )
    assert len(wanted) >= 4
    told = re.sub(r"[\s\[\]\"',-]+", " ", output)
    for text in wanted:
        expected = re.sub(r"[\s\[\]\"',…-]+", " ", text).strip()
        assert expected in told, f"{text} is not in:\n{output}"


def example_of(role: str) -> str:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^## Example\n.*?^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_example_of_a_role_sets_variables_that_the_role_has(role: str) -> None:
    (play,) = yaml.safe_load(example_of(role))
    file = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    described = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]
    known = {name for entry in described.values() for name in entry["options"]}
    (used,) = [entry for entry in play["roles"] if entry["role"] == OURS + role]
    assert set(used) - {"role"} <= known


def test_the_examples_of_all_roles_are_playbooks(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text("".join(example_of(role) for role in ROLES), encoding="utf-8")
    inventory = str(ROOT / "inventories" / "staging")
    run(str(BIN / "ansible-playbook"), str(tmp_path / "play.yml"), "-i", inventory, "--syntax-check")


def asks_aws(module: str) -> bool:
    return "AwsModule(" in (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")


def group() -> dict[str, Any]:
    meta = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    members = meta["action_groups"]["aws"]
    (metadata,) = [entry["metadata"] for entry in members if isinstance(entry, dict)]
    return {"modules": [entry for entry in members if isinstance(entry, str)], **metadata}


def test_no_module_that_asks_aws_is_forgotten_in_the_group(documented: dict[str, Any]) -> None:
    members = group()["modules"]
    assert members == sorted(members)
    assert members == [module for module in MODULES if asks_aws(module)]
    for module in MODULES:
        attributes = documented[module]["doc"].get("attributes") or {}
        assert ("action_group" in attributes) == (module in members), module
        # What the group sets, every member takes.
        options = documented[module]["doc"]["options"]
        assert {"region", "profile", "endpoint_url"} <= set(options) or module not in members


def test_the_group_reaches_every_module_of_amazons_that_the_roles_use() -> None:
    packages = Path(sysconfig.get_path("purelib")) / "ansible_collections"
    reached = set()
    for name in group()["extend_group"]:
        namespace, collection, action_group = name.split(".")
        meta = yaml.safe_load((packages / namespace / collection / "meta" / "runtime.yml").read_text(encoding="utf-8"))
        members = meta["action_groups"][action_group]
        reached |= {f"{namespace}.{collection}.{member}" for member in members if isinstance(member, str)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles").rglob("*.yml"))
    used = set(re.findall(r"\b((?:amazon|community)\.aws\.\w+):", text))
    assert len(used) > 5
    assert used <= reached


def test_ansible_resolves_the_group_to_all_of_them() -> None:
    code = (
        "from ansible.plugins.loader import init_plugin_loader; init_plugin_loader()\n"
        "from ansible.playbook.play import Play\n"
        f"print(*Play()._resolve_group('{OURS}aws')[1])"
    )
    found = set(run(sys.executable, "-c", code).split())
    assert {OURS + module for module in group()["modules"]} <= found
    assert {"amazon.aws.kms_key", "amazon.aws.iam_user", "amazon.aws.s3_bucket", "community.aws.s3_cors"} <= found
