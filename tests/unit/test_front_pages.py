"""The pages that readers come in by: README.md, docs/index.md, and both in Vietnamese."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consoles import commands
from hopthu.docs.site import LINK, navigation
from pages import sections

ROOT = Path(__file__).parents[2]
README, IN_VIETNAMESE = ROOT / "README.md", ROOT / "README.vi.md"
FRONTS = (ROOT / "docs/index.md", ROOT / "docs/index.vi.md")
PAGES = {page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md")}
SECONDS = {"`make lab`, image not built yet": 3 * 60, "`make lab`, image cached": 2 * 60}
"""What README.md promises of the first run and of later ones."""
CLICKS = 3


def levels(page: Path) -> list[int]:
    return [section.level for section in sections(page)]


def edits(page: Path) -> list[tuple[str, str]]:
    fences = [fence for section in sections(page) for fence in section.fences]
    return [(fence.title, fence.text) for fence in fences if fence.title]


def typed(page: Path) -> list[str]:
    """Return the commands of a page without comments and the option for the language."""
    found: list[str] = []
    for fence in (fence for section in sections(page) for fence in section.fences):
        if fence.language == "sh":
            found += [line.partition("  #")[0].rstrip() for line in fence.text.splitlines()]
        elif fence.language == "console":
            found += [each.line.removesuffix(" --lang vi") for each in commands(fence)]
    return found


def links(page: Path) -> list[str]:
    """Return where a page leads, without the language; it leads to the other one as well."""
    found = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    return sorted(re.sub(r"\.(?:en|vi)\.", ".", link) for link in found)


@pytest.mark.parametrize("of", [levels, edits, typed, links])
def test_the_readmes_say_the_same(of: Callable[[Path], list[object]]) -> None:
    """Headings, records, commands and links."""
    assert of(README)
    assert of(README) == of(IN_VIETNAMESE)


def records(page: Path) -> list[str]:
    """Return the records that a page shows."""
    return [f.text for each in sections(page) for f in each.fences if f.language == "yaml"]


@pytest.mark.parametrize("of", [levels, typed, records])
def test_a_lost_centre_is_rebuilt_alike_in_both_languages(
    of: Callable[[Path], list[object]],
) -> None:
    """Steps and commands; the English page is the one that a test goes through."""
    pages = (ROOT / "docs" / name for name in ("lost-centre.md", "dung-lai-trung-tam.md"))
    english, vietnamese = map(of, pages)
    assert english
    assert english == vietnamese


@pytest.mark.parametrize(
    ("applied", "there", "says"),
    [
        ("abc", "def", ["journal: %h %cd %s abc", "copies: %h %cd %s def", "abc"]),
        ("abc", "", ["journal: %h %cd %s abc"]),
        ("", "def", []),
    ],
    ids=["two", "none on the machine", "none in the journal"],
)
def test_nothing_is_installed_of_a_commit_that_nobody_names(
    applied: str, there: str, says: list[str]
) -> None:
    """Each commit stands beside who names it: one that is missing must not look like agreement."""
    lines = typed(ROOT / "docs/lost-centre.md")
    blocks = [line for line in lines if re.search(r"^git .*\$\{?(applied|there)", line)]
    # There is no branch yet.
    git = 'git() { [[ "$*" = *"--quiet $branch" ]] || echo "$@"; [[ "$*" != *"$branch" ]]; }'
    script = "\n".join(["branch=rebuilt", git, *blocks])
    known = {**os.environ, "applied": applied, "there": there}
    done = subprocess.run(
        ["bash", "-e"], input=script, env=known, capture_output=True, text=True, check=False
    )
    found = [
        re.sub(r"^.*(--format=|--create \S+ )|--end-of-options ", "", line)
        for line in done.stdout.splitlines()
    ]
    assert says == found
    assert (done.returncode == 0) is bool(applied and there)


@pytest.mark.parametrize(
    ("commit", "taken"),
    [
        ("a" * 40, "a" * 40), ("0" * 64, "0" * 64), ("--output=/tmp/x", ""), ("HEAD", ""),
        ("a" * 41, ""), (f"--output=/tmp/x {'a' * 40}", ""), (f"-x\n{'a' * 40}", "a" * 40),
    ],
)  # fmt: skip
def test_what_a_host_names_is_no_option_of_git(tmp_path: Path, commit: str, taken: str) -> None:
    """A machine that was taken over says which commit it has; git is run as root, by the key."""
    lines = typed(ROOT / "docs/lost-centre.md")
    blocks = [line for line in lines if re.match("(hash|applied|there)=", line)]
    record = {"commit": commit, "checksum": "x", "result": "applied"}
    (tmp_path / "journal.jsonl").write_text(json.dumps(record) + "\n")
    script = "\n".join(
        ["ssh() { cat ~/journal.jsonl; }", *blocks, 'printf "%s|%s" "$applied" "$there"']
    )
    done = subprocess.run(
        ["bash"], input=script, env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"{taken}|{taken}" == done.stdout


@pytest.mark.parametrize(("run", "limit"), SECONDS.items())
def test_the_first_run_takes_no_longer_than_promised(run: str, limit: int) -> None:
    """By the last measurement."""
    measured = (ROOT / "benchmarks/results.md").read_text(encoding="utf-8")
    (seconds,) = re.findall(rf"^\| {run} \| ([\d.]+) s \|", measured, re.MULTILINE)
    assert float(seconds) <= limit
    for page, promise in ((README, "less than {} minutes"), (IN_VIETNAMESE, "chưa đến {} phút")):
        assert promise.format(limit // 60) in page.read_text(encoding="utf-8")


def linked(page: str) -> Iterator[str]:
    """Yield the pages that a page leads to, as paths from the root."""
    for link in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        yield os.path.normpath(Path(page).parent / link)


def within(clicks: int, page: str) -> set[str]:
    """Return the pages that somebody reaches from `page` with so many clicks."""
    reached = {page}
    for _ in range(clicks):
        reached |= {each for known in reached for each in linked(known)}
    return reached


@pytest.mark.parametrize("front", ["docs/index.md", "docs/index.vi.md"])
def test_every_page_is_three_clicks_from_a_front_page(front: str) -> None:
    """Whatever the language."""
    assert [] == sorted(PAGES - within(CLICKS, front))


def test_every_page_is_in_the_navigation() -> None:
    """Once."""
    listed = [page for _, pages in navigation(ROOT) for page in pages]
    assert len(listed) == len(set(listed))
    assert [] == sorted(PAGES - set(listed))


def test_pages_in_vietnamese_are_listed_in_vietnamese() -> None:
    """Those whose readers need not know English."""
    english, vietnamese = (set(linked(page.relative_to(ROOT).as_posix())) for page in FRONTS)
    names = (
        *("danh-ba", "doi-mat-khau", "chung-thu", "ngay-dau-tien", "thong-bao-vang-mat"),
        "bao-cao-thu-la",
    )
    own = {f"docs/{name}.md" for name in names}
    assert own | {"docs/cookbook/vi/README.md"} <= vietnamese - english
