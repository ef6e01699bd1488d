# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page names what there is: links, playbooks, inventories, options, tags, variables, make targets."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tools.docs import pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages()
PREFIX = "interchain.agent_ops."
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
# Options of ansible-playbook that have a value, and those that have none.
_WITH_VALUE = {"-i", "-e", "--limit", "--tags", "--skip-tags"}
_ALONE = {"--ask-vault-pass", "--check", "--diff"}

# What the three documents that this collection came from have as headings and as names.
ORIGINAL_HEADINGS = (
    "Deployment Environments",
    "Key Material",
    "Provision KMS Keys",
    "Keys Explained",
    "Transaction Signers",
    "Attestation Signers",
    "Run the Key Provisioning Script",
    "Provision IAM Policies and Users",
    "Funding Addresses",
    "Self-Service Proofs in S3",
    "Pre-Requisites",
    "Bucket Setup",
    "AWS IAM Permissions",
    "Configuring the Agent",
)
ORIGINAL_STEPS = (
    "Purpose",
    "Agent Accounts",
    "Agent Infrastructure",
    "Node Infrastructure",
    "Agent Deployments",
    "Contract Deployments",
    "Create two users",
    "Save IAM credential CSV",
    "Create signer policies",
    "Create kms-admin policy",
    "Create IAM groups",
    "Add users to the groups",
    "Generate KMS keys",
    "Enumerate Signer Addresses",
    "Send individual funding transactions",
    "Edit deployment config to match new signers",
    "The Keymaster",
    "OPT_PROCESSOR_S3_BUCKET",
    "OPT_PROCESSOR_S3_REGION",
    "s3Proofs",
)


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return _FENCE.sub("", text)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", without_code(read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(without_code(read(page))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _hash, anchor = target.partition("#")
        file = Path(os.path.normpath(page.parent / place)) if place else page
        assert (ROOT / file).exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(file), f"{page}: {target}"


def commands(page: Path) -> Iterator[list[str]]:
    """The commands that a page shows, without what is typed after them as a remark."""
    for _indent, language, text in _FENCE.findall(read(page)):
        if language != "console":
            continue
        lines = re.sub(r"\\\n", " ", text).splitlines()
        for line in lines:
            if line.strip().startswith("$ "):
                yield shlex.split(line.strip()[2:].split(" # ")[0], comments=True)


def variables() -> set[str]:
    """Every variable that a role documents or an inventory may set."""
    known = set()
    for file in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
            known |= set(entry["options"])
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "roles").rglob("*.yml")]
    for text in texts:
        # Facts that roles hand on.
        known |= set(re.findall(r"^ +([a-z]\w+_\w+): ", text, re.MULTILINE))
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml")]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "inventories").rglob("*.yml")]
    for text in texts:
        known |= set(re.findall(r"\bagent_ops_\w+", text))
    return known


def tags() -> set[str]:
    texts = [
        path.read_text(encoding="utf-8") for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")
    ]
    found = set()
    for value in re.findall(r"^\s*tags: (?:&\w+ )?(.*)$", "\n".join(texts), re.MULTILINE):
        found |= set(re.findall(r"\w+", value))
    return found


def check_playbook(words: list[str]) -> None:
    rest = list(words)
    playbooks = 0
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE:
            value = rest.pop(0)
            if word == "-i" and value.startswith(("inventories/", "docs/")):
                assert (ROOT / value).is_dir(), value
            elif word == "-e" and not value.startswith(("@", "{")):
                name, _equals, given = value.partition("=")
                assert name in variables(), value
                assert given, value
            elif word in ("--tags", "--skip-tags"):
                assert set(value.split(",")) <= tags(), value
        elif word.startswith("-"):
            assert word in _ALONE, word
        else:
            playbooks += 1
            name = word.removeprefix(PREFIX) if word.startswith(PREFIX) else word.removesuffix(".yml")
            assert (ROOT / "playbooks" / f"{name}.yml").is_file(), word
            assert word.startswith(PREFIX) or (ROOT / word).is_file(), word
    assert playbooks == 1, words


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_names_what_there_is(page: Path) -> None:
    makefile = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in commands(page):
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        if words[0] == "ansible-playbook":
            check_playbook(words[1:])
        elif words[0] == "make":
            assert words[1] in makefile, words
        elif words[0] == "ansible-doc" and words[-1].startswith(PREFIX):
            name = words[-1].removeprefix(PREFIX)
            assert list((ROOT / "plugins").glob(f"*/{name}.py")) or (ROOT / "roles" / name).is_dir(), words


# The page of the service names metrics that look like variables; they have a test of their own.
@pytest.mark.parametrize("page", [page for page in PAGES if page != Path("docs/keymaster.md")], ids=str)
def test_every_variable_that_is_named_is_one(page: Path) -> None:
    roles = sorted(path.name for path in (ROOT / "roles").iterdir())
    names = variables() | {path.stem for path in (ROOT / "plugins").glob("*/*.py")} | set(roles)
    beginning = "|".join(["agent_ops", *(role for role in roles if role not in ("awx", "environment", "deployment"))])
    for code in re.findall(r"`([^`\n]+)`", without_code(read(page))):
        for found in re.findall(rf"^(?:-e )?((?:{beginning})_[a-z_]+)(?=$|[ :=])", code):
            assert found in names or found.endswith("_"), f"{page}: {found}"


def test_the_indexes_name_every_page() -> None:
    for folder in (Path("docs"), Path("docs/runbooks")):
        index = _LINK.findall(read(folder / "README.md"))
        for page in PAGES:
            if page.parent == folder and page.name != "README.md":
                assert page.name in index, page


def test_the_map_has_every_heading_and_step_of_the_original_documentation() -> None:
    page = read(Path("docs/documentation_map.md"))
    assert [text for text in (*ORIGINAL_HEADINGS, *ORIGINAL_STEPS) if text not in page] == []


def test_every_playbook_is_in_a_runbook() -> None:
    text = "\n".join(read(page) for page in PAGES if page.parent == Path("docs/runbooks"))
    for playbook in (ROOT / "playbooks").glob("*.yml"):
        assert playbook.name in text, playbook.name
