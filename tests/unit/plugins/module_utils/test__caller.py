# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._caller import abandoned, waiting


def test_whoever_waits_is_seen_and_is_gone_however_that_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "caller")
    gone = abandoned(path)
    with waiting(path) as seen:
        assert (seen, gone()) == (True, False)
    assert gone()
    ready, begun = os.pipe()
    child = os.fork()
    if not child:
        with waiting(path):
            os.write(begun, b"x")
            signal.pause()
    os.read(ready, 1)
    assert not gone()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert gone()
    # Ansible removes its folder when it ends.
    Path(path).unlink()
    assert gone()
    assert not abandoned(None)()
