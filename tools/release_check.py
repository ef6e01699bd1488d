# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release has to pass: the tests of Galaxy and of certification, on the very file that is published.

What cannot be done without the network, or without programs that no package index has, is said each time, with its
reason: it is a person's work, before or after the file is published.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tools import release, sanity, stages

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / ".cache" / "release" / "artifact"

# What the importer takes settings from, so that a user's own do not matter. Its ansible-test runs in containers: the
# same tests are run here without any.
SETTINGS = """\
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
REQUIRE_V1_OR_GREATER = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
OFFLINE_ANSIBLE_LINT = True
"""

NOT_DONE = (
    ("ansible-galaxy collection publish", "needs the network, and the namespace owner's token"),
    ("ansible-galaxy collection install without --no-deps", "gets amazon.aws and community.aws from Galaxy"),
    ("the importer's ansible-test", "runs in containers; the same sanity tests were run without them"),
    ("ansible-test --docker, an execution environment's build", "need a container engine, and images from a registry"),
    ("the namespace, and whether the version is new", "only Galaxy and Automation Hub know them"),
    ("links of the documentation to other sites", "need the network"),
    ("pslint", "needs PowerShell, which no package index has; there is no PowerShell here to test"),
)

# What the importer notes of things that are as they are to be.
_FINDING = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b:?\s*(.*)")


# All stages of one check look at one file.
ARTIFACT = "RELEASE_ARTIFACT"


def built() -> Path:
    given = os.environ.get(ARTIFACT)
    return Path(given) if given else release.build(ARTIFACTS)


def findings(output: str) -> list[str]:
    """What the importer warns of: it ends with success whatever it has found, unless it could not read the file."""
    return [line for line in output.splitlines() if _FINDING.search(line)]


def run_importer() -> int:
    artifact = built()
    settings = release.WORK / "galaxy-importer.cfg"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(artifact)],
        cwd=release.WORK,
        env={**release.tools_environment(), "GALAXY_IMPORTER_CONFIG": str(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, end="")
    found = findings(done.stdout)
    for line in found:
        print(f"Found by the importer, which counts as a failure here: {line}", file=sys.stderr)
    return done.returncode or (1 if found else 0)


def not_done() -> list[str]:
    width = max(len(what) for what, _why in NOT_DONE)
    return ["Not done here:", *(f"  {what:<{width}}  {why}" for what, why in NOT_DONE)]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--importer"]:
        return run_importer()
    if arguments[:1] == ["--sanity"]:
        return sanity.main(["--artifact", str(built()), *arguments[1:]])
    artifact = release.build(ARTIFACTS)
    print(f"The file to be published: {artifact}", flush=True)
    os.environ[ARTIFACT] = str(artifact)
    code = stages.main(
        [arguments[0], "artifact-importer", "artifact-sanity", "sanity", "lint", "lint-scenarios", "molecule", "docs"]
    )
    print("\n".join(not_done()))
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (release.ReleaseError, sanity.SanityError, subprocess.CalledProcessError) as problem:
        print(f"The release could not be checked: {problem}", file=sys.stderr)
        sys.exit(1)
