# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import (
    Credential,
    check_user_name,
    from_csv,
    to_csv,
    to_json,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_secrets import secret_name

USER = "nomad-signer-staging"
ID = "TESTQ7ZXW2VLPM3N5B6C"
SECRET = "hT9/wPvXm1Rb+q7Zk93uFd0sLcJe2GaN4YiKoB8x"


@pytest.fixture
def credential() -> Credential:
    return Credential(USER, ID, SECRET)


def test_the_file_is_of_the_consoles_form(credential: Credential) -> None:
    assert to_csv(credential).decode() == (
        f"User name,Password,Access key ID,Secret access key,Console login link\n{USER},,{ID},{SECRET},\n"
    )


def test_what_is_written_is_read(credential: Credential) -> None:
    assert from_csv(to_csv(credential), USER, "f") == ID


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffUser Name,Password,Access key ID,Secret access key\r\n{USER},,{ID},{SECRET}\r\n",
        f"Secret access key,Access key ID,User name\n{SECRET},{ID},{USER.upper()}\n\n",
        f'"User name","Access key ID","Secret access key"\n"{USER}","{ID}","{SECRET}"',
    ],
)
def test_other_spellings_of_the_console_are_read(text: str) -> None:
    assert from_csv(text.encode(), USER, "f") == ID


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SECRET.encode(),
        f"User name,Access key ID,Secret access key\n{USER},{ID}\n".encode(),
        f"User name,Access key ID,Secret access key\nother-{SECRET},{ID},{SECRET}\n".encode(),
        f"User name,Access key ID,Secret access key\n{USER},{SECRET[:12]},{SECRET}\n".encode(),
        f"User name,Access key ID,Secret access key\n{USER},{ID},a {SECRET}\n".encode(),
        f"User name,Access key ID,Secret access key\n{USER},{ID},{SECRET}\n{USER},{ID},{SECRET}\n".encode(),
        SECRET.encode() + b"\xff\xfe",
        f'a,"{SECRET}\n'.encode() * 30000,
    ],
)
def test_errors_show_nothing_of_what_was_read(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^the file .* Nothing of it is shown here") as caught:
        from_csv(data, USER, "the file")
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown.replace("SECRET", "")
    assert SECRET[:12] not in str(caught.value)


def test_only_reveal_shows_the_secret_part(credential: Credential) -> None:
    assert credential.reveal() == SECRET
    for shown in (repr(credential), str(credential), f"{credential!r}", repr([credential]), repr({"a": credential})):
        assert SECRET not in shown
        assert ID in shown
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(credential)
    assert not hasattr(credential, "__dict__")


@pytest.mark.parametrize("access_key_id", [None, "", "AKIA", "AKIA Q7ZXW2VLPM3N5B6C", f"{ID}\n", 7])
def test_what_is_no_access_key_id(access_key_id: object) -> None:
    with pytest.raises(ValueError, match="its access key id is not one"):
        Credential(USER, access_key_id, SECRET)


@pytest.mark.parametrize("secret", [None, "", "short", f"{SECRET}\n", f"a,{SECRET}", f'"{SECRET}"', 7])
def test_what_is_no_secret_part(secret: object) -> None:
    with pytest.raises(ValueError, match="its secret access key is not one") as caught:
        Credential(USER, ID, secret)
    assert SECRET not in str(caught.value)


def test_the_contents_of_a_secret(credential: Credential) -> None:
    assert to_json(credential) == (
        f'{{"user_name": "{USER}", "access_key_id": "{ID}", "secret_access_key": "{SECRET}"}}'
    )


@pytest.mark.parametrize("name", ["a", USER, "A.b_c+d=e@f,g", "x" * 64])
def test_names_that_iam_allows(name: str) -> None:
    check_user_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "é", "a\n", "x" * 65])
def test_names_that_iam_does_not_allow(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IAM user's name"):
        check_user_name(name)


def test_the_name_of_a_secret() -> None:
    assert secret_name("{environment}/credentials/{user}", "staging", USER) == f"staging/credentials/{USER}"
    assert secret_name("x-{user}", "staging", USER) == f"x-{USER}"


@pytest.mark.parametrize(
    "template", ["", "same", "{environment}", "{user}{0}", "{user}{}", "{user!r:{x}}", "{user.a}", "{user[0]}", "{user"]
)
def test_templates_that_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"Expected: a name with \{user\}"):
        secret_name(template, "staging", USER)


def test_a_name_that_secrets_manager_does_not_allow() -> None:
    with pytest.raises(ValueError, match="does not allow"):
        secret_name("{user}", "staging", "a,b")
