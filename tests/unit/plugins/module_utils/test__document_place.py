# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import (
    FolderPlace,
    S3Place,
    checked_name,
    parse_place,
)

EXPECTED = (
    "Expected: s3://bucket/prefix for a prefix of a private bucket, or the absolute path of a folder where a single"
    " host funds. Change wallet_funding_store"
)


def test_places() -> None:
    assert parse_place("s3://nomad-funds/ledgers") == S3Place("nomad-funds", "ledgers")
    assert parse_place("s3://nomad-funds/a/b.c_d-1/") == S3Place("nomad-funds", "a/b.c_d-1")
    assert str(parse_place("s3://nomad-funds/a/b/")) == "s3://nomad-funds/a/b"
    assert parse_place("/var/lib/keymaster//ledgers/") == FolderPlace("/var/lib/keymaster/ledgers")
    assert str(parse_place("/srv/funds")) == "/srv/funds"
    # By their names, these are not public.
    for bucket in ("non-public-funds", "not-public", "republic", "waterproofs"):
        assert parse_place(f"s3://{bucket}/x") == S3Place(bucket, "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The store of the funding is ''."),
        (None, "The store of the funding is None."),
        (5, "The store of the funding is 5."),
        (" s3://funds/x", "The store ' s3://funds/x' has a space or a control character."),
        ("/srv/fun ds", "The store '/srv/fun ds' has a space or a control character."),
        ("/srv/x\n", r"The store '/srv/x\n' has a space or a control character."),
        ("https://funds.s3.amazonaws.com/x", "The store begins with https://."),
        ("S3://funds/x", "The store begins with S3://."),
        ("funds/x", "The store 'funds/x' is no absolute path."),
        ("~/funds", "The store '~/funds' is no absolute path."),
        ("arn:aws:s3:::funds", "The store 'arn:aws:s3:::funds' is no absolute path."),
        ("/", "The store '/' is the root of the file system, or goes through . or .. ."),
        ("/srv/../etc", "The store '/srv/../etc' is the root of the file system, or goes through . or .. ."),
        ("s3://funds", "The store 's3://funds' has no prefix."),
        ("s3://funds/", "The store 's3://funds/' has no prefix."),
        (
            "s3:///x",
            "The store 's3:///x' has the bucket '', which Amazon S3 does not allow: expected 3 to 63 small letters,"
            " digits, dots and dashes, beginning and ending with a letter or digit.",
        ),
        (
            "s3://192.168.0.1/x",
            "The store 's3://192.168.0.1/x' has the bucket '192.168.0.1', which Amazon S3 does not allow: it has the"
            " form of an IP address.",
        ),
    ],
)
def test_what_is_no_place(text: Any, said: str) -> None:
    with pytest.raises(ValueError, match="store") as caught:
        parse_place(text)
    assert str(caught.value) == f"{said} {EXPECTED}"


@pytest.mark.parametrize("prefix", ["a//b", "/a", "../a", "a/./b", "ä", "a?b", "x" * 513])
def test_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix") as caught:
        parse_place(f"s3://funds/{prefix}")
    assert str(caught.value) == (
        f"The store {f's3://funds/{prefix}'!r} has the prefix {prefix!r}. Expected: up to 512 letters, digits, dots,"
        " dashes and underscores, with single slashes between. Change wallet_funding_store"
    )


@pytest.mark.parametrize("bucket", ["nomad-staging-proofs-123456789012", "nomad-public", "public.files"])
def test_what_is_public_by_its_name(bucket: str) -> None:
    with pytest.raises(ValueError, match="public") as caught:
        parse_place(f"s3://{bucket}/x")
    assert str(caught.value) == (
        f"The store 's3://{bucket}/x' is in the bucket {bucket}, which is a public one by its name. Expected: a private"
        " bucket, and not that of the proofs, which everybody may read. Change wallet_funding_store"
    )


def test_names_of_documents() -> None:
    assert checked_name("staging/kovan-0xAbc.json") == "staging/kovan-0xAbc.json"
    for name in ("x.json", "../x.json", "a/../b.json", "a//b", "/a/b", "a/.b", "a/b\n", "a/b/c/d/e", "a/" + "b" * 201):
        with pytest.raises(ValueError, match=r"is no name of a document\. Expected: environment/network-bank\.json"):
            checked_name(name)
