# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Env files come back to the letter from the programs that read them: python-dotenv, systemd, Docker."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dotenv
import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import (
    assignments,
    quoted,
    render,
    variables,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Comment, Line, Variable
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.agent_world import files

# Reads files of systemd's own in the way in which it reads EnvironmentFile=, and then replaces variables besides.
GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
DOCKER = shutil.which("docker")

AWKWARD = (
    "",
    " ",
    " lead and trail ",
    "#",
    "a#b",
    "a # b",
    "a=b=c",
    '{"a": ["b"]}',
    "it's",
    '"',
    "export X=1",
    "a;b",
    "a`b`",
    "tab-less, comma",
    "https://user:p%40ss@host.example:8545/v3/0f7c51d2e94b?x=1&y=[2]#part",
    "Grüße, 世界",
    "~/x",
    "!important",
    "100%",
)
MONEY = ("$", "$HOME", "a$b", "$$", "cost: 5$ (or so)")


def random_values(count: int) -> list[str]:
    source = random.Random(20261121)
    alphabet = "abcXYZ019 _-./:@%+,=?&~*!()[]{}|<>;#'\"`^ü"
    values = ["".join(source.choices(alphabet, k=source.randint(0, 12))) for _number in range(count)]
    return [value for value in values if writable(value)]


def writable(value: str) -> bool:
    try:
        quoted("X", value)
    except ValueError:
        return False
    return True


def named(values: list[str]) -> dict[str, str]:
    return {f"V_{number}": value for number, value in enumerate(values)}


def written(values: dict[str, str]) -> str:
    return render([Comment("some values"), *(Variable(name, value) for name, value in values.items())])


@given(
    st.lists(st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" $"), max_size=30), max_size=6)
)
def test_python_dotenv_reads_what_was_written(texts: list[str]) -> None:
    values = named([text for text in texts if writable(text)])
    assert dotenv.dotenv_values(stream=io.StringIO(written(values))) == values


def test_python_dotenv_reads_awkward_values_and_whole_files() -> None:
    values = named([*AWKWARD, *MONEY, *random_values(400)])
    assert dotenv.dotenv_values(stream=io.StringIO(written(values))) == values
    for file in files("hyperlane", ("env",)).values():
        found = dotenv.dotenv_values(stream=io.StringIO(file.text))
        assert found.keys() == assignments(file.text).keys()
        whitelist = found.get("HYP_WHITELIST")
        assert whitelist is None or json.loads(whitelist)[0]["originDomain"] > 0


@pytest.mark.skipif(not GENERATOR.exists(), reason="systemd is not installed here")
def test_systemd_reads_what_was_written(tmp_path: Path) -> None:
    # That program leaves out what is empty, and replaces variables, as systemd does not in EnvironmentFile=.
    values = named([value for value in (*AWKWARD, *random_values(400)) if value])
    folder = tmp_path / ".config" / "environment.d"
    folder.mkdir(parents=True)
    (folder / "values.conf").write_text(written(values), encoding="utf-8")
    done = subprocess.run(
        [GENERATOR], env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=True
    )
    # It prints for a shell.
    shell = subprocess.run(
        ["sh", "-c", f"set -a\n{done.stdout}\nenv -0"], env={}, capture_output=True, text=True, check=True
    )
    found = dict(pair.split("=", 1) for pair in shell.stdout.split("\0") if pair)
    assert {name: found.get(name) for name in values} == values


@pytest.mark.skipif(DOCKER is None, reason="docker is not installed here")
def test_docker_run_reads_what_needs_no_quotes(tmp_path: Path) -> None:
    # `docker run --env-file` takes quotes for a part of the value, and so does its sister `docker create`, which sends
    # the values to a daemon. This one only listens.
    values = named([value for value in (*AWKWARD, *random_values(400)) if quoted("X", value) == value])
    assert len(values) > 20
    place = tmp_path / "values.env"
    place.write_text(written(values), encoding="utf-8")
    asked: list[dict[str, Any]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), listening(asked)) as daemon:
        threading.Thread(target=daemon.serve_forever, daemon=True).start()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "DOCKER_HOST": f"tcp://127.0.0.1:{daemon.server_port}",
            "NO_PROXY": "127.0.0.1",
        }
        subprocess.run(
            [str(DOCKER), "create", "--env-file", str(place), "agent"],
            env=environment,
            capture_output=True,
            check=True,
            timeout=30,
        )
        daemon.shutdown()
    found = dict(pair.split("=", 1) for pair in asked[0]["Env"])
    assert found == values


def listening(asked: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Daemon(BaseHTTPRequestHandler):
        def answer(self, document: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Api-Version", "1.47")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.answer({})

        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer({"Id": "0" * 64, "Warnings": []}, 201)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    return Daemon


@pytest.mark.parametrize("value", ["a\\b", "it's $5", "'\"", "'`'", "${HOME}"])
def test_what_readers_would_not_agree_on_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(ValueError, match=r"The value of KOVAN_CONNECTION_URL cannot be written") as caught:
        quoted("KOVAN_CONNECTION_URL", value)
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00b", "\x1b[31m", "a\u2028b"])
def test_a_newline_is_refused(value: str) -> None:
    with pytest.raises(
        ValueError, match=r"^X has a newline or another control character\. Expected: one line of text$"
    ):
        quoted("X", value)


@pytest.mark.parametrize("name", ["MILKOMEDA-C1_CONNECTION_URL", "1X", "a", "", "X Y"])
def test_a_name_that_cannot_be_a_variable_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be an environment variable"):
        render([Variable(name, "x")])


def test_a_variable_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="The variable X is there twice"):
        render([Variable("X", "1"), Variable("X", "2")])


def test_what_is_written_can_be_told_apart_again() -> None:
    lines: list[Line] = [Comment("A=1"), Variable("B", "x y"), Variable("C", "")]
    assert assignments(render(lines)) == {"B": "'x y'", "C": ""}
    assert variables(lines) == {"B": "x y", "C": ""}
