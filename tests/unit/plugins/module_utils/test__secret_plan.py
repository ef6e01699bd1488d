# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for hex keys, and the rows that check mode shows: data in, data out."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import ACTIONS, changed, wanted_tags
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_plan import (
    Plan,
    Reading,
    Version,
    Wish,
    plan_present,
    plan_retirement,
    tag_list,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_rows import predicted, secret_row
from hypothesis import given
from hypothesis import strategies as st

NAME = "development-kovan-updater-signer"
SPEC = KeySpec(NAME, "development", "kovan", "updater", "signer", "development kovan updater-signer", "us-west-2")
ARN = f"arn:aws:secretsmanager:us-west-2:111122223333:secret:{NAME}-AbCdEf"
NEW, OLD = Version("v2", "0xNew", "bmV3"), Version("v1", "0xOld", "b2xk")


def reading(*, tags: dict[str, str] | None = None, **changes: t.Any) -> Reading:
    """What Secrets Manager holds of a key that is as wanted, unless changed."""
    fields = {name: changes.pop(name) for name in ("current", "previous", "contents_error", "error") if name in changes}
    metadata = {
        "ARN": ARN,
        "Description": SPEC.description,
        "Tags": tag_list(wanted_tags(SPEC, NAME) if tags is None else tags),
        "VersionIdsToStages": {"v2": ["AWSCURRENT"]},
        **changes,
    }
    return Reading(metadata, **{"current": NEW, **fields})


def both(**changes: t.Any) -> Reading:
    stages = {"v2": ["AWSCURRENT"], "v1": ["AWSPREVIOUS"]}
    return reading(previous=OLD, VersionIdsToStages=stages, **changes)


WITHOUT_OWNER = {name: value for name, value in wanted_tags(SPEC, NAME).items() if name != "agent_ops:alias"}
ROTATE = Wish(rotate=frozenset([NAME]))
REVIVE = Wish(revive=frozenset([NAME]))


@pytest.mark.parametrize(
    ("held", "wish", "action", "steps"),
    [
        (Reading(), Wish(), "created", ("create",)),
        (Reading(), ROTATE, "created", ("create",)),
        (Reading(), REVIVE, "failed", ()),
        (Reading(error="no"), Wish(), "failed", ()),
        (reading(), Wish(), "unchanged", ()),
        (reading(), REVIVE, "unchanged", ()),
        (reading(), ROTATE, "rotated", ("rotate",)),
        (reading(Description="x"), Wish(), "updated", ("describe",)),
        (reading(Description="x"), ROTATE, "rotated", ("describe", "rotate")),
        (reading(tags=WITHOUT_OWNER), Wish(), "adopted", ("tag",)),
        (reading(tags={}), Wish(), "adopted", ("tag",)),
        (reading(tags={**wanted_tags(SPEC, NAME), "agent": "x"}), Wish(), "updated", ("tag",)),
        (reading(tags={**wanted_tags(SPEC, NAME), "more": "x"}), Wish(), "unchanged", ()),
        (reading(tags={"environment": "staging"}), Wish(), "failed", ()),
        (reading(tags={"agent_ops:alias": "other"}), Wish(), "failed", ()),
        (reading(contents_error="bad"), Wish(), "failed", ()),
        (reading(contents_error="bad"), ROTATE, "failed", ()),
        (reading(DeletedDate="soon"), Wish(), "failed", ()),
        (reading(DeletedDate="soon"), REVIVE, "updated", ("restore",)),
        (reading(DeletedDate="soon", tags={}), REVIVE, "adopted", ("restore", "tag")),
        (reading(DeletedDate="soon", tags={"environment": "staging"}), REVIVE, "failed", ()),
        (reading(DeletedDate="soon"), Wish(frozenset([NAME]), frozenset([NAME])), "failed", ()),
    ],
)
def test_what_is_done_with_a_wanted_key(held: Reading, wish: Wish, action: str, steps: tuple[str, ...]) -> None:
    plan = plan_present(SPEC, held, wish)
    assert (plan.action, plan.steps) == (action, steps)
    assert bool(plan.error) == (action == "failed")


@pytest.mark.parametrize(
    ("held", "action"),
    [
        (Reading(), "unchanged"),
        (Reading(error="no"), "failed"),
        (reading(), "retired"),
        (reading(contents_error="bad"), "retired"),
        (reading(tags={"environment": "development"}), "retired"),
        (reading(tags={}), "failed"),
        (reading(tags={"environment": "staging"}), "failed"),
        (reading(tags={"environment": "development", "agent_ops:alias": "other"}), "failed"),
        (reading(DeletedDate="soon"), "unchanged"),
    ],
)
def test_what_is_done_with_a_key_that_is_to_go(held: Reading, action: str) -> None:
    plan = plan_retirement(SPEC, held, Wish())
    assert (plan.action, plan.steps) == (action, ("delete",) if action == "retired" else ())


def test_a_named_rotation_has_one_version_for_each_key_and_name() -> None:
    def token(name: str, rotation_id: str | None) -> str | None:
        spec = KeySpec(name, "development", None, "a", "signer", "")
        return Wish(rotate=frozenset([name]), rotation_id=rotation_id).token(spec)

    # Written down, since a change would do again every rotation that was ever done.
    assert token(NAME, "2026-11") == "173e4070-38b3-5b00-a4b3-55bb6398a651"
    assert len({token(name, rotation) for name in ("a", "b") for rotation in ("1", "2")}) == 4
    assert token(NAME, None) is None
    assert Wish(rotation_id="1").token(SPEC) is None


@pytest.mark.parametrize("labels", [["AWSCURRENT"], ["AWSPREVIOUS"], ["KEPT"]])
def test_a_rotation_whose_version_is_there_is_done(labels: list[str]) -> None:
    wish = Wish(rotate=frozenset([NAME]), rotation_id="1")
    held = reading(VersionIdsToStages={"v2": ["AWSCURRENT"], wish.token(SPEC): labels})
    assert plan_present(SPEC, held, wish).action == "unchanged"


def test_a_rotation_warns_of_the_key_that_it_puts_out_of_reach() -> None:
    (warning,) = plan_present(SPEC, both(), ROTATE).warnings
    for part in (NAME, ARN, "v1", "0xOld"):
        assert part in warning
    assert plan_present(SPEC, both(), Wish()).warnings == ()
    assert plan_present(SPEC, reading(), ROTATE).warnings == ()
    kept = reading(previous=OLD, VersionIdsToStages={"v2": ["AWSCURRENT"], "v1": ["AWSPREVIOUS", "KEPT"]})
    assert plan_present(SPEC, kept, ROTATE).warnings == ()


def prediction(held: Reading, wish: Wish, planner: t.Callable[..., Plan] = plan_present) -> dict[str, t.Any]:
    plan = planner(SPEC, held, wish)
    return secret_row(SPEC, predicted(plan), plan.action, plan.error)


def test_what_check_mode_foresees() -> None:
    created = prediction(Reading(), Wish())
    assert (created["state"], created["address"], created["tags"]) == ("Absent", None, wanted_tags(SPEC, NAME))
    rotated = prediction(both(), ROTATE)
    assert (rotated["address"], rotated["key_id"], rotated["previous_address"]) == (None, None, "0xNew")
    updated = prediction(both(Description="x", tags={}), Wish())
    assert (updated["address"], updated["previous_address"]) == ("0xNew", "0xOld")
    assert (updated["description"], updated["tags"]) == (SPEC.description, wanted_tags(SPEC, NAME))
    assert prediction(reading(DeletedDate="soon"), REVIVE)["state"] == "Enabled"
    assert prediction(reading(), Wish(), plan_retirement)["state"] == "PendingDeletion"


def test_what_could_not_be_read_is_not_called_absent() -> None:
    assert prediction(Reading(error="no"), Wish())["state"] is None
    assert prediction(Reading(), Wish(), plan_retirement)["state"] == "Absent"


@given(
    dying=st.booleans(),
    tags=st.sampled_from([{}, WITHOUT_OWNER, wanted_tags(SPEC, NAME), {"environment": "staging"}]),
    description=st.sampled_from(["", SPEC.description]),
    wish=st.builds(
        Wish,
        st.sampled_from([frozenset(), frozenset([NAME])]),
        st.sampled_from([frozenset(), frozenset([NAME])]),
        st.sampled_from([None, "1"]),
    ),
    planner=st.sampled_from([plan_present, plan_retirement]),
)
def test_a_plan_says_what_it_does(
    dying: bool, tags: dict[str, str], description: str, wish: Wish, planner: t.Callable[..., Plan]
) -> None:
    held = both(tags=tags, Description=description, **({"DeletedDate": "soon"} if dying else {}))
    plan = planner(SPEC, held, wish)
    row = secret_row(SPEC, predicted(plan), plan.action, plan.error)
    assert plan.action in ACTIONS
    assert bool(plan.steps) == changed([row])
    assert bool(plan.error) == (plan.action == "failed")
    assert "rotate" not in plan.steps[:-1], "what fails before it must not leave a key rotated"
    assert not {"restore", "delete"} <= set(plan.steps)
    if dying and NAME not in wish.revive:
        assert plan.steps == ()
