# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be run with which ansible-core and Python, and what becomes of the pages on their way into the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tools import docs, integration, matrix
from tools.stages import Outcome

ROOT = Path(__file__).resolve().parents[2]


def test_the_matrix_is_what_is_promised() -> None:
    oldest = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    assert oldest == f">={matrix.SUPPORTED[0][0]}.0"
    promised = (ROOT / "README.md").read_text(encoding="utf-8").split("Supported: ")[1].split(";")[0]
    cores = re.findall(r"2\.\d\d", promised)
    assert cores == [core for core, _pythons, _lock in matrix.SUPPORTED]
    tried = {python for _core, pythons, _lock in matrix.SUPPORTED for python in pythons}
    assert set(re.findall(r"3\.\d\d", promised)) <= tried
    assert len({lock.read_text(encoding="utf-8") for _core, _pythons, lock in matrix.SUPPORTED}) == 2


def test_a_python_that_is_not_found_is_not_run_and_is_said() -> None:
    found = matrix.cells(lambda version: None if version == "3.13" else Path("/usr/bin/python") / version)
    assert [cell.python for cell in found if cell.interpreter is None] == ["3.13", "3.13"]
    missing = [cell for cell in found if cell.interpreter is None]
    lines = matrix.summary({found[0].name: [Outcome("unit tests", 0, 1.0), Outcome("roles", 2, 61.0)]}, missing)
    assert lines[0] == "ansible-core 2.19, Python 3.11"
    assert lines[1].split() == ["unit", "tests", "passed", "1", "s"]
    assert lines[2].split() == ["roles", "FAILED", "1", "min", "1", "s"]
    assert "ansible-core 2.21, Python 3.13: not run, there is no python3.13 on this machine" in lines
    assert lines[-2].startswith("left out: ")


def test_every_public_module_is_in_an_integration_target_or_is_a_report() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in integration.TARGETS.rglob("*.yml"))
    unused = [
        path.stem
        for path in (ROOT / "plugins" / "modules").glob("*.py")
        if f"interchain.agent_ops.{path.stem}:" not in text
    ]
    # What shows, and what asks somebody, has tests of its own in tests/playbooks, with a terminal where it needs one.
    assert [name for name in unused if not name.endswith(("_report", "_approval"))] == []


def test_targets_end_what_they_start() -> None:
    assert integration.targets()
    for target in integration.targets():
        text = (integration.TARGETS / target / "tasks" / "main.yml").read_text(encoding="utf-8")
        assert "always:" in text
        assert "tasks_from: end" in text


def test_links_to_pages_stay_and_others_lead_to_the_repository() -> None:
    known = {Path("docs/access.md"), Path("docs/runbooks/fund.md")}
    text = "[a](../access.md#verify) [b](../../meta/runtime.yml) [c](https://example.org) [d](#here)"
    assert docs.for_site(text, Path("docs/runbooks/fund.md"), known, "https://repo") == (
        "[a](../access.md#verify) [b](https://repo/blob/main/meta/runtime.yml) [c](https://example.org) [d](#here)"
    )
    with pytest.raises(docs.DocsError, match=r"docs/access.md has a link to gone.md, which is not there"):
        docs.for_site("[a](gone.md)", Path("docs/access.md"), known, "https://repo")


def test_pages_stand_in_the_order_in_which_the_index_links_to_them() -> None:
    pages = [Path(f"docs/runbooks/{name}") for name in ("access_matrix", "funding", "provision", "unheard_of")]
    found = [page.name for page in docs.as_linked(pages, Path("docs/runbooks/README.md"))]
    assert found == ["provision", "funding", "access_matrix", "unheard_of"]
