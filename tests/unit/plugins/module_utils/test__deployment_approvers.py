# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory's approvers, and signatures that the real ssh-keygen made: good, forged, and of something else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _ssh_signatures
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_approvers import (
    NAMESPACE,
    allowed_signers,
    read_approvers,
)

from tests.unit.plugins.module_utils.deployment_world import Person, needs_ssh_keygen

pytestmark = needs_ssh_keygen


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    folder = tmp_path_factory.mktemp("keys")
    kinds = {"alice": "ed25519", "bob": "ecdsa", "mallory": "ed25519"}
    return {name: Person(name, folder, kind) for name, kind in kinds.items()}


def verify(people: dict[str, Person], text: str, file: Path) -> _ssh_signatures.Signed:
    approvers = read_approvers([people[name].approver() for name in ("alice", "bob")], operators=[])
    return _ssh_signatures.verify(text, file, allowed_signers=allowed_signers(approvers), namespace=NAMESPACE)


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_an_approval_says_who_gave_it(people: dict[str, Person], tmp_path: Path, name: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("a plan\n")
    signed = verify(people, "a plan\n", people[name].approve(plan))
    (approver,) = read_approvers([people[name].approver()], operators=[])
    assert (signed.name, signed.fingerprint) == (name, approver.keys[0].fingerprint)
    assert signed.signature.startswith("-----BEGIN SSH SIGNATURE-----")


def test_what_is_no_approval(people: dict[str, Person], tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("a plan\n")

    def refused(message: str, file: Path, text: str = "a plan\n") -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            verify(people, text, file)

    good = people["alice"].approve(plan)
    refused("it is no signature by alice of this plan, for deployment@agent_ops (", good, "a plan \n")
    refused("it was made with a key of none of agent_ops_deployment_approvers", people["mallory"].approve(plan))
    for namespace in ("git", "file", "deployment"):
        refused("it is no signature by alice of this plan", people["alice"].approve(plan, namespace))
    # Mallory's signature under a name of alice's says nothing; neither does a signature that was tampered with.
    good.write_text(people["mallory"].sign(plan))
    refused("it was made with a key of none of", good)
    lines = people["alice"].sign(plan).splitlines(keepends=True)
    lines[-2] = lines[-2].translate(str.maketrans("ABCDabcd", "BCDAbcda"))
    good.write_text("".join(lines))
    refused("it", good)
    good.write_text("yes, go ahead")
    refused("it is no SSH signature (ssh-keygen -Y sign)", good)
    good.write_bytes(b"-" * 70_000)
    refused("is no file of up to 65536 bytes", good)
    refused("cannot be read: No such file or directory", tmp_path / "absent.sig")
    refused("is no file of up to 65536 bytes", tmp_path)


def test_without_ssh_keygen_it_is_said_what_is_missing(
    people: dict[str, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("a plan\n")
    file = people["alice"].approve(plan)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"ssh-keygen cannot be run: .* install OpenSSH's client, 8\.2 or later"):
        verify(people, "a plan\n", file)


def test_a_person_with_two_keys_is_one_person(people: dict[str, Person]) -> None:
    two = {"name": "alice", "public_keys": [people["alice"].public_key, people["bob"].public_key]}
    (approver,) = read_approvers([two], operators=["acme"])
    assert approver.roles == ("core_team",)
    assert len(approver.keys) == 2
    lines = allowed_signers([approver]).splitlines()
    assert [line.split()[:2] for line in lines] == [["alice", f'namespaces="{NAMESPACE}"']] * 2


def test_approvers_that_are_not_in_order_are_refused(people: dict[str, Person]) -> None:
    alice, bob = (people[name].public_key for name in ("alice", "bob"))

    def refused(message: str, approvers: t.Any, operators: t.Sequence[str] = ("acme",)) -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            read_approvers(approvers, operators=operators)

    def one(**changes: t.Any) -> list[dict[str, t.Any]]:
        return [{"name": "alice", "public_keys": [alice], **changes}]

    refused("agent_ops_deployment_approvers is 'alice'; expected a list", "alice")
    refused("has the entry 'alice'; expected a dictionary with a name", ["alice"])
    for name in ("*", "alice,bob", "a b", "", "x\n*", '"'):
        refused(f"agent_ops_deployment_approvers names {name!r}; expected up to 64 letters", one(name=name))
    refused("has expires; expected only name, public_keys, roles", one(expires="never"))
    refused("has the role 'beta'; expected one of: core_team, acme", one(roles=["beta"]))
    refused("has the roles []; expected a list of texts", one(roles=[]))
    refused("has the public_keys []; expected a list of texts", one(public_keys=[]))
    refused("has a private key in public_keys", one(public_keys=["-----BEGIN OPENSSH PRIVATE KEY-----"]))
    secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"
    refused("has the public_keys (a private key); expected a list of texts", one(public_keys=secret))
    refused("has the entry (a private key); expected a dictionary", [secret])
    refused("agent_ops_deployment_approvers is (a private key); expected a list", {"alice": secret})
    refused("of the type 'cert-authority'; expected a line", one(public_keys=[f"cert-authority {alice}"]))
    refused("of the type 'ssh-dss'; expected a line", one(public_keys=["ssh-dss AAAA"]))
    refused("of the type ssh-ed25519 that is not base64", one(public_keys=["ssh-ed25519 ä"]))
    refused("says ssh-ed25519 and is something else", one(public_keys=["ssh-ed25519 " + bob.split()[1]]))
    refused("names alice twice", [*one(), {"name": "Alice", "public_keys": [bob]}])
    refused("gives alice and bob the same key SHA256:", [*one(), {"name": "bob", "public_keys": [alice + " other"]}])
    refused("names an operator core_team, which is what", one(), ["core_team"])
