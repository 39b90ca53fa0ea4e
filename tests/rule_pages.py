"""The cases of `tests/rules/<rule>.md`, one page a rule.

A heading of the second level is a case: blocks with a title are laid over `tests/rules/base`
(overlay.py), and a `text` block without one is what `check` says. Where a rule compares two
revisions, `### Before` is the earlier one, and `### Now` is laid over that. A title that begins
with `Near miss:` looks much like a breach of the rule and is none: no problem may be found, but
for warnings of other rules, which its `text` block has then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, reduce
from pathlib import Path

import overlay
from overlay import Files
from pages import Fence, append, put, sections

RULES = Path(__file__).parent / "rules"
BASE = RULES / "base"
NEAR_MISS = "Near miss: "


@dataclass(repr=False, eq=False)
class Case:
    """A case of a rule, as its page has it."""

    page: Path
    rule: str
    title: str
    line: int
    blocks: dict[str, list[Fence]] = field(default_factory=lambda: {"": []})
    expected: Fence | None = None

    def __str__(self) -> str:
        """Name it as the ids of tests do."""
        return f"{self.rule}/{slug(self.title.removeprefix(NEAR_MISS))}"

    __repr__ = __str__

    @property
    def near_miss(self) -> bool:
        """Tell whether no error may be found, and nothing by the rule of the page."""
        return self.title.startswith(NEAR_MISS)

    @property
    def compares(self) -> bool:
        """Tell whether there is an earlier revision."""
        return "Before" in self.blocks

    def steps(self) -> Iterator[tuple[Files, list[Fence]]]:
        """Yield what blocks are laid over, and the blocks."""
        if self.compares:
            yield base(), self.blocks["Before"]
        yield self.before(), self.blocks["Now" if self.compares else ""]

    def before(self) -> Files:
        """Return the files of the earlier revision."""
        return _laid(base(), self.blocks.get("Before", []))

    def files(self) -> Files:
        """Return the files that are checked."""
        return _laid(self.before(), self.blocks["Now" if self.compares else ""])

    def text(self) -> str:
        """Return what `check` says."""
        if self.near_miss and not self.expected:
            return "No problem found.\n"
        assert self.expected, f"{self.page}:{self.line}: no expected text; --accept writes it"
        return self.expected.text

    def lay(self, root: Path) -> Path:
        """Write the files that are checked below `root`, and return it."""
        return overlay.write(self.files(), root)


def slug(title: str) -> str:
    """Return a title as ids write it: `Its own alias` is `its-own-alias`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


@cache
def base() -> Files:
    """Return the files that every case is laid over."""
    return overlay.read(BASE)


@cache
def cases(page: Path) -> tuple[Case, ...]:
    """Return the cases of a page."""
    found: list[Case] = []
    for section in sections(page):
        if section.level < 2:
            assert not section.fences, f"{page}:{section.line}: a block outside of a case"
            continue
        part = section.title if section.level == 3 else ""
        if section.level == 2:
            found.append(Case(page, page.stem, section.title, section.line))
        else:
            assert part in {"Before", "Now"}, f"{page}:{section.line}: neither Before nor Now"
            found[-1].blocks[part] = []
        for fence in section.fences:
            if fence.title:
                found[-1].blocks[part].append(fence)
            else:
                assert "text" == fence.language, f"{page}:{fence.line}: a block without title"
                assert not found[-1].expected, f"{page}:{fence.line}: expected twice"
                found[-1].expected = fence
    return tuple(found)


def every_case() -> list[Case]:
    """Return the cases of all pages."""
    return [case for page in sorted(RULES.glob("*.md")) for case in cases(page)]


def the_case(name: str) -> Case:
    """Return the case called `<rule>/<slug>`."""
    (case,) = (c for c in cases(RULES / f"{name.partition('/')[0]}.md") if str(c) == name)
    return case


def accept(case: Case, said: str) -> None:
    """Write on its page what is said of a case; the page may have changed since it was read."""
    assert not case.near_miss, "a near miss has no problem"
    (now,) = (c for c in cases.__wrapped__(case.page) if c.title == case.title)
    if now.expected:
        put(case.page, now.expected, said)
    else:
        last = max((f.end for fences in now.blocks.values() for f in fences), default=now.line)
        append(case.page, last, f"```text\n{said}```\n")
    cases.cache_clear()


def _laid(files: Files, fences: list[Fence]) -> Files:
    return reduce(overlay.laid, fences, files)
