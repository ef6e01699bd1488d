# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with each hex key in AWS Secrets Manager: data, from what is wanted and what was read.

Check mode and diff mode are views of these plans, which know of a key only what is public. Pure: no ansible, no AWS.
Private to the collection.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import (
    ENVIRONMENT_TAG,
    OWNERSHIP_TAG,
    wanted_tags,
)

CURRENT = "AWSCURRENT"
PREVIOUS = "AWSPREVIOUS"
ENABLED = "Enabled"

_ROTATIONS = uuid.UUID("6f0b2d3a-8a55-5d0e-9a43-3c9d6c1f7e21")
"""Namespace of the ids of versions that are made by a named rotation. To change it would repeat rotations."""

Metadata = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Version:
    """What may be known of a version of a secret."""

    id: str
    address: str
    public_key: str


@dataclass
class Reading:
    """What Secrets Manager holds for one wanted key.

    ``metadata`` is what DescribeSecret answers. ``contents_error`` keeps a key from being used, not from being deleted.
    """

    metadata: Metadata | None = None
    current: Version | None = None
    previous: Version | None = None
    planned: t.Mapping[str, t.Any] = field(default_factory=dict)
    contents_error: str | None = None
    error: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        held = self.metadata or self.planned
        return {tag["Key"]: tag["Value"] for tag in held.get("Tags") or ()}

    @property
    def stages(self) -> dict[str, list[str]]:
        """Version id -> labels, of the versions that have any."""
        return dict((self.metadata or {}).get("VersionIdsToStages") or {})

    def version_with(self, label: str) -> str | None:
        return next((version for version, labels in self.stages.items() if label in labels), None)

    @property
    def dying(self) -> bool:
        return bool((self.metadata or {}).get("DeletedDate"))


@dataclass(frozen=True)
class Wish:
    """What the user asked for beyond the set of keys."""

    revive: frozenset[str] = frozenset()
    rotate: frozenset[str] = frozenset()
    rotation_id: str | None = None

    def token(self, spec: KeySpec) -> str | None:
        """Return the id of the version that a named rotation of a key makes: the same in every run."""
        if spec.name not in self.rotate or not self.rotation_id:
            return None
        return str(uuid.uuid5(_ROTATIONS, f"{spec.name}:{self.rotation_id}"))


@dataclass
class Plan:
    """What is to be done with one key: the steps, and the action under which they are reported.

    ``token`` is the id that the new version gets; None for any.
    """

    spec: KeySpec
    reading: Reading
    action: str
    steps: tuple[str, ...] = ()
    missing_tags: t.Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


def describe(spec: KeySpec, metadata: Metadata | None = None) -> str:
    """Name a secret, at the beginning of an error."""
    arn = f" ({metadata['ARN']})" if metadata else ""
    return f"The secret {spec.name} in {spec.region}{arn}"


def plan_present(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    """Plan for a key to be there, usable and ours."""
    if reading.error:
        return Plan(spec, reading, "failed", error=reading.error)
    if reading.metadata is None:
        return _plan_creation(spec, reading, wish)
    what = describe(spec, reading.metadata)
    error = _owned_by_another(what, spec, reading.tags) or _not_revivable(what, spec, reading, wish)
    if error or reading.contents_error:
        return Plan(spec, reading, "failed", error=error or reading.contents_error)
    steps: tuple[str, ...] = ("restore",) if reading.dying else ()
    missing = {name: value for name, value in wanted_tags(spec, spec.name).items() if reading.tags.get(name) != value}
    if missing:
        steps += ("tag",)
    if reading.metadata.get("Description", "") != spec.description:
        steps += ("describe",)
    action = "unchanged" if not steps else "updated" if OWNERSHIP_TAG in reading.tags else "adopted"
    plan = Plan(spec, reading, action, steps, missing, token=wish.token(spec))
    # A version with the id of this rotation: an earlier run made it, even if it was killed before it could say so.
    if spec.name in wish.rotate and (plan.token is None or plan.token not in reading.stages):
        # The last of the steps, so that nothing that fails before it leaves a key rotated.
        plan.steps += ("rotate",)
        plan.action = "rotated"
        plan.warnings = _lost_by_rotation(what, reading)
    return plan


def _plan_creation(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    if spec.name in wish.revive:
        error = (
            f"{describe(spec)} does not exist, so that it cannot be revived."
            " Leave it out of the keys to revive, and it is created"
        )
        return Plan(spec, reading, "failed", error=error)
    tags = wanted_tags(spec, spec.name)
    # The first version of a key that is to be rotated counts as that rotation, or the next run would rotate it again.
    return Plan(spec, reading, "created", ("create",), missing_tags=tags, token=wish.token(spec))


def plan_retirement(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    """Plan for a key to go: the secret's deletion scheduled. What the secret holds does not matter."""
    del wish
    if reading.error:
        return Plan(spec, reading, "failed", error=reading.error)
    if reading.metadata is None or reading.dying:
        return Plan(spec, reading, "unchanged")
    what = describe(spec, reading.metadata)
    error = None
    if reading.tags.get(ENVIRONMENT_TAG) != spec.environment:
        error = (
            f"{what} has the tag {ENVIRONMENT_TAG} {reading.tags.get(ENVIRONMENT_TAG)!r}."
            f" Expected: {spec.environment!r}. Only keys of the environment are retired"
        )
    error = error or _owned_by_another(what, spec, reading.tags)
    if error:
        return Plan(spec, reading, "failed", error=error)
    return Plan(spec, reading, "retired", ("delete",))


def _owned_by_another(what: str, spec: KeySpec, tags: t.Mapping[str, str]) -> str | None:
    expected = {ENVIRONMENT_TAG: spec.environment, OWNERSHIP_TAG: spec.name}
    for name, value in expected.items():
        if tags.get(name, value) != value:
            return (
                f"{what} has the tag {name} {tags[name]!r}. Expected: {value!r}. The secret was made for something"
                " else: choose another name, or correct the tag if the tag is wrong"
            )
    return None


def _not_revivable(what: str, spec: KeySpec, reading: Reading, wish: Wish) -> str | None:
    if not reading.dying:
        return None
    if spec.name not in wish.revive:
        deletion = t.cast(Metadata, reading.metadata)["DeletedDate"]
        return (
            f"{what} is scheduled for deletion (after {deletion}). Expected: {ENABLED}."
            f" A key is never revived unasked: name {spec.name} in revive to use it again"
        )
    if spec.name in wish.rotate:
        # Nobody can say which keys a rotation would put out of reach before the secret can be read.
        return f"{what} is scheduled for deletion, and cannot be restored and rotated in one run. Restore it first"
    return None


def _lost_by_rotation(what: str, reading: Reading) -> tuple[str, ...]:
    """Warn of the key that a rotation puts out of reach: a secret keeps the last one under a label, and no other."""
    version = reading.version_with(PREVIOUS)
    if version is None or reading.stages[version] != [PREVIOUS]:
        return ()
    owner = reading.previous.address if reading.previous else "an unknown address"
    return (f"{what}: this rotation takes the last label from {lost_version(reading, version, owner)}",)


def lost_version(reading: Reading, version: str, address: str) -> str:
    """Name a version that has no label any more, and say what that means."""
    arn = (reading.metadata or {}).get("ARN")
    return (
        f"the version {version}, the key of {address}. AWS may delete such a version at any time, and whatever that"
        " address owns is out of reach then: empty it, or give the version a label of its own (aws secretsmanager"
        f" update-secret-version-stage --secret-id {arn} --move-to-version-id {version} --version-stage KEPT)"
    )


def tag_list(tags: t.Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the form that Secrets Manager takes and gives them."""
    return [{"Key": name, "Value": value} for name, value in tags.items()]
