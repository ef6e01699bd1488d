# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment is made of: program, input files, git commit. Private to the collection.

An edge to the file system and to git. Errors are :class:`ValueError`.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import mmap
import os
import re
import shutil
import stat
import subprocess
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils import _call_batch

_MOST_FILES = 10_000
# A call batch is a few hundred kilobytes at most; what is larger is hashed, and is a batch if it begins like one.
_LARGEST_BATCH = 32 * 1024 * 1024
_NAMED = 5
# What stands between the words of an option, of a list, or of a command for a shell.
_WORDS = re.compile(r"[\s=,:;|&<>(){}'\"@]+")
_SHORT_OPTION = re.compile(r"-[A-Za-z](?=.)")
_JSON = re.compile(rb"[\xef\xbb\xbf\xff\xfe\0\s]*[\[{]")


class Found(t.NamedTuple):
    """A file: what its plan says of it, and what it does."""

    path: str
    sha256: str
    verdict: _call_batch.Verdict

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "sha256": self.sha256}


def find_program(directory: Path, name: str) -> Path:
    """Return the file that a command runs, as a shell in the directory would find it."""
    if "/" in name:
        path = directory / name
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise ValueError(f"deployment_command names the program {name}, and {path} is no file that can be run")
        return path
    found = shutil.which(name)
    if not found:
        raise ValueError(f"deployment_command names the program {name}, which is not on PATH")
    return Path(os.path.abspath(found))


def digest(path: Path) -> str:
    with _Reading(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def find_inputs(
    directory: Path, patterns: t.Sequence[str], batches: t.Sequence[str], command: t.Sequence[str]
) -> list[Found]:
    """Return every input: what is named, what patterns match, and files that the command's arguments name.

    :param batches: files that are call batches. The others are looked into as well.
    """
    declared = {path for pattern in batches for path in _matches(directory, pattern, "deployment_call_batches")}
    paths = declared | {path for pattern in patterns for path in _matches(directory, pattern, "deployment_inputs")}
    # A program of the checkout's own may hold what it calls; one from elsewhere does what its arguments say.
    own = [] if os.path.isabs(command[0]) or "/" not in command[0] else [command[0]]
    paths |= {path for argument in [*own, *command[1:]] for path in _named_by(directory, argument)}
    if len(paths) > _MOST_FILES:
        raise ValueError(
            f"The inputs of the deployment are {len(paths)} files; expected up to {_MOST_FILES}. Name fewer in"
            " deployment_inputs, and no large folder in deployment_command"
        )
    return [_look(directory, path, declared=path in declared) for path in sorted(paths)]


def _matches(directory: Path, pattern: str, variable: str) -> list[Path]:
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(f"{variable} names {pattern!r}; expected a file, or a pattern such as config/**/*.json")
    exact = directory / pattern
    if exact.is_file():
        return [exact]
    names = glob.glob(pattern, root_dir=directory, recursive=True, include_hidden=True)
    found = [directory / name for name in names if (directory / name).is_file()]
    if not found:
        raise ValueError(
            f"{variable} names {pattern}, and there is no such file in {directory}. Expected: a file, or a pattern such"
            " as config/**/*.json that matches files"
        )
    return found


def _named_by(directory: Path, argument: str) -> t.Iterator[Path]:
    """Yield the files that an argument names, as a whole or as a word in it, and those of a folder that it names.

    Of a folder below the one that the command runs in count the files that git does not ignore, and those of folders
    that it has links to.
    """
    words = [argument, *_WORDS.split(argument)]
    words += [word[option.end() :] for word in words if (option := _SHORT_OPTION.match(word))]
    for text in words:
        if not text:
            continue
        # What no file can be called, or may be looked at, is none.
        try:
            path = directory / text
            if path.is_file():
                yield path
            elif path.is_dir() and directory in Path(os.path.normpath(path)).parents:
                names = _git(
                    directory,
                    "ls-files",
                    "-z",
                    "--cached",
                    "--others",
                    "--exclude-standard",
                    "--",
                    os.path.relpath(path, directory),
                )
                for file in (directory / name for name in names.split("\0") if name):
                    if file.is_file():
                        yield file
                    elif file.is_symlink():
                        yield from _below(file)
        except (OSError, ValueError):
            continue


def _below(folder: Path) -> t.Iterator[Path]:
    """Yield the files of a folder that may be anywhere: git knows the link to it, and not what is in it."""
    files = (Path(place, name) for place, _folders, names in os.walk(folder) for name in names)
    # One more than there may be is enough to refuse them.
    yield from itertools.islice((path for path in files if path.is_file()), _MOST_FILES + 1)


def _look(directory: Path, path: Path, *, declared: bool) -> Found:
    with _Reading(path), path.open("rb") as stream:
        small = os.fstat(stream.fileno()).st_size <= _LARGEST_BATCH
        data = stream.read() if small else b""
        sha256 = hashlib.sha256(data).hexdigest() if small else hashlib.file_digest(stream, "sha256").hexdigest()
        batch = declared or (not small and _begins_like_json(stream))
    if small:
        verdict = _call_batch.examine(data, declared=declared)
    else:
        kind = _call_batch.OPAQUE if batch else _call_batch.NO_BATCH
        verdict = _call_batch.Verdict(kind, reason=f"is larger than {_LARGEST_BATCH} bytes")
    inside = path.is_relative_to(directory)
    return Found(_text(path.relative_to(directory) if inside else path), sha256, verdict)


def _begins_like_json(stream: t.BinaryIO) -> bool:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return bool(_JSON.match(data))


class _Reading:
    """Turns what the file system says into an error that can be shown."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, exc: BaseException | None, _trace: object) -> None:
        if isinstance(exc, OSError):
            raise ValueError(f"The input {self._path} cannot be read: {exc.strerror or exc}") from None


def find_commit(directory: Path, artifacts: Path) -> str:
    """Return the commit that a directory is at.

    :param artifacts: a folder whose files do not count: plans and reports are written there.
    :raises ValueError: if there is none, or the work tree has something that is not in it.
    """
    top = Path(_git(directory, "rev-parse", "--show-toplevel").strip())
    commit = _git(directory, "rev-parse", "--verify", "HEAD^{commit}").strip()
    status = ["status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=none"]
    known = _git(directory, *status, "--untracked-files=no", "--", ":(top)")
    # Only what git does not know is left out below the artifacts: a program of the checkout's cannot be called one.
    there = [":(top)"]
    real, root = Path(os.path.realpath(artifacts)), Path(os.path.realpath(top))
    if real != root and real.is_relative_to(root):
        there.append(f":(top,exclude,literal){real.relative_to(root)}")
    new = _git(directory, *status, "--untracked-files=normal", "--", *there)
    names = {entry[3:] for text in (known, new) for entry in text.split("\0") if len(entry) > 3}
    overlooked = _overlooked(top)
    changed = sorted(names | (_different(top) - set(overlooked)))
    changed += [f"{name} (git overlooks it)" for name, hides in overlooked.items() if hides]
    if changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        some = _text(", ".join(changed[:_NAMED]))
        raise ValueError(
            f"The work tree {top} has changes that are not committed: {some}{more}. What is approved"
            " is a commit. Commit them, or put them away"
        )
    return commit


def _different(top: Path) -> set[str]:
    """Return files whose content is not the commit's. None is taken for unchanged by its size and times."""
    with tempfile.TemporaryDirectory(prefix="agent_ops_") as folder:
        index = f"{folder}/index"
        _git(top, "read-tree", "HEAD", index=index)
        status = _git(top, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", index=index)
    return {entry[3:] for entry in status.split("\0") if len(entry) > 3}


def _overlooked(top: Path) -> dict[str, bool]:
    """Return files that git was told to take for unchanged, and whether that hides anything."""
    entries = [entry.partition(" ") for entry in _git(top, "ls-files", "-v", "-z").split("\0")]
    # Lower case: assume-unchanged. S: skip-worktree, which a sparse checkout sets for files that are not there.
    return {
        name: tag != "S" or os.path.lexists(top / name) for tag, _space, name in entries if tag.islower() or tag == "S"
    }


def _git(directory: Path, *arguments: str, index: str = "") -> str:
    # Whose repository it is does not matter for a question, and its monitor is not to run. No other content is
    # taken for that of a commit.
    options = ["--no-replace-objects", "-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *options, *arguments],
            env=environment | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"} | ({"GIT_INDEX_FILE": index} if index else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as exc:
        raise ValueError(f"git cannot be run: {exc.strerror}. A plan names the commit that is deployed") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ValueError(
            f"deployment_directory is {directory}, and git knows no commit there: {said}. Expected: a folder of the"
            " checkout that is deployed from"
        )
    return os.fsdecode(done.stdout)


def _text(name: Path | str) -> str:
    """Return a name as text that can be shown and signed, whatever bytes it is of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read_regular_file(path: Path, most: int) -> bytes:
    """Return a file's content. :raises ValueError: if it is no file, or too large."""
    try:
        # Whatever is no file is not waited for.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
                raise ValueError(f"{path} is no file of up to {most} bytes")
            data = b""
            while len(data) <= most and (part := os.read(handle, 1 << 20)):
                data += part
            return data
        finally:
            os.close(handle)
    except OSError as exc:
        raise ValueError(f"{path} cannot be read: {exc.strerror or exc}") from None
