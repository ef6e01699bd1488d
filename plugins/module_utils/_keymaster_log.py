# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's log: a JSON document a line, for machines that collect it. Private to the collection.

What a node or AWS said is data: control characters are taken out, and a line has a longest length. Pure: no ansible, no
AWS.
"""

from __future__ import annotations

import json
import re
import threading
import time
import typing as t
from datetime import UTC, datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils._report import plain

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_LONGEST = 2000
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)


class Log:
    """Writes lines. ``secrets`` are taken out wherever they are, and so are the URLs that errors quote."""

    def __init__(
        self,
        stream: t.TextIO,
        environment: str,
        *,
        level: str = "info",
        secrets: t.Iterable[str] = (),
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream
        self._environment = environment
        self._least = LEVELS[level]
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._now = now
        self._lock = threading.Lock()

    def debug(self, message: str, **fields: t.Any) -> None:
        self._write("debug", message, fields)

    def info(self, message: str, **fields: t.Any) -> None:
        self._write("info", message, fields)

    def warning(self, message: str, **fields: t.Any) -> None:
        self._write("warning", message, fields)

    def error(self, message: str, **fields: t.Any) -> None:
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: t.Mapping[str, t.Any]) -> None:
        if LEVELS[level] < self._least:
            return
        time_text = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        entry = {
            "time": time_text.replace("+00:00", "Z"),
            "level": level,
            "message": self._clean(message),
            "environment": self._environment,
            **{name: self._field(name, value) for name, value in fields.items() if value is not None},
        }
        line = json.dumps(entry, ensure_ascii=False)
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                pass  # whoever read the log is gone, which must not end the funding

    def _field(self, name: str, value: t.Any) -> t.Any:
        if isinstance(value, bool | int | float):
            return value
        # Links to a block explorer are ours: the inventory's address and a transaction's hash.
        return self._clean(str(value), urls=name != "link")

    def _clean(self, text: str, *, urls: bool = True) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if urls:
            text = _URL.sub(lambda match: match[0] if match[0].startswith("s3://") else "(URL)", text)
        text = plain(text)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + " (cut)"
