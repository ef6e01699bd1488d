#!/bin/sh
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints the absolute path of the Python to build .venv with: $PYTHON if it is set, else the first argument that is a
# good one (the Python of a .venv that is there), else python3, else the newest of the others. The candidate itself is
# asked, for a name on PATH may be a shim that cannot run.
set -u

usable='import sys, venv, ensurepip; assert sys.version_info >= (3, 11); print(getattr(sys, "_base_executable", "") or sys.executable)'
unset PYTHONHOME PYTHONPATH

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- "$@" python3 python3.14 python3.13 python3.12 python3.11
fi

for candidate in "$@"; do
    if found=$("$candidate" -I -c "$usable" 2>/dev/null) && [ -n "$found" ]; then
        printf '%s\n' "$found"
        exit 0
    fi
done

{
    echo "No usable Python found (tried: $*)."
    echo "Needed: Python 3.11 or later with the modules venv and ensurepip (Debian and Ubuntu: apt install python3-venv)."
    echo "Name one that is not on PATH like this: make PYTHON=/path/to/python3.12 ..."
} >&2
exit 1
