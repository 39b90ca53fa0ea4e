"""What README.md and docs/ say to write and to type goes as they say, in a clone of its own."""

import re
from pathlib import Path

import pytest

import consoles
from consoles import blocks, commands, matches
from pages import sections
from pipelines import clone

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SAME = ROOT / "docs/cookbook/vi"
"""Shows what English pages show: test_cookbook_in_vietnamese.py."""
FOUND = (page for page in sorted(ROOT.glob("docs/**/*.md")) if page.parent != SAME)
PAGES = [page for page in (ROOT / "README.md", ROOT / "README.vi.md", *FOUND) if blocks(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_goes_as_it_says(page: Path, tmp_path: Path, accept: bool) -> None:
    """Each command ends as it should, and prints what stands below it."""
    wrong = consoles.run(page, clone(tmp_path / "hopthu"), accept=accept)
    assert not wrong, "\n".join(wrong)


def test_the_pages_of_the_first_day_are_run() -> None:
    """Those somebody follows step by step."""
    names = {page.name for page in PAGES}
    assert names >= {"README.md", "first-day.md", "quickstart.md", "plan.md", "pipelines.md"}


def test_what_is_not_run_looks_so() -> None:
    """A block with a prompt is a `console`, which is run, or it would promise what nobody tries."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    fences = [f for page in pages for section in sections(page) for f in section.fences]
    prompted = [f for f in fences if f.text.startswith("$ ") and f.language != "console"]
    assert [] == [f"{fence.page}:{fence.line}" for fence in prompted]


def test_every_page_of_the_cookbook_is_listed() -> None:
    """And each shows a plan, or says what to type."""
    folder = ROOT / "docs/cookbook"
    linked = re.findall(r"\]\(([a-z-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    pages = {page.name for page in PAGES if page.parent == folder}
    assert pages | {"README.md"} == {page.name for page in folder.glob("*.md")}
    assert sorted(pages) == sorted(linked)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\n", "a\nb\nc\n", True),
        ("a\n…\n", "a\n", True),
        ("a …: 2\n", "a b c: 2\n", True),
        ("a …: 2\n", "a\nb: 2\n", False),
        ("(a|b)\n", "a\n", False),
    ],
)
def test_an_ellipsis_is_anything(expected: str, printed: str, same: bool) -> None:
    """Within a line a part of it, alone any number of lines; all else is meant as it stands."""
    assert same is matches(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed", "now"),
    [
        ("a\nat …: 2\n", "b\nat 5 o'clock: 2\n", "b\nat …: 2\n"),
        ("at …: 2\n", "at 5: 3\n", "at 5: 3\n"),
        ("a\nAgainst …; 2.\n…\n", "b\nAgainst 1f; 2.\nc\n", "b\nAgainst …; 2.\n…\n"),
        ("a\n…\n", "b\nc\nd\n", "b\n…\n"),
        ("a\nb\n…\n", "c\n", "c\n"),
        ("", "a\n", "a\n"),
    ],
)
def test_what_is_accepted_keeps_its_ellipses(expected: str, printed: str, now: str) -> None:
    """Else a day or a checksum would be accepted, and be wrong tomorrow."""
    assert now == consoles.accepted(expected, printed)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder to type in."""
    folder = tmp_path / "hopthu"
    (folder / "data").mkdir(parents=True)
    return folder


def page_of(root: Path, text: str) -> Path:
    page = root.parent / "page.md"
    page.write_text(f"# A page\n\nProse.\n\n{text}\nMore prose.\n", encoding="utf-8")
    return page


def test_a_difference_is_told_and_can_be_accepted(root: Path) -> None:
    """With page and line; what goes as it says keeps its ellipses."""
    page = page_of(root, "```console\n$ printf 'a\\nb\\n'\na\n…\n$ echo new\nold\n```\n")
    (told,) = consoles.run(page, root)
    assert told.startswith("page.md:5: expected\n")
    assert [] == consoles.run(page, root, accept=True)
    (fence,) = blocks(page)
    assert ["a\n…\n", "new\n"] == [command.output for command in commands(fence)]
    assert page.read_text(encoding="utf-8").endswith("```\n\nMore prose.\n")
    assert [] == consoles.run(page, root)


def test_a_date_of_today_is_never_accepted(root: Path) -> None:
    """The page would be wrong tomorrow."""
    page = page_of(
        root, "```console\n$ TZ=Asia/Ho_Chi_Minh date '+on %F: 1, %d/%m/%Y.'\nold\n```\n"
    )
    assert [] == consoles.run(page, root, accept=True)
    (fence,) = blocks(page)
    assert ["on …: 1, ….\n"] == [command.output for command in commands(fence)]


def test_the_checkout_has_a_place_of_its_own(root: Path) -> None:
    """The temporary folder of today is nobody's."""
    assert [] == consoles.run(page_of(root, "```console\n$ pwd\n/srv/hopthu\n```\n"), root)


def test_a_block_says_in_which_folder(root: Path) -> None:
    """What is written there, and what is typed."""
    (root.parent / "mail").mkdir()
    text = (
        '```csv title="list.csv" in=../mail\na;b\n```\n\n'
        "```console in=../mail\n$ cat list.csv\na;b\n$ pwd\n/srv/mail\n```\n"
    )
    assert [] == consoles.run(page_of(root, text), root)


@pytest.mark.parametrize("accept", [False, True])
def test_a_command_that_fails_is_told_and_never_accepted(root: Path, accept: bool) -> None:
    """Unless the block says which exit code the last one has."""
    page = page_of(root, "```console\n$ exit 3\n```\n")
    (told,) = consoles.run(page, root, accept=accept)
    assert "page.md:5: exit codes [3], not [0]" in told
    assert [] == consoles.run(page_of(root, "```console exit=3\n$ exit 3\n```\n"), root)


def test_a_diff_is_made_where_it_fits(root: Path) -> None:
    """In every place of the block; a line it does not find, or finds twice, is an error."""
    (root / "data/a.yaml").write_text("- id: a\n  n: 1\n- id: b\n  n: 1\n", encoding="utf-8")
    text = (
        """```diff title="data/a.yaml"\n - id: a\n-  n: 1\n+  n: 2\n…\n - id: b\n+  m: 3\n```\n"""
    )
    assert [] == consoles.run(page_of(root, text), root)
    assert "- id: a\n  n: 2\n- id: b\n  m: 3\n  n: 1\n" == (root / "data/a.yaml").read_text()
    for lost in ("- id: c", "- id"):
        with pytest.raises(AssertionError, match=r"not in data/a\.yaml once"):
            consoles.run(page_of(root, f'```diff title="data/a.yaml"\n {lost}\n+x\n```\n'), root)


def test_a_block_with_a_title_is_written(root: Path) -> None:
    """Before the commands below it."""
    text = (
        '```yaml title="data/a.yaml"\n- id: a\n```\n\n```console\n$ cat data/a.yaml\n- id: a\n```\n'
    )
    assert [] == consoles.run(page_of(root, text), root)
