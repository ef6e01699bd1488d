# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of module_utils one of them needs, and an archive of them, to install without the rest.

Private to the collection. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import ast
import io
import typing as t
import zipfile

PACKAGE = "ansible_collections.interchain.agent_ops.plugins.module_utils"
_FOREIGN = ("ansible", "ansible_collections")
"""What is not there where only the closure is installed."""


def closure(entry: str, source: t.Callable[[str], str | None]) -> list[str]:
    """Return the names of the modules that an entry needs, itself among them, in order.

    :param source: gives the text of a module of the package by its name, None if there is no such module.
    :raises ValueError: if one imports what would not be there: ansible, another collection, a module that is missing.
    """
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        text = source(name)
        if text is None:
            raise ValueError(f"there is no {name}.py in module_utils. Expected: all that {entry}.py imports")
        waiting += _imported(name, ast.parse(text))
    return sorted(found)


def _imported(name: str, tree: ast.AST) -> t.Iterator[str]:
    """Yield the modules of the package that a module imports, wherever in it that is done."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _within(name, alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                raise ValueError(
                    f"{name}.py imports {'.' * node.level}{module}. Expected: imports by their whole names"
                )
            if module == PACKAGE:
                yield from (alias.name for alias in node.names)
            else:
                yield from _within(name, module)


def _within(name: str, module: str) -> t.Iterator[str]:
    if module.startswith(PACKAGE + "."):
        yield module.removeprefix(PACKAGE + ".").partition(".")[0]
    elif module.split(".", maxsplit=1)[0] in _FOREIGN:
        raise ValueError(f"{name}.py imports {module}. Expected: nothing of ansible, where a service runs without it")


_STARTS = """\
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

from {package}.{entry} import main

sys.exit(main())
"""
# The earliest time that a zip file can say: the same files are the same archive, whoever packs them.
_TIME = (1980, 1, 1, 0, 0, 0)


def archive(entry: str, source: t.Callable[[str], str | None]) -> bytes:
    """Return a program in one file, which Python runs or imports from: an entry with all that it needs.

    Not compressed, since what compresses differs from machine to machine.
    """
    folders = PACKAGE.split(".")
    names = ["/".join(folders[: depth + 1]) + "/" for depth in range(len(folders))]
    contents = dict.fromkeys(names, "")
    contents |= {f"{names[-1]}{name}.py": str(source(name)) for name in closure(entry, source)}
    contents["__main__.py"] = _STARTS.format(package=PACKAGE, entry=entry)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for name, text in contents.items():
            info = zipfile.ZipInfo(name, _TIME)
            # By the kind of system that made it; 3 is Unix. Else it differs as well.
            info.create_system = 3
            info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o100644 << 16
            file.writestr(info, text)
    return packed.getvalue()
