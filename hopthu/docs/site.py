"""The site that `make docs` builds: its pages, and the configuration of Zensical.

Pages lie in the same folders as in the repository, so that a link leads to the same page in both.
The navigation is that of the front pages, docs/index.md and docs/index.vi.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from hopthu.tool.resources import resource

_SHOWN = (
    "*.md",
    "LICENSE",
    "docs/**/*.*",
    "benchmarks/*.md",
    "tests/edits/*.md",
    "tests/rules/*.md",
)
_HOME = ("README.md", "README.vi.md", "docs/index.md", "docs/index.vi.md")
_FENCE = re.compile(r'^(```\w+)( title="[^"]+")?.*$', re.MULTILINE)
"""The opening of a block: words behind the title are for the tests that run it."""
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
LINK = re.compile(r"\]\(([\w./-]+\.md)\)")
_CONFIGURATION = """\
[project]
site_name = "hopthu"
docs_dir = "pages"
site_dir = "site"
use_directory_urls = false
nav = [{nav}]

[project.theme]
font = false

[project.extra]
generator = false
"""


def lay_out(root: Path, folder: Path) -> None:
    """Write the pages of the checkout `root` and the configuration into `folder`."""
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    for path in (path for pattern in _SHOWN for path in root.glob(pattern)):
        target = pages / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            target.write_text(_FENCE.sub(r"\1\2", text), encoding="utf-8")
        else:
            shutil.copy(path, target)
    nav = ", ".join(f"{{{json.dumps(k)} = {json.dumps(v)}}}" for k, v in navigation(root))
    (folder / "zensical.toml").write_text(_CONFIGURATION.format(nav=nav), encoding="utf-8")


def navigation(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each group of pages with its title; a page belongs to the first group that links it."""
    yield "hopthu", list(_HOME)
    listed = set(_HOME)
    for front in _HOME[2:]:
        for title, text in _SECTION.findall((root / front).read_text(encoding="utf-8")):
            found = [page for page in _linked(root, front, text) if page not in listed]
            listed.update(found)
            if found:
                yield title, found


def _linked(root: Path, page: str, text: str) -> Iterator[str]:
    """Yield the pages that `text` links; a README brings the other pages of its folder."""
    for link in LINK.findall(text):
        path = os.path.normpath(Path(page).parent / link)
        yield path
        if Path(path).name == "README.md":
            yield from sorted(
                each.relative_to(root).as_posix()
                for each in (root / path).parent.glob("*.md")
                if each != root / path
            )


if __name__ == "__main__":
    lay_out(resource(""), Path(sys.argv[1]))
