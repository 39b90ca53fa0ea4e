"""The cookbook in Vietnamese shows the edits of the English one, whose pages are run."""

import re
from pathlib import Path

import pytest

from pages import Fence, sections

ENGLISH = Path(__file__).parents[2] / "docs/cookbook"
PAGES = sorted(page for page in ENGLISH.glob("vi/*.md") if page.name != "README.md")


def edits(page: Path) -> list[tuple[str, str, str]]:
    """Return what a page says to write and to type."""
    fences: list[Fence] = [fence for section in sections(page) for fence in section.fences]
    return [(f.language, f.title, f.text) for f in fences if f.language != "console"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_edits_are_the_same(page: Path) -> None:
    """Block by block, the commands too."""
    assert edits(ENGLISH / page.name) == edits(page)


def test_the_index_names_every_page_by_its_title() -> None:
    """And no other."""
    index = (ENGLISH / "vi/README.md").read_text(encoding="utf-8")
    titles = {page.name: sections(page)[1].title for page in PAGES}
    named = re.findall(r"^- \[(.+)\]\(([a-z-]+\.md)\)$", index, re.MULTILINE)
    assert titles == {page: title for title, page in named}


@pytest.mark.parametrize("page", [*PAGES, ENGLISH / "vi/README.md"], ids=lambda page: page.stem)
def test_its_links_lead_somewhere(page: Path) -> None:
    """To pages of either language, and to the edits that are run."""
    links = re.findall(r"\]\(([^)#]+\.md)\)", page.read_text(encoding="utf-8"))
    assert [] == [link for link in links if not (page.parent / link).is_file()]
