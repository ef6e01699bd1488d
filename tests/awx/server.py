# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's REST API (24.6) on 127.0.0.1, as far as awx.awx uses it, with objects that are held in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.awx.checks import Refused
from tests.awx.resources import RESOURCES
from tests.awx.store import Store

TOKEN = "fake-awx-token-0f7c51d2e94b"
_PAGE = 3
_MANAGED: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    (
        "Amazon Web Services",
        "cloud",
        [
            {"id": "username", "label": "Access Key", "type": "string"},
            {"id": "password", "label": "Secret Key", "type": "string", "secret": True},
        ],
    ),
    ("Ansible Galaxy/Automation Hub API Token", "galaxy", []),
    ("Source Control", "scm", []),
    ("Container Registry", "registry", []),
)
_PATH = re.compile(r"/api/v2/(?P<resource>[a-z_]+)/(?:(?P<number>\d+)/(?:(?P<part>[a-z_]+)/)?)?")
Answer = tuple[int, Any]


class FakeAwx:
    """``written`` are the requests that changed something, by method and path."""

    def __init__(self, playbooks: Callable[[str], list[str]]) -> None:
        self.store = Store(playbooks)
        self.url = ""
        self.written: list[str] = []
        self.lock = threading.Lock()
        self._plant()

    def _plant(self) -> None:
        """What every AWX has (create_preload_data, managed credential types), and what people made in this one."""
        make = self.store.make
        kinds = {}
        for name, kind, fields in _MANAGED:
            kinds[kind] = make(
                "credential_types", {"name": name, "kind": "cloud", "inputs": {"fields": fields}}, kind=kind
            )
        made = {"Ansible Galaxy": "galaxy", "git": "scm", "images": "registry"}
        for name, kind in made.items():
            make("credentials", {"name": name, "credential_type": kinds[kind]["id"]})
        make("instance_groups", {"name": "default"})
        make("instance_groups", {"name": "bridge"})
        make("notification_templates", {"name": "on call"})

    def named(self, resource: str, name: str) -> dict[str, Any]:
        (found,) = (
            item for item in self.store.objects[resource].values() if item.get("name", item.get("identifier")) == name
        )
        return found

    def linked(self, item: dict[str, Any], name: str) -> list[str]:
        numbers = self.store.links.get((item["id"], name), [])
        others = (
            self.store.get(RESOURCES[self.store.resource_of(item["id"])].lists[name], number) for number in numbers
        )
        return [other.get("name") or other["identifier"] for other in others]

    def count(self) -> dict[str, int]:
        return {name: len(held) for name, held in self.store.objects.items() if held}

    def answer(self, method: str, path: str, data: Any) -> Answer:
        split = urlsplit(path)
        found = _PATH.fullmatch(split.path)
        if not found:
            raise Refused(404, detail=f"no endpoint {split.path}")
        resource, part = found["resource"], found["part"]
        if resource == "tokens":
            return (201, {"id": 1, "token": TOKEN}) if method == "POST" else (204, None)
        if resource == "project_updates":
            return 200, {
                "id": int(found["number"]),
                "status": "successful",
                "finished": "2026-01-01T00:00:00Z",
                "failed": False,
            }
        if resource != "unified_job_templates" and resource not in RESOURCES:
            raise Refused(404, detail=f"no endpoint {split.path}")
        if not found["number"]:
            return self._list(method, resource, dict(parse_qsl(split.query)), data, split.path)
        item = self.store.get(resource, int(found["number"]))
        if part:
            return self._part(method, resource, item, part, data)
        if method == "PATCH":
            return 200, self.store.shown(self.store.change(resource, item["id"], data))
        if method == "DELETE":
            self.store.delete(resource, item["id"])
            # InventoryDetail schedules the deletion; the others are done.
            return (202, {}) if resource == "inventories" else (204, None)
        return 200, self.store.shown(item)

    def _list(self, method: str, resource: str, query: dict[str, str], data: Any, path: str) -> Answer:
        if method == "POST":
            if resource in ("unified_job_templates", "workflow_approval_templates"):
                raise Refused(405, detail='Method "POST" not allowed.')
            # CredentialSerializerCreate.validate.
            if resource == "credentials" and not data.get("organization"):
                raise Refused(400, detail="Missing 'user', 'team', or 'organization'.")
            return 201, self.store.shown(self.store.make(resource, data))
        return 200, self._page(
            [self.store.shown(item) for item in self.store.search(resource, query)],
            int(query.get("page", 1)),
            path,
            query,
        )

    @staticmethod
    def _page(items: list[Any], page: int, path: str, query: dict[str, str]) -> dict[str, Any]:
        first = (page - 1) * _PAGE
        further = "&".join(f"{key}={value}" for key, value in {**query, "page": str(page + 1)}.items())
        following = f"{path}?{further}" if len(items) > first + _PAGE else None
        return {"count": len(items), "next": following, "previous": None, "results": items[first : first + _PAGE]}

    def _part(self, method: str, resource: str, item: dict[str, Any], part: str, data: Any) -> Answer:
        table = RESOURCES[resource]
        if part == "survey_spec" and table.survey:
            if method == "POST":
                self.store.answer_survey(item, data)
            return 200, {} if method == "POST" else self.store.surveys.get(item["id"], {})
        if part == "create_approval_template" and resource == "workflow_job_template_nodes" and method == "POST":
            approval = self.store.make("workflow_approval_templates", data)
            item["unified_job_template"] = approval["id"]
            return 201, self.store.shown(approval)
        if part not in table.lists:
            raise Refused(404, detail=f"{resource} has no {part}")
        if method == "POST":
            self.store.link(item, part, data)
            return 204, None
        numbers = self.store.links.get((item["id"], part), [])
        others = [self.store.shown(self.store.get(table.lists[part], number)) for number in numbers]
        return 200, self._page(others, 1, f"{item['url']}{part}/", {})


def _handler(awx: FakeAwx) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            with awx.lock:
                try:
                    if authorization != f"Bearer {TOKEN}" and not (
                        authorization.startswith("Basic ") and "/tokens/" in self.path
                    ):
                        raise Refused(401, detail="Authentication credentials were not provided.")
                    data = json.loads(body) if body else {}
                    if not isinstance(data, dict):
                        raise Refused(400, detail="JSON parse error - not a JSON object")
                    status, answer = awx.answer(self.command, self.path, data)
                    if self.command != "GET" and "/tokens/" not in self.path:
                        awx.written.append(f"{self.command} {self.path}")
                except Refused as exc:
                    status, answer = exc.status, exc.body
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _do

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Handler


@contextmanager
def fake_awx(playbooks: Callable[[str], list[str]]) -> Iterator[FakeAwx]:
    awx = FakeAwx(playbooks)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(awx))
    server.daemon_threads = True
    awx.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield awx
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
