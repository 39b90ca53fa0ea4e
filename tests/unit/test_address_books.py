"""What address books find: recorded queries, answered by the entries as they are rendered."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from address_books import GONE, QUERIES, Query, found_by
from hopthu.daemons.openldap import RESULTS
from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.directory.ldif import Attributes, Entries
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.validate import read

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)
CENTRE = Centre("one", (Host("m", "m.x.vn", "10.0.0.1", frozenset(ROLES), ("store1", "store2")),))


@pytest.fixture(scope="module")
def shown() -> Entries:
    """Return the entries that signed-in people see: those of mailboxes in use."""
    loaded = read(ROOT, ON)
    state = desired(loaded.organisation, loaded.policy, ON)
    in_use = {("active",), ("locked",)}
    made = entries(state, CENTRE, loaded.policy)
    return {dn: entry for dn, entry in made.items() if entry.get("hopthuState") in in_use}


def ids(found: Iterator[Attributes]) -> list[str]:
    return [entry["uid"][0] for entry in found]


def matching(shown: Entries, filter_: str) -> list[str]:
    return ids(entry for entry in shown.values() if matches(entry, *parsed(filter_)))


def parsed(filter_: str) -> tuple[str, list[str]]:
    """Return what joins the parts of a filter (RFC 4515), and the parts; of a leaf only itself."""
    inner = filter_[1:-1]
    if inner[0] not in "&|":
        return "", [inner]
    parts, depth, start = [], 0, 1
    for at, character in enumerate(inner[1:], start=1):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            parts.append(inner[start : at + 1])
            start = at + 1
    return inner[0], parts


def matches(entry: Attributes, how: str, parts: list[str]) -> bool:
    """Compare as the directory does: without capitals, and with options of an attribute."""
    if how:
        return {"&": all, "|": any}[how](matches(entry, *parsed(part)) for part in parts)
    name, _, pattern = parts[0].partition("=")
    wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
    held = (v for key, values in entry.items() if key.split(";")[0] == name for v in values)
    return any(wanted.fullmatch(value) for value in held)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_program_finds_whom_it_is_asked_for(query: Query, shown: Entries) -> None:
    """With marks and without, in either spelling, and nobody who has left."""
    found = matching(shown, query.filter)
    assert found_by(query) <= set(found)
    assert GONE not in found
    assert len(found) <= RESULTS


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("(title=pho giam doc)", "khuong-thi-thuy"),
        ("(title=Phó giám đốc)", "khuong-thi-thuy"),
        ("(&(ou=so tai chinh)(givenName=an))", "nguyen-van-an"),
        ("(cn=SO TAI CHINH)", "so-tai-chinh"),
        ("(sn=phung)", "phung-thi-yen"),
    ],
)
def test_post_unit_and_names_are_found_without_marks(
    filter_: str, expected: str, shown: Entries
) -> None:
    """Each by its own attribute, as an advanced search asks for it."""
    assert expected in matching(shown, filter_)


def test_a_filter_that_matches_nobody_finds_nobody(shown: Entries) -> None:
    """The comparison of this test can fail."""
    assert [] == matching(shown, "(&(cn=*yen*)(cn=*qqq*))")
    assert ["phung-thi-yen"] == matching(shown, "(&(cn=*yen*)(|(sn=Phùng)(sn=x)))")
