# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done to files that are there, how that is shown, and that it is done whole or not at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_files import (
    apply_plan,
    check_places,
    read_files,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_plan import (
    Held,
    Plan,
    diffs,
    left_over,
    make_plan,
    removed_row,
    row,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_report import lines

from tests.unit.plugins.module_utils.agent_world import HEX_KEY, URLS, files

NETWORKS = ("kovan", "moonbasealpha")
SECRETS = (HEX_KEY, *URLS.values(), "other.example")


def made(**changes: Any) -> list[Any]:
    return list(files("opt", ("env", "json", "helm", "compose"), hex_keys=True, **changes).values())


def held(**changes: Any) -> dict[str, Held]:
    return {file.path: Held(file.text, file.mode) for file in made(**changes)}


def converge(folder: Path, **changes: Any) -> Plan:
    options = {name: changes.pop(name) for name in ("homes", "purge") if name in changes}
    plan = make_plan(made(**changes), read_files(folder), networks=NETWORKS, **options)
    list(apply_plan(plan, folder))
    return plan


def actions(plan: Plan) -> dict[str, str]:
    return {step.file.path: step.action for step in plan.steps if step.action != "unchanged"}


def test_files_are_made_and_then_left_alone(tmp_path: Path) -> None:
    assert set(actions(converge(tmp_path)).values()) == {"created"}
    for file in made():
        place = tmp_path / file.path
        assert place.read_text(encoding="utf-8") == file.text
        assert place.stat().st_mode & 0o777 == file.mode
    times = {place: place.stat().st_mtime_ns for place in tmp_path.rglob("*")}
    again = converge(tmp_path)
    assert not again.changed
    assert diffs(again, str(tmp_path)) == []
    assert times == {place: place.stat().st_mtime_ns for place in tmp_path.rglob("*")}


def test_what_changed_is_written_and_nothing_else(tmp_path: Path) -> None:
    converge(tmp_path)
    changed = converge(tmp_path, settings={"relayer": {"interval": 33}})
    assert set(actions(changed)) == {
        "opt/kovan/relayer.env",
        "opt/kovan/values.yaml",
        "opt/moonbasealpha/relayer.env",
        "opt/moonbasealpha/values.yaml",
        "opt/config/staging/relayer-partial.json",
    }
    changes = {step.file.path: step.changes for step in changed.to_write}
    assert changes["opt/kovan/relayer.env"] == ("OPT_RELAYER_INTERVAL",)
    assert changes["opt/kovan/values.yaml"] == ("nomad.relayer.pollingInterval",)
    assert changes["opt/config/staging/relayer-partial.json"] == ("interval",)


def test_wrong_permissions_are_corrected(tmp_path: Path) -> None:
    converge(tmp_path)
    place = tmp_path / "opt/kovan/updater.env"
    place.chmod(0o644)
    plan = converge(tmp_path)
    assert actions(plan) == {"opt/kovan/updater.env": "updated"}
    assert plan.to_write[0].changes == ("(mode 0644 -> 0600)",)
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_diff_names_what_changes_in_a_file_with_secrets_and_shows_the_rest() -> None:
    urls = {"kovan": "https://other.example/apikey-1234", "moonbasealpha": URLS["moonbasealpha"]}
    after = made(rpc_urls=urls, settings={"updater": {"interval": 6, "pause": 2}})
    plan = make_plan(after, held(), networks=NETWORKS)
    shown = {step.file.path: diff for step, diff in zip(plan.to_write, diffs(plan, "/agents"), strict=True)}
    assert shown["opt/kovan/updater.env"]["prepared"] == (
        "updated: /agents/opt/kovan/updater.env (its values are not shown)\n"
        "~ OPT_BASE_HOME_CONNECTION_URL\n~ OPT_UPDATER_INTERVAL\n+ OPT_UPDATER_PAUSE\n"
    )
    partial = shown["opt/config/staging/updater-partial.json"]
    assert partial["before"] == '{\n  "interval": "5"\n}\n'
    assert partial["after"] == '{\n  "interval": "6",\n  "pause": "2"\n}\n'
    created = diffs(make_plan(after, {}, networks=NETWORKS), "/agents")
    rows = [row(step, "/agents") for step in plan.steps]
    report = lines({"files": rows, "directory": "/agents"}, environment="staging", check_mode=True)
    for text in (str(list(shown.values())), str(created), str(rows), "\n".join(report), repr(plan)):
        assert not [secret for secret in SECRETS if secret in text]


def test_names_that_somebody_else_wrote_are_not_shown() -> None:
    before = {"opt/kovan/updater.env": Held("token abc=1\nMY-X=2\n", 0o600)}
    before["opt/kovan/values.yaml"] = Held("hidden thing: 1\n- 2\n", 0o600)
    plan = make_plan(made(), before, networks=NETWORKS)
    text = str(diffs(plan, "/agents")) + str([row(step, "/agents") for step in plan.steps])
    assert "token" not in text
    assert "hidden" not in text


def test_what_nothing_asks_for_is_named_and_by_choice_removed(tmp_path: Path) -> None:
    converge(tmp_path)
    fewer = ["updater", "watcher", "relayer", "processor"]
    plan = converge(tmp_path, agents=fewer)
    gone = ("opt/config/staging/kathy-partial.json", "opt/kovan/kathy.env", "opt/moonbasealpha/kathy.env")
    assert plan.left == gone
    (warning,) = left_over(plan, str(tmp_path))
    assert all(path in warning for path in gone)
    assert all((tmp_path / path).exists() for path in gone)
    purged = converge(tmp_path, agents=fewer, purge=True)
    assert purged.remove == gone
    assert removed_row(gone[1], "/agents") | {"path": None} == {
        "path": None,
        "name": "opt/kovan/kathy.env",
        "format": "opt",
        "target": None,
        "home": "kovan",
        "agent": None,
        "mode": None,
        "action": "removed",
        "changes": [],
    }
    assert not any((tmp_path / path).exists() for path in gone)
    assert not converge(tmp_path, agents=fewer, purge=True).changed


def test_a_limited_run_leaves_other_homes_alone(tmp_path: Path) -> None:
    converge(tmp_path)
    (tmp_path / "opt/moonbasealpha/updater.env").write_text("A=1\n")
    (tmp_path / "opt/moonbasealpha/old.env").write_text("A=1\n")
    (tmp_path / "opt/retired").mkdir()
    (tmp_path / "opt/retired/updater.env").write_text("A=1\n")
    limited = converge(tmp_path, homes=["kovan"])
    assert actions(limited) == {}
    # A network that the environment no longer has is nobody else's.
    assert limited.left == ("opt/retired/updater.env",)
    converge(tmp_path, homes=["kovan"], purge=True)
    assert not (tmp_path / "opt/retired").exists()
    assert (tmp_path / "opt/moonbasealpha/old.env").exists()


def test_a_format_that_is_given_up_is_left_over(tmp_path: Path) -> None:
    converge(tmp_path)
    plan = make_plan(list(files("nomad").values()), read_files(tmp_path), networks=NETWORKS)
    assert len(plan.left) == len(made())


def test_what_a_killed_run_left_is_removed_and_a_fresh_one_is_not(tmp_path: Path) -> None:
    converge(tmp_path)
    folder = tmp_path / "opt/kovan"
    old, fresh = folder / ".updater.env.0123.unfinished", folder / ".updater.env.4567.unfinished"
    for place in (old, fresh):
        place.write_text("OPT_UPDATER_UPDATER_KEY=")
    os.utime(old, (1, 1))
    # Its file was written since, by the run that followed at once.
    assert actions(converge(tmp_path)) == {}
    assert not old.exists()
    assert fresh.exists()


def test_a_file_that_cannot_be_written_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    plan = make_plan(made(), {}, networks=NETWORKS)
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/moonbasealpha").write_text("in the way")
    done = []
    with pytest.raises(ValueError, match=r"opt/moonbasealpha/updater\.env cannot be written: "):
        done.extend(apply_plan(plan, tmp_path))
    (tmp_path / "opt/moonbasealpha").unlink()
    rest = actions(converge(tmp_path))
    assert len(rest) < len(plan.steps)
    assert "opt/kovan/updater.env" not in rest
    assert not [place for place in tmp_path.rglob("*") if "unfinished" in place.name]


def test_a_link_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    converge(tmp_path)
    place = tmp_path / "opt/kovan/updater.env"
    place.unlink()
    place.symlink_to("/etc/hostname")
    with pytest.raises(ValueError, match=r"updater\.env cannot be read"):
        read_files(tmp_path)


def test_a_link_or_a_folder_in_the_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/kovan").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"opt/kovan is a link\. Expected: a folder"):
        read_files(tmp_path)
    (tmp_path / "opt/kovan").unlink()
    (tmp_path / "opt/moonbasealpha/kathy.env").mkdir(parents=True)
    plan = make_plan(made(), read_files(tmp_path), networks=NETWORKS)
    with pytest.raises(ValueError, match=r"moonbasealpha/kathy\.env is a folder\. Expected: a file"):
        check_places(plan, tmp_path)


def test_secrets_are_not_written_where_git_would_take_them(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    plan = make_plan(made(), {}, networks=NETWORKS)
    with pytest.raises(ValueError, match=r"not ignored: a connection's URL or a key could be committed"):
        check_places(plan, tmp_path / "artifacts")
    (tmp_path / ".gitignore").write_text("/artifacts/\n")
    check_places(plan, tmp_path / "artifacts")
    assert not (tmp_path / "artifacts").exists()


def test_the_report_says_what_changes() -> None:
    plan = make_plan(made(), held(settings={"relayer": {"interval": 33}}), networks=NETWORKS)
    answer = {"files": [row(step, "/agents") for step in plan.steps], "directory": "/agents", "sandbox": True}
    text = lines(answer, environment="staging", check_mode=True)
    heading = "Configuration of the agents of staging, /agents (SANDBOX, the keys are not real ones)"
    assert text[0] == f"{heading}: {len(plan.steps)} files, 5 of them change"
    assert "  would update  opt/kovan/relayer.env (OPT_RELAYER_INTERVAL)" in text
    as_wanted = {**answer, "files": [{**one, "action": "unchanged"} for one in answer["files"]], "sandbox": False}
    assert lines(as_wanted, environment="staging", check_mode=False) == [
        f"Configuration of the agents of staging, /agents: {len(plan.steps)} files as wanted"
    ]
