# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM users in the sandbox for the tests of iam_user_credentials: what they prepare, run and look at."""

from __future__ import annotations

import csv
import os
import stat
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox.client import REGION, Sandbox
from tests.module.conftest import Result, Run, StartModule

MODULE = "iam_user_credentials"
USER = "nomad-signer-staging"
OTHER = "kms-admin"
HEADER = "User name,Password,Access key ID,Secret access key,Console login link"
PENDING, STORED = "agent_ops:access_key_pending", "agent_ops:access_key"

# The sandbox puts this at the end of every secret part that it gives out: whatever shows one shows this.
MARK = "q7Zk93hTpWvXm1Rb"


class Credentials:
    """Users with access keys whose secret parts all end with ``MARK``."""

    def __init__(
        self, sandbox: Sandbox, start: StartModule, aws: Callable[..., Any], folder: Path, environment: dict[str, str]
    ) -> None:
        self.sandbox = sandbox
        self.iam = aws("iam")
        self.secrets = aws("secretsmanager")
        self.folder = folder
        self.environment = environment
        self.directory = folder / "artifacts" / "credentials"
        self.progress = folder / "progress"
        self.outputs: list[str] = []
        self._start = start
        self._mark = 0
        sandbox.add_fault(
            action="iam:CreateAccessKey", kind="rewrite", find="</SecretAccessKey>", replace=f"{MARK}</SecretAccessKey>"
        )

    # Preparing

    def users(self, *names: str) -> None:
        for name in names or (USER,):
            self.iam.create_user(UserName=name)

    def key(self, user: str = USER) -> str:
        return str(self.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"])

    def mark_pending(self, user: str = USER, *, age: float, before: tuple[str, ...] = ()) -> None:
        """The marker of a run of some seconds ago."""
        since = (datetime.now(UTC) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.tag(user, PENDING, " ".join((since, "0123456789abcdef", *before)))

    def age_marker(self, user: str = USER, age: float = 61) -> None:
        _since, run, *before = self.tags(user)[PENDING].split(" ")
        since = (datetime.now(UTC) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.tag(user, PENDING, " ".join((since, run, *before)))

    def tag(self, user: str, name: str, value: str) -> None:
        self.iam.tag_user(UserName=user, Tags=[{"Key": name, "Value": value}])

    # Running

    def start(self, *users: str, **arguments: Any) -> Run:
        given = {
            "users": list(users or (USER,)),
            "environment": "staging",
            "directory": str(self.directory),
            "progress_file": str(self.progress),
            **arguments,
        }
        return self._start(MODULE, **{name: value for name, value in given.items() if value is not None})

    def end(self, run: Run) -> Result:
        result = run.wait()
        self.outputs.append(result.output)
        assert "Traceback" not in result.output, result.output
        return result

    def run(self, *users: str, **arguments: Any) -> Result:
        return self.end(self.start(*users, **arguments))

    def succeed(self, *users: str, **arguments: Any) -> list[dict[str, Any]]:
        result = self.run(*users, **arguments)
        assert not result.get("failed"), result["msg"]
        rows: list[dict[str, Any]] = result["credentials"]
        return rows

    def fail(self, *users: str, **arguments: Any) -> str:
        result = self.run(*users, **arguments)
        assert result.get("failed"), result.output
        return str(result["msg"])

    # Looking

    def begin(self) -> None:
        """What is asked of the log afterwards begins here."""
        self._mark = max((entry["number"] for entry in self.sandbox.log()), default=0)

    def writes(self) -> list[str]:
        return [entry["operation"] for entry in self.sandbox.log(after=self._mark) if entry["write"]]

    def ids(self, user: str = USER) -> list[str]:
        return [key["AccessKeyId"] for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]

    def tags(self, user: str = USER) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.iam.list_user_tags(UserName=user)["Tags"]}

    def path(self, user: str = USER) -> Path:
        return self.directory / f"{user}.csv"

    def stored(self, user: str = USER) -> dict[str, str]:
        """The one row of a user's file, which must be of the console's form and the owner's alone."""
        assert stat.S_IMODE(self.path(user).stat().st_mode) == 0o600
        assert stat.S_IMODE(self.directory.stat().st_mode) == 0o700
        lines = self.path(user).read_text(encoding="utf-8").splitlines()
        assert lines[0] == HEADER
        (row,) = csv.DictReader(lines)
        assert row["User name"] == user
        assert row["Secret access key"].endswith(MARK)
        return row

    def use(self, access_key_id: str) -> str:
        """Whom AWS takes the holder of an access key for. The sandbox does not look at the secret part."""
        client = boto3.client(
            "sts",
            endpoint_url=self.sandbox.url,
            region_name=REGION,
            aws_access_key_id=access_key_id,
            aws_secret_access_key="unchecked-by-the-sandbox-0123456789",
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            return str(client.get_caller_identity()["Arn"]).rpartition("/")[2]
        finally:
            client.close()

    def assert_one(self, user: str = USER, *, besides: tuple[str, ...] = ()) -> str:
        """The user has one access key besides these, it is the stored one, and nothing is pending."""
        new = [key for key in self.ids(user) if key not in besides]
        assert new == [self.stored(user)["Access key ID"]]
        assert self.tags(user) == {STORED: new[0]}
        return new[0]

    def leftovers(self) -> list[str]:
        """What is in the directory besides stored access keys."""
        if not self.directory.exists():
            return []
        return [name for name in os.listdir(self.directory) if name.startswith(".")]

    def shown(self) -> list[str]:
        """Where a secret part can be seen, though it is not its place."""
        places = [f"output {number}" for number, output in enumerate(self.outputs) if MARK in output]
        if any(MARK in str(entry) for entry in self.sandbox.log()):
            places.append("log")
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and MARK.encode() in path.read_bytes():
                places.append(str(path))
        stored = {str(path) for path in self.directory.glob("[!.]*.csv")}
        return [place for place in places if place not in stored]


def opened(
    sandbox: Sandbox, start: StartModule, aws: Callable[..., Any], folder: Path, environment: dict[str, str]
) -> Iterator[Credentials]:
    """The body of the fixture ``credentials``. Nothing that a test does may show a secret part."""
    world = Credentials(sandbox, start, aws, folder, environment)
    yield world
    assert world.shown() == []


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
