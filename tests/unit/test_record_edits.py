"""Edits of the text of a record: at the right place, and of nothing else."""

from datetime import date
from pathlib import Path

import pytest

from hopthu.editing.draft import Draft
from hopthu.editing.file_edit import FileEdit, replaced, split
from hopthu.editing.record_text import last_line, with_field, with_row, with_value
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.load import load
from hopthu.rules.context import RuleContext
from hopthu.source.document import read
from hopthu.validate import policy_of

POST: dict[str, Plain] = {"unit": "so-y-te", "title": "Ế"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "- id: a-b\n  posts:\n    - {unit: a}\n",
            "- id: a-b\n  posts:\n    - {unit: a}\n    - {unit: so-y-te, title: Ế}\n",
        ),
        (
            "- id: a-b\n  posts:\n  - {unit: a}  # why\n  name: A\n",
            "- id: a-b\n  posts:\n  - {unit: a}  # why\n  - {unit: so-y-te, title: Ế}\n  name: A\n",
        ),
        (
            "- id: a-b\n  posts:\n    - unit: a\n      title: B  # ế\n      # of it\n    # next\n",
            (
                "- id: a-b\n  posts:\n    - unit: a\n      title: B  # ế\n      # of it\n"
                "    - {unit: so-y-te, title: Ế}\n    # next\n"
            ),
        ),
        (
            "- id: a-b\n  posts: [{unit: a}]  # one\n",
            "- id: a-b\n  posts: [{unit: a}, {unit: so-y-te, title: Ế}]  # one\n",
        ),
        ("- {id: a-b, posts: []}\n", "- {id: a-b, posts: [{unit: so-y-te, title: Ế}]}\n"),
        ("- {id: a-b}\n", "- {id: a-b, posts: [{unit: so-y-te, title: Ế}]}\n"),
        (
            "- id: a-b\n  # on\n  left: {how: died}\n",
            "- id: a-b\n  posts:\n    - {unit: so-y-te, title: Ế}\n  # on\n  left: {how: died}\n",
        ),
        (
            "- id: a-b\n  posts:\n    - unit: a\n      title: |\n        B\n  left: {how: died}\n",
            (
                "- id: a-b\n  posts:\n    - unit: a\n      title: |\n        B\n"
                "    - {unit: so-y-te, title: Ế}\n  left: {how: died}\n"
            ),
        ),
    ],
)
def test_a_row_goes_to_the_end_of_its_list(before: str, after: str) -> None:
    """In the style of the list; comments stay with what they stand by."""
    assert after == with_row("people", before, ("posts",), POST)


SOURCE = load(Path(__file__).parents[2])
FACTS = RuleContext(SOURCE, policy_of(SOURCE), date(2026, 11, 27))
NEXT: dict[str, Plain] = {"unit": "b", "from": date(2026, 12, 10)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            (
                "- id: a-b\n  posts:\n    - {unit: a, from: 2025-01-01}\n      # in\n    # at\n"
                "    - {unit: c, from: 2027-01-01}\n"
            ),
            (
                "- id: a-b\n  posts:\n    - {unit: a, from: 2025-01-01}\n      # in\n"
                "    - {unit: b, from: 2026-12-10}\n    # at\n    - {unit: c, from: 2027-01-01}\n"
            ),
        ),
        (
            "- id: a-b\n  posts:\n  # at\n  - unit: c\n    from: '2027-01-01'\n",
            (
                "- id: a-b\n  posts:\n  - {unit: b, from: 2026-12-10}\n  # at\n  - unit: c\n"
                "    from: '2027-01-01'\n"
            ),
        ),
        (
            "- {id: a-b, posts: [{unit: c, from: 2027-01-01}]}\n",
            "- {id: a-b, posts: [{unit: b, from: 2026-12-10}, {unit: c, from: 2027-01-01}]}\n",
        ),
        (
            "- {id: a-b, posts: [{unit: c, from: 2026-12-10}]}\n",
            "- {id: a-b, posts: [{unit: c, from: 2026-12-10}, {unit: b, from: 2026-12-10}]}\n",
        ),
    ],
)
def test_a_row_goes_above_those_that_begin_later(before: str, after: str) -> None:
    """So that the history reads from top to bottom; comments stay with what they stand by."""
    assert after == with_row("people", before, ("posts",), NEXT)


def test_a_row_changes_no_place_of_another_edit() -> None:
    """Steps count the rows that are there, though a row was added above before."""
    draft = Draft(FACTS)
    person = next(each for each in FACTS.people.values() if each.data.get("posts"))
    draft.add_row(person, ("posts",), {"unit": "so-y-te", "from": date(1970, 1, 1)})
    draft.set_value(person, ("posts", 0, "title"), "Tổ trưởng tổ một")
    (edit,) = draft.edits()
    added = [line for splice in edit.splices for line in splice.new]
    assert "from: 1970-01-01" in added[0]
    assert "Tổ trưởng tổ một" in added[1]


def test_asking_for_the_edits_changes_none() -> None:
    """Whoever looks at a draft before it is whole gets the same in the end."""
    person = next(each for each in FACTS.people.values() if each.data.get("posts"))
    drafts = Draft(FACTS), Draft(FACTS)
    for draft, is_looked_at in zip(drafts, (True, False), strict=True):
        draft.add_row(person, ("posts",), {"unit": "so-y-te", "from": date(1970, 1, 1)})
        assert not is_looked_at or draft.edits()
        draft.set_value(person, ("posts", 0, "title"), "Tổ trưởng tổ một")
    assert drafts[0].edits() == drafts[1].edits()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "- id: a-b\n  posts:\n    - {unit: a}\n      # in\n  # at\n  changes: []\n",
            (
                "- id: a-b\n  posts:\n    - {unit: a}\n      # in\n  left: {how: died}\n"
                "  # at\n  changes: []\n"
            ),
        ),
        ("- changes: []\n  id: a-b\n", "- changes: []\n  id: a-b\n  left: {how: died}\n"),
        ("- {id: a-b, hold: {}}\n", "- {id: a-b, left: {how: died}, hold: {}}\n"),
    ],
)
def test_a_field_goes_where_the_schema_has_it(before: str, after: str) -> None:
    """Below those that the schema lists before it, however the record is ordered."""
    assert after == with_field("people", before, ("left",), {"how": "died"})


def test_a_row_gets_its_last_day_where_it_is_read() -> None:
    """Behind the first day, on one line or on several."""
    steps = ("locked", 0, "until")
    one = "- id: a-b\n  locked:\n    - {from: 2026-01-02, request: c-d}  # ế\n"
    several = "- id: a-b\n  locked:\n    - from: 2026-01-02\n      request: c-d\n"
    assert "{from: 2026-01-02, until: 2026-03-04, request: c-d}  # ế\n" in (
        with_field("people", one, steps, "2026-03-04")
    )
    assert "    - from: 2026-01-02\n      until: 2026-03-04\n      request: c-d\n" in (
        with_field("people", several, steps, "2026-03-04")
    )


@pytest.mark.parametrize("written", ["Lê An", '"Lê An"', "'Lê An'", '"L\\u00ea An"', "Lê\n    An"])
def test_a_value_is_replaced_however_it_is_quoted(written: str) -> None:
    """With the comment behind it kept."""
    before = f"- id: a-b\n  name: {written}  # ế\n  category: cadre\n"
    expected = "- id: a-b\n  name: Lê Ân  # ế\n  category: cadre\n"
    assert expected == with_value(before, ("name",), "Lê Ân")


@pytest.mark.parametrize(
    "text",
    ["- id: a-b\n  name: |\n    A\n", "- id: a-b\n  name: [A]\n", "- id: a-b\n"],
)
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    """A text of several lines, a value of the wrong shape: their authors know what they meant."""
    with pytest.raises(UsageError, match="cannot be edited here"):
        with_value(text, ("name",), "B")
    with pytest.raises(UsageError, match="cannot be edited here"):
        with_row("people", "- id: a-b\n  posts: none\n", ("posts",), POST)
    with pytest.raises(UsageError, match="cannot be edited here"):
        with_field("people", "- a-b\n", ("left",), "x")


HOSTILE = [
    "a: b", "a #b", "- a", "{a}", "[a]", "&a", "*a", "!a", "|", ">", "'", '"', "a'b\"c", "\\", "%a",
    "@a", "`a", "null", "true", "~", "1", "010", "1.5", "2026-12-01", "=", "<<", "?", ": ", "a,b",
    "no", "a\tb", "a\nb", " a", "a ", "…", "x" * 5000, "trưởng phòng: #1, {x}", "12/QĐ-UBND",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_any_text_means_itself(value: str) -> None:
    """In a row, in a field, and in a list: quoted where YAML would read something else."""
    row: Plain = {"title": value, "facts": [value], "main": False}
    written = record({"id": "a-b", "name": value, "posts": [row]})
    expected = [{"id": "a-b", "name": value, "posts": [row]}]
    assert (expected, []) == read(written.encode(), "")


def test_what_stands_below_a_record_is_not_its_own() -> None:
    """Empty lines and comments at the margin; comments further in are."""
    text = "- id: a-b\n  name: A\n  # in\n\n# next\n"
    assert 3 == last_line(text)
    assert 2 == last_line("- id: a-b\n  name: A\n# next\n")


def edit(old: str, new: str) -> FileEdit:
    lines = split(old)
    return FileEdit("data/people.yaml", old.encode(), lines, tuple(replaced(0, old, new)))


def test_a_diff_names_the_record() -> None:
    """With one line around each change, and the record it is in."""
    old = "".join(f"- id: p-{n}\n  name: A\n  category: cadre\n" for n in range(9))
    new = old.replace("- id: p-1\n  name: A", "- id: p-1\n  name: B").replace(
        "- id: p-7\n  name: A\n", "- id: p-7\n  name: A\n  short: A\n"
    )
    expected = (
        "--- a/data/people.yaml\n+++ b/data/people.yaml\n"
        "@@ -4,3 +4,3 @@ - id: p-1\n - id: p-1\n-  name: A\n+  name: B\n   category: cadre\n"
        "@@ -23,2 +23,3 @@ - id: p-7\n   name: A\n+  short: A\n   category: cadre\n"
    )
    assert expected == edit(old, new).diff()
    assert new.encode() == edit(old, new).content()
