# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Hyperlane's agents is what the schema that Hyperlane publishes asks for."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.hyperlane.install import FOLDER, install
from tests.simulator.install import node_environment
from tests.unit.plugins.module_utils.agent_world import HYPERLANE, common, files

Document = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def schema() -> Path:
    install()
    return FOLDER


def problems(schema: Path, documents: list[Document]) -> list[list[str]]:
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "validate.mjs"), str(schema)],
        input=json.dumps(documents),
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def documents(**changes: Any) -> list[Document]:
    made = files("hyperlane", ("json",), **changes).values()
    return [(str(file.agent), json.loads(file.text)) for file in made]


def test_agent_json_is_what_the_schema_asks_for(schema: Path) -> None:
    settings = {"relayer": {"gas_payment_enforcement": [{"type": "none"}]}, "validator": {"checkpoint_folder": "one"}}
    variants = [
        *documents(),
        *documents(hex_keys=True),
        *documents(signer="network"),
        *documents(settings=settings),
        *documents(shared=common(bucket=None)),
        *documents(purposes={**HYPERLANE, "validator": ["attestation"]}),
    ]
    assert len(variants) == 6 * 4
    assert problems(schema, variants) == [[] for _document in variants]


def test_the_schema_notices_what_is_wrong(schema: Path) -> None:
    validator = next(document for agent, document in documents() if agent == "validator")

    def without(*path: str) -> Document:
        changed = copy.deepcopy(validator)
        place = changed
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]
        return "validator", changed

    typed = copy.deepcopy(validator)
    # The reason for which chains' signers have no type here.
    typed["chains"]["kovan"]["signer"]["type"] = "aws"
    found = problems(
        schema,
        [
            without("originChainName"),
            without("chains", "kovan", "mailbox"),
            without("chains", "kovan", "rpcUrls"),
            without("validator", "region"),
            without("checkpointSyncer", "bucket"),
            ("validator", typed),
        ],
    )
    assert [bool(one) for one in found] == [True] * 6
