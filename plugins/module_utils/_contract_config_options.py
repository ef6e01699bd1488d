# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules for deployment configurations share, and what they are turned into. Private to the
collection.

The argument specification is documented in the doc fragment ``contract_config``; the two are to be kept in step.
Errors are :class:`ValueError`.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass
from pathlib import Path, PurePath

from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import WATCHERS_OF, Setting
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_files import (
    FORMATS,
    Document,
    Expected,
    read_document,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory
from ansible_collections.interchain.agent_ops.plugins.module_utils._text_files import TextFile, read_text

FOLDER = "contract_config"
"""Where the copies of a sandbox run are, in the environment's folder."""


def contract_config_options() -> dict[str, t.Any]:
    return {
        "environment": {"type": "str", "required": True},
        "networks": {"type": "dict", "required": True},
        "only": {"type": "list", "elements": "str"},
        "signing_keys": {"type": "list", "elements": "dict", "required": True, "no_log": False},
        "files": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "path": {"type": "path", "required": True},
                "format": {"type": "str", "choices": list(FORMATS)},
                "network": {"type": "str"},
                "environment": {"type": "str"},
            },
        },
        "watchers_of": {"type": "str", "choices": list(WATCHERS_OF), "default": WATCHERS_OF[0]},
        "additional_watchers": {"type": "dict", "default": {}},
        "one_key_for_all_networks": {"type": "bool", "default": False, "no_log": False},
        "sandbox": {"type": "bool", "required": True},
        "artifacts_root": {"type": "path", "default": "artifacts"},
    }


def setting(params: t.Mapping[str, t.Any], *, dry_run: bool) -> Setting:
    networks = {name: _settings(name, value) for name, value in params["networks"].items()}
    only = params["only"]
    return Setting(
        environment=params["environment"],
        networks=networks,
        signing_keys=params["signing_keys"],
        watchers_of=params["watchers_of"],
        additional_watchers=params["additional_watchers"],
        one_key_for_all_networks=params["one_key_for_all_networks"],
        only=list(networks) if only is None else list(dict.fromkeys(only)),
        dry_run=dry_run,
    )


def _settings(network: str, value: t.Any) -> t.Mapping[str, t.Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, t.Mapping):
        raise ValueError(f"The settings of {network} are a {type(value).__name__}. Expected: a dictionary")
    return value


@dataclass(frozen=True)
class Source:
    """A file of the user's, and where what becomes of it is written: in its place, or as a copy."""

    file: TextFile
    document: Document
    expected: Expected
    copy: Path | None = None

    def result(self) -> Document | None:
        """Return what was made of it: the file itself, or the copy, None if that is not there."""
        if self.copy is None:
            return self.document
        if not self.copy.is_file():
            return None
        return read_document(str(self.copy), read_text(str(self.copy)).text, self.expected)


def sources(params: t.Mapping[str, t.Any], networks: t.Mapping[str, t.Any]) -> list[Source]:
    """Read the files, and find out where they are written: those of a sandbox run never where they were read."""
    found: list[Source] = []
    if not params["files"]:
        raise ValueError(
            "There is no deployment configuration to look at: contract_config_files is empty. Expected: its entries in"
            " the inventory, each with a path"
        )
    for entry in params["files"]:
        expected = Expected(
            environment=params["environment"],
            networks=networks,
            format=entry["format"] or "",
            network=entry["network"] or "",
            environment_name=entry["environment"] or "",
        )
        try:
            file = read_text(entry["path"])
        except ValueError as exc:
            raise ValueError(
                f"{exc}. contract_config_files names it; expected: a file, by its path from where ansible-playbook was"
                " started"
            ) from None
        found.append(Source(file, read_document(entry["path"], file.text, expected), expected))
    _refuse_same(found)
    if not params["sandbox"]:
        return found
    folder = Path(report_directory(params["artifacts_root"], params["environment"], sandbox=True)) / FOLDER
    return [dataclasses.replace(one, copy=folder / name) for one, name in zip(found, _names(found), strict=True)]


def _refuse_same(found: t.Sequence[Source]) -> None:
    places: dict[Path, str] = {}
    for one in found:
        other = places.setdefault(one.file.place, one.file.path)
        if other is not one.file.path:
            raise ValueError(
                f"{one.file.path} and {other} of contract_config_files are one file, {one.file.place}. Expected: each"
                " once"
            )


def _names(found: t.Sequence[Source]) -> list[str]:
    """Return what each copy is called: as the file, and in the network's folder if it is one network's."""
    names = []
    for one in found:
        networks = list(one.document.places)
        name = PurePath(one.file.path).name
        names.append(str(PurePath(networks[0]) / name) if one.document.format == FORMATS[0] else name)
        if names.count(names[-1]) > 1:
            raise ValueError(
                f"Two files of contract_config_files would have the same copy in a sandbox run, {names[-1]}. Expected:"
                " files of different names"
            )
    return names
