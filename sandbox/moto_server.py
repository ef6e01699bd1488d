# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the sandbox does not answer itself: moto's own server application."""

from __future__ import annotations

import io
import traceback
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from sandbox.errors import Answer, ServiceError, not_implemented
from sandbox.locks import STATE
from sandbox.requests import Call

# moto runs these services' work in threads or containers that call the server again, which must not wait for it.
_UNLOCKED = frozenset({"lambda", "cloudformation", "batch", "states"})


class MotoServer:
    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)

    def answer(self, call: Call) -> Answer:
        environ: dict[str, Any] = dict(call.environ)
        environ["wsgi.input"] = io.BytesIO(call.body)
        try:
            if call.service in _UNLOCKED:
                chunks, status, headers = run_wsgi_app(self._application, environ)
            else:
                with STATE:
                    chunks, status, headers = run_wsgi_app(self._application, environ)
        except NotImplementedError:
            raise not_implemented(call.action) from None
        except Exception as error:
            traceback.print_exc()
            raise ServiceError("SandboxFailure", f"moto failed: {type(error).__name__}: {error}", 500) from error
        return Answer(int(status.split()[0]), list(headers.items()), b"".join(chunks))


def reset_moto() -> None:
    """Forget every account's state, as a new server would have it."""
    with STATE:
        BackendDict.reset()
        reset_model_data()
