# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation as a site, .cache/docs/html: the pages of docs/, and all plugins and roles by antsibull-docs.

Any warning is an error. The pages lie in the site as they do in the checkout, so that their links are the same in both;
links to files that are not pages lead to the repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "docs"
SOURCE = WORK / "source"
SITE = ROOT / "tools" / "site"
BIN = Path(sys.executable).parent

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")

INDEX = """\
# interchain.agent_ops

{summary}

```{{toctree}}
:caption: Start
:maxdepth: 1

Overview <docs/README>
docs/getting_started
docs/coming_from_the_script
docs/hyperlane
docs/documentation_map
What is in it <README>
```

```{{toctree}}
:caption: On duty
:maxdepth: 1

docs/runbooks/README
{runbooks}
```

```{{toctree}}
:caption: How it works
:maxdepth: 1

{pages}
```

```{{toctree}}
:caption: Reference
:maxdepth: 1

Plugins and roles <collections/index>
{roles}
```
"""
START = frozenset({"README", "getting_started", "coming_from_the_script", "hyperlane", "documentation_map"})


class DocsError(Exception):
    """The site cannot be built; the text says why."""


def pages() -> list[Path]:
    """The pages of the site, relative to the checkout."""
    found = [Path("README.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").glob("*/README.md")]
    return sorted(path.relative_to(ROOT) if path.is_absolute() else path for path in found)


def for_site(text: str, page: Path, known: set[Path], repository: str) -> str:
    """A page whose links to files that are no pages lead to the repository."""

    def replace(found: re.Match[str]) -> str:
        label, target = found.groups()
        place = target.split("#")[0]
        if not place or re.match(r"[a-z]+:", place):
            return found.group(0)
        file = Path(os.path.normpath(page.parent / place))
        if file in known:
            return found.group(0)
        if not (ROOT / file).exists():
            raise DocsError(f"{page} has a link to {target}, which is not there")
        return f"[{label}]({repository}/blob/main/{file})"

    return _LINK.sub(replace, text)


def as_linked(names: list[Path], index: Path) -> list[Path]:
    """Pages in the order in which another one links to them: it is what its author wants to be read first."""
    text = (ROOT / index).read_text(encoding="utf-8")
    linked = [Path(os.path.normpath(index.parent / link.group(2).split("#")[0])) for link in _LINK.finditer(text)]
    places = {page.with_suffix(""): place for place, page in reversed(list(enumerate(linked)))}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def write_pages() -> None:
    described = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    found = pages()
    for page in found:
        target = SOURCE / page
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / page).read_text(encoding="utf-8")
        target.write_text(for_site(text, page, set(found), described["repository"]), encoding="utf-8")
    names = [page.with_suffix("") for page in found]
    runbooks = [name for name in names if name.parent == Path("docs/runbooks") and name.name != "README"]
    explained = [name for name in names if name.parent == Path("docs") and name.name not in START]
    roles = [f"Role {name.parent.name} <{name}>" for name in names if name.parts[0] == "roles"]
    index = INDEX.format(
        summary=described["description"],
        runbooks="\n".join(map(str, as_linked(runbooks, Path("docs/runbooks/README.md")))),
        pages="\n".join(map(str, as_linked(explained, Path("docs/README.md")))),
        roles="\n".join(roles),
    )
    (SOURCE / "index.md").write_text(index, encoding="utf-8")
    shutil.copy2(SITE / "conf.py", SOURCE / "conf.py")
    (SOURCE / "static").mkdir()
    shutil.copy2(SITE / "site.css", SOURCE / "static" / "site.css")


def run(*command: str | Path) -> None:
    home = WORK / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(BIN), os.defpath)),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
    }
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DocsError(f"{done.stdout}\n{command[0]} ended with code {done.returncode}")


def build() -> Path:
    shutil.rmtree(SOURCE, ignore_errors=True)
    (SOURCE / "collections").mkdir(parents=True)
    write_pages()
    options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", SOURCE / "collections")
    run(BIN / "antsibull-docs", "collection", *options, "interchain.agent_ops")
    html = WORK / "html"
    run(BIN / "sphinx-build", "-W", "--keep-going", "-q", "-E", "-b", "html", SOURCE, html)
    return html


def main() -> int:
    html = build()
    print(f"{html / 'index.html'}: {sum(1 for _page in html.rglob('*.html'))} pages, without warnings")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DocsError as problem:
        print(f"The site could not be built: {problem}", file=sys.stderr)
        sys.exit(1)
