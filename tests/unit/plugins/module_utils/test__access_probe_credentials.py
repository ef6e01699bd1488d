# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of stored access keys, and that nothing of them is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_credentials import (
    FileReader,
    NotStored,
    parse_csv,
    parse_json,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import (
    Credential,
    to_csv,
    to_json,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Clear
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_vault import Vault

KEY_ID = "TESTZQ3TESTQ7XW2PLMV"
SECRET = "kQ7+vTz/3Wm9XbR2Lc8NyHf5Jd1Gs6Pa4Ue0BoIq"
USER = "nomad-signer-staging"
CONSOLE = "User name,Password,Access key ID,Secret access key,Console login link"


def line(user: str = USER, key_id: str = KEY_ID, secret: str = SECRET) -> str:
    return f"{CONSOLE}\r\n{user},,{key_id},{secret},https://111122223333.signin.aws.amazon.com/console\r\n"


def check(found: Credential) -> None:
    assert (found.user, found.access_key_id, found.reveal()) == (USER, KEY_ID, SECRET)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "data",
    [
        line().encode(),
        line().encode("utf-8-sig"),
        f"Access key ID,Secret access key\n{KEY_ID},{SECRET}\n".encode(),
        f"\n{CONSOLE}\n\n{USER.upper()}, ,{KEY_ID} , {SECRET},\n".encode(),
        to_csv(Credential(USER, KEY_ID, SECRET)),
    ],
    ids=["console", "with a byte order mark", "console, further key", "by hand", "iam_user_credentials"],
)
def test_files(data: bytes) -> None:
    check(parse_csv(data, USER, "x.csv"))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not a line of titles"),
        (CONSOLE.encode(), "is not a line of titles"),
        ((line() + line().splitlines()[1]).encode(), "is not a line of titles"),
        (f"{KEY_ID},{SECRET}".encode(), "is not a line of titles"),
        (f"a,b\n{KEY_ID},{SECRET}\n".encode(), "is not a line of titles"),
        (f"{CONSOLE}\n{USER},,{KEY_ID}\n".encode(), "is not a line of titles"),
        (line().encode("utf-16"), "is not a line of titles"),
        (f'{CONSOLE}\n{USER},,{KEY_ID},"{SECRET * 4000}"'.encode(), "is not a line of titles"),
        (line(user="kms-admin").encode(), "holds an access key of another user than nomad-signer-staging"),
        (line(secret="").encode(), "holds no usable access key: its secret"),
        (line(secret=SECRET[:10]).encode(), "holds no usable access key: its secret"),
        (line(key_id=SECRET).encode(), "holds no usable access key: its access key id"),
    ],
)
def test_files_of_no_use(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        parse_csv(data, USER, "x.csv")
    hidden(raised.value)


def hidden(error: BaseException | None) -> None:
    """Neither the error nor what it is chained to shows a secret."""
    assert error is not None
    assert str(error).startswith("x")
    while error is not None:
        assert SECRET[:8] not in repr(error)
        error = error.__cause__ or error.__context__


def test_secrets() -> None:
    check(parse_json(json.dumps({"access_key_id": KEY_ID, "secret_access_key": SECRET}), USER, "x"))
    check(parse_json(to_json(Credential(USER, KEY_ID, SECRET)), USER, "x"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "is not a JSON object"),
        (SECRET, "is not a JSON object"),
        (json.dumps([SECRET]), "is not a JSON object"),
        ("[" * 100_000 + SECRET, "is not a JSON object"),
        (json.dumps({"secret_access_key": SECRET}), "is not a JSON object with access_key_id"),
        (json.dumps({"access_key_id": KEY_ID, "secret_access_key": [SECRET]}), "its secret access key is not one"),
        (json.dumps({"access_key_id": SECRET * 9, "secret_access_key": SECRET}), "its access key id is not one"),
        (to_json(Credential("kms-admin", KEY_ID, SECRET)), "of another user than nomad-signer-staging"),
    ],
)
def test_secrets_of_no_use(text: str | None, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        parse_json(text, USER, "x")
    hidden(raised.value)


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., FileReader]:
    def make(text: str, *, mode: int = 0o600) -> FileReader:
        file = tmp_path / f"{USER}.csv"
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return FileReader(str(tmp_path), Clear())

    return make


def test_a_file(store: Callable[..., FileReader]) -> None:
    reader = store(line())
    check(reader.read(USER))
    assert reader.warnings == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read(store: Callable[..., FileReader], mode: int) -> None:
    reader = store(line(), mode=mode)
    check(reader.read(USER))
    (warning,) = reader.warnings
    assert f"{mode:04o}" in warning


def test_no_file(store: Callable[..., FileReader]) -> None:
    with pytest.raises(NotStored, match=r"there is no file .*/kms-admin\.csv"):
        store(line()).read("kms-admin")


@pytest.mark.parametrize("name", ["../nomad-signer-staging", "a/b", "", "a\nb"])
def test_a_name_that_is_no_users(store: Callable[..., FileReader], name: str) -> None:
    with pytest.raises(ValueError, match="is not an IAM user's name"):
        store(line()).read(name)


def test_what_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{USER}.csv").mkdir()
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        FileReader(str(tmp_path), Clear()).read(USER)


def test_an_encrypted_file(tmp_path: Path) -> None:
    """Encrypted by ansible-vault itself, and read with the right and with a wrong password."""
    for name in ("right", "wrong"):
        (tmp_path / name).write_text(f"{name}+correct-horse-battery", encoding="utf-8")
    file = tmp_path / f"{USER}.csv.vault"
    command = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt", "--output", str(file)]
    command += ["--vault-password-file", str(tmp_path / "right")]
    subprocess.run(command, input=line().encode(), check=True, capture_output=True)
    check(FileReader(str(tmp_path), Vault(str(tmp_path / "right"))).read(USER))
    with pytest.raises(ValueError, match=f"{USER}.csv.vault cannot be decrypted"):
        FileReader(str(tmp_path), Vault(str(tmp_path / "wrong"))).read(USER)
    with pytest.raises(NotStored):
        FileReader(str(tmp_path), Vault(str(tmp_path / "right"))).read("kms-admin")
