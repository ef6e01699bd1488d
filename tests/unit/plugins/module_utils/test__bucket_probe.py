# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe while a former policy still counts: it asks again, and leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _bucket_probe
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_probe import Wanted, probe

WANTED = Wanted(bucket="proofs", account_id="111122223333", url="https://proofs.example/")


class Bucket:
    """Keeps versions. Anybody may put and delete, until somebody has asked the first time."""

    def __init__(self) -> None:
        self.open = True
        self.versions: dict[str, bytes | None] = {}
        self.made = 0

    def add(self, body: bytes | None) -> str:
        self.made += 1
        version = f"v{self.made}"
        self.versions[version] = body
        return version

    def call(self, _s3: Any, method: str, **arguments: Any) -> dict[str, Any]:
        if method == "put_object":
            return {"VersionId": self.add(arguments["Body"])}
        if method == "delete_object":
            self.versions.pop(arguments["VersionId"], None)
            return {}
        assert method == "list_object_versions"
        key = arguments["Prefix"]
        return {"Versions": [{"Key": key, "VersionId": version} for version in self.versions]}

    def ask(self, question: Any, content: bytes) -> dict[str, Any]:
        found = question.status
        newest = list(self.versions.values())[-1]
        if question.asked == "get an object" and newest != content:
            found = 404
        if question.asked in ("put an object", "delete an object") and self.open:
            found = 200
            self.add(question.body)
            self.open = question.asked == "put an object"
        return {
            "asked": question.asked,
            "expected": str(question.status),
            "found": str(found),
            "ok": found == question.status,
        }


def test_what_was_changed_in_between_is_put_anew_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    monkeypatch.setattr(_bucket_probe, "_ask", bucket.ask)
    monkeypatch.setattr(_bucket_probe, "_PAUSE", 0)
    answers = probe(bucket.call, None, WANTED, wait_seconds=60)  # type: ignore[arg-type]
    assert [answer for answer in answers if not answer["ok"]] == []
    assert bucket.made == 4
    assert bucket.versions == {}


def test_where_versions_were_kept_before_no_delete_marker_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    def call(_s3: Any, method: str, **arguments: Any) -> dict[str, Any]:
        asked.append((method, arguments.get("VersionId")))
        return {"DeleteMarker": True, "VersionId": "null"} if method == "delete_object" else {}

    monkeypatch.setattr(_bucket_probe, "_ask", lambda *_unused: {"ok": True})
    probe(call, None, WANTED, wait_seconds=0)  # type: ignore[arg-type]
    assert asked == [("put_object", None), ("delete_object", None), ("delete_object", "null")]
