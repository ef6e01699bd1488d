# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `reuse lint` on a copy of what git sees: whether each file says whose it is, and under which licence.

In the checkout itself it looks into ignored folders as well, and stumbles over what other tools write there meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.sanity import NOT_COPIED, ROOT, copy_tree, git_visible


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        names = [name for name in git_visible(ROOT) if not name.startswith(NOT_COPIED)]
        copy_tree(ROOT, tree, names)
        command = [str(Path(sys.executable).parent / "reuse"), "--root", str(tree), "lint", "--lines"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout.replace(f"{tree}/", ""), end="")
    if done.returncode == 0:
        print(f"{len(names)} files say whose they are, and under which licence.")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
