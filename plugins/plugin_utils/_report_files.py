# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions that write reports share: files that are whole or not there, and how wide a terminal is."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.utils.display import Display

display = Display()


def terminal_width() -> int:
    return int(os.environ.get("COLUMNS") or 0) or int(display.columns)


def write_files(folder: Path, contents: t.Mapping[Path, str], advice: str) -> None:
    """Write each file whole or not at all, in this order.

    :param advice: what to do if that fails. :raises ValueError: then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in contents.items():
            replace(file, text)
    except OSError as exc:
        raise ValueError(
            f"The report in {folder} cannot be written: {exc.strerror or type(exc).__name__}. {advice}"
        ) from exc


def replace(file: Path, text: str) -> None:
    """Put a text in a file's place, so that whoever reads it meanwhile sees the old one or the new one."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("x", encoding="utf-8") as stream:
            stream.write(text)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
