# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook parses what a module imports, and what that imports, once for all runs.

It looks for imports alone, and parses some fifty files for each module of each run, which takes most of the time until
the module is sent. What it gets here is the tree of the imports, where they are: at the top, where they are needed, or
further in, where Ansible does without what it does not find (ansible/executor/module_common.py, ModuleDepFinder).
"""

from __future__ import annotations

import builtins
import os
import sys
from typing import Any

from kept_results import kept

_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST; importing ast takes longer than everything else here.
_compile = builtins.compile


def _imports(source: Any) -> str:
    import ast

    tree = ast.parse(source)
    kinds = (ast.Import, ast.ImportFrom)
    top = [node for node in tree.body if isinstance(node, (*kinds, ast.Assign)) and _is_wanted(node)]
    inside: list[ast.stmt] = [node for node in ast.walk(tree) if isinstance(node, kinds) and node not in tree.body]
    if inside:
        top.append(ast.If(ast.Constant(True), inside, []))
    return ast.unparse(ast.Module(top, []))


def _is_wanted(node: Any) -> bool:
    """An import, or what Ansible reads besides: ``METADATA = ...``."""
    return not hasattr(node, "targets") or [getattr(one, "id", "") for one in node.targets] == ["METADATA"]


def _parsed(source: Any, filename: Any, mode: str, flags: int = 0, *others: Any, **options: Any) -> Any:
    if flags != _ONLY_AST or mode != "exec" or others or options or not isinstance(source, (bytes, str)):
        return _compile(source, filename, mode, flags, *others, **options)
    content = source.encode("utf-8", "surrogateescape") if isinstance(source, str) else bytes(source)
    return _compile(kept(str, content, lambda: _imports(source)), filename, mode, flags)


if os.path.basename((sys.orig_argv[1:2] or [""])[0]) == "ansible-playbook":
    builtins.compile = _parsed
