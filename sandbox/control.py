# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: JSON over HTTP under /sandbox/."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sandbox.errors import Answer, BadControlRequest, json_answer
from sandbox.iam.enforcement import Lags
from sandbox.iam.identities import remember_holdings
from sandbox.moto_server import reset_moto
from sandbox.planting import import_key_material, plant_alias
from sandbox.settings import checked_lag, checked_latency, checked_switch

if TYPE_CHECKING:
    from sandbox.server import Application

CONTROL_PREFIX = "/sandbox/"
_SETTINGS = {"alias_lag_seconds", "iam_enforced", "iam_lag_seconds", "latency_seconds", "rates_enabled", "rates"}
Route = Callable[["Control", dict[str, Any], dict[str, str]], Any]


class Control:
    """One method a route; each takes the request's JSON and its query, and gives back what is answered as JSON."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def answer(self, environ: dict[str, Any]) -> Answer:
        method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
        name = path.removeprefix(CONTROL_PREFIX).strip("/")
        routes = _ROUTES.get(name)
        if routes is None:
            raise BadControlRequest(f"there is no {path}; there are {', '.join(sorted(_ROUTES))}")
        route = routes.get(method)
        if route is None:
            raise BadControlRequest(f"{path} takes {', '.join(sorted(routes))}, not {method}")
        query = {key: values[0] for key, values in parse_qs(str(environ.get("QUERY_STRING", ""))).items()}
        content = route(self, _content(environ["wsgi.input"].read()), query)
        return json_answer(200, content, "application/json")

    def health(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        return {"status": "ready", "pid": os.getpid(), "moto": importlib.metadata.version("moto")}

    def read_log(self, _content: dict[str, Any], query: dict[str, str]) -> Any:
        unknown = set(query) - {"after", "service", "operation"}
        if unknown:
            raise BadControlRequest(f"the log takes after, service and operation, not {sorted(unknown)[0]!r}")
        after = _number(query.get("after", "0"), "after")
        entries = self._application.log.entries(after, query.get("service"), query.get("operation"))
        return {"count": len(entries), "entries": entries}

    def clear_log(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        self._application.log.clear()
        return {}

    def read_settings(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        application = self._application
        return {
            "latency_seconds": application.settings.latency_seconds,
            "iam_enforced": application.settings.iam_enforced,
            "alias_lag_seconds": application.settings.lags.alias,
            "iam_lag_seconds": application.settings.lags.iam,
            "rates_enabled": application.rates.enabled,
            "rates": application.rates.per_second(),
        }

    def change_settings(self, content: dict[str, Any], query: dict[str, str]) -> Any:
        """Only what is given is changed, and nothing if any of it is wrong."""
        unknown = set(content) - _SETTINGS
        if unknown:
            raise BadControlRequest(f"unknown setting {sorted(unknown)[0]!r}; known are {', '.join(sorted(_SETTINGS))}")
        application, settings = self._application, self._application.settings
        latency = checked_latency(content.get("latency_seconds", settings.latency_seconds))
        enforced = checked_switch("iam_enforced", content.get("iam_enforced", settings.iam_enforced))
        alias_lag = checked_lag("alias_lag_seconds", content.get("alias_lag_seconds", settings.lags.alias))
        iam_lag = checked_lag("iam_lag_seconds", content.get("iam_lag_seconds", settings.lags.iam))
        enabled = checked_switch("rates_enabled", content.get("rates_enabled", application.rates.enabled))
        application.rates.change(content.get("rates", {}))
        application.rates.switch(enabled)
        settings.latency_seconds = latency
        settings.iam_enforced = enforced
        if iam_lag != settings.lags.iam:
            remember_holdings(iam_lag > 0)
        settings.lags = Lags(alias_lag, iam_lag)
        return self.read_settings({}, query)

    def read_faults(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        return {"faults": self._application.faults.rules(), "held": self._application.holds.waiting()}

    def add_fault(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        return self._application.faults.add(content).as_dict()

    def remove_faults(self, _content: dict[str, Any], query: dict[str, str]) -> Any:
        """Requests that a removed fault holds go on: nothing else could let them."""
        rule_id = _number(query["id"], "id") if "id" in query else None
        removed = self._application.faults.remove(rule_id)
        released = [number for one in removed for number in self._application.holds.release(fault=one)]
        return {"removed": removed, "released": released}

    def release(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        unknown = set(content) - {"request", "fault"}
        if unknown:
            raise BadControlRequest(f"release takes 'request' and 'fault', not {sorted(unknown)[0]!r}")
        for name, value in content.items():
            if isinstance(value, bool) or not isinstance(value, int):
                raise BadControlRequest(f"{name!r} must be a number")
        released = self._application.holds.release(content.get("request"), content.get("fault"))
        return {"released": released}

    def reset(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        """As after a start. Held requests are dropped: their work would belong to the state that is gone."""
        application = self._application
        application.faults.remove()
        application.holds.release(abandon=True)
        application.rates.reset()
        application.settings.reset()
        reset_moto()
        application.log.clear()
        return {}

    def plant_alias(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        return plant_alias(content)

    def import_key_material(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        return import_key_material(content)


_ROUTES: dict[str, dict[str, Route]] = {
    "health": {"GET": Control.health},
    "log": {"GET": Control.read_log, "DELETE": Control.clear_log},
    "settings": {"GET": Control.read_settings, "PUT": Control.change_settings},
    "faults": {"GET": Control.read_faults, "POST": Control.add_fault, "DELETE": Control.remove_faults},
    "release": {"POST": Control.release},
    "reset": {"POST": Control.reset},
    "plant/alias": {"POST": Control.plant_alias},
    "plant/key-material": {"POST": Control.import_key_material},
}


def _content(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BadControlRequest(f"the request's body is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise BadControlRequest("the request's body must be a JSON object")
    return content


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise BadControlRequest(f"{name!r} must be a number, not {text!r}")
    return int(text)
