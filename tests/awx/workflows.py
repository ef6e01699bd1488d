# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests ask of the workflows that a fake AWX holds."""

from __future__ import annotations

from typing import Any

from tests.awx.server import FakeAwx


def chain(awx: FakeAwx, workflow: str) -> list[str]:
    """Return the nodes of a workflow in the order in which they run, each after the success of the one before."""
    number = awx.named("workflow_job_templates", workflow)["id"]
    nodes = {
        node["identifier"]: node
        for node in awx.store.objects["workflow_job_template_nodes"].values()
        if node["workflow_job_template"] == number
    }
    after = {name: awx.linked(node, "success_nodes") for name, node in nodes.items()}
    reached = [name for following in after.values() for name in following]
    (first,) = nodes.keys() - set(reached)
    order = [first]
    while after[order[-1]]:
        (following,) = after[order[-1]]
        order.append(following)
    assert sorted(order) == sorted(nodes)
    return order


def node(awx: FakeAwx, workflow: str, identifier: str) -> dict[str, Any]:
    number = awx.named("workflow_job_templates", workflow)["id"]
    (found,) = awx.store.search(
        "workflow_job_template_nodes", {"workflow_job_template": str(number), "identifier": identifier}
    )
    return found
