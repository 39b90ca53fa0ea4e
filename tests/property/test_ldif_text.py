"""Whatever a value is, LDIF gives it back; whatever changes, no address is held twice meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from hopthu.directory.ldif import Add, Change, Entries, changes, parse, write_changes, write_entries

TRICKS = st.sampled_from(
    (
        "\n", "\r\n", "\n ", "\ndn: uid=root", "\n\n", ":", "::", ":< file:///etc/passwd", " ",
        "  x", "x ", "#", "-", "dn: x", "changetype: delete", "Nguyễn", "Đ", "e\u0302\u0323",
        "\u2028", "\x85", "\x0b", "\t", "\ufeff", "\U0001f4e8", "{ARGON2}$", ",", "=", "\\",
    )
)  # fmt: skip
VALUE = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.lists(TRICKS, max_size=5).map("".join),
)
NAME = st.sampled_from(("cn", "mail", "title", "userPassword", "objectClass"))
ATTRIBUTES = st.dictionaries(NAME, st.lists(VALUE, min_size=1, max_size=3).map(tuple), max_size=4)
ENTRIES = st.dictionaries(VALUE, ATTRIBUTES, max_size=4)


@given(ENTRIES)
def test_entries_come_back_as_they_were(entries: Entries) -> None:
    """No value ends its line, its entry, or becomes something else."""
    assert entries == parse(write_entries(entries))


@given(ENTRIES)
def test_text_is_printable_ascii(entries: Entries) -> None:
    """Nothing on the way, a terminal or a shell, can take it for something else."""
    assert all(character == "\n" or " " <= character <= "~" for character in write_entries(entries))


@given(ENTRIES)
def test_additions_hold_the_same_values(entries: Entries) -> None:
    """As content and as change, an entry is written alike."""
    written = write_changes([Add(dn, attributes) for dn, attributes in entries.items()])
    assert entries == parse(written.replace("\nchangetype: add\n", "\n"))


@st.composite
def _states(draw: st.DrawFn) -> tuple[Entries, Entries]:
    """Draw two states of a directory in each of which every address has one holder."""
    return draw(_state()), draw(_state())


@st.composite
def _state(draw: st.DrawFn) -> Entries:
    holders = draw(st.dictionaries(st.sampled_from("123456"), st.sampled_from("abcd")))
    people = draw(st.sets(st.sampled_from("abcd"))) | set(holders.values())
    state = {}
    for person in sorted(people):
        addresses = tuple(sorted(a for a, holder in holders.items() if holder == person))
        titles = draw(st.sets(st.sampled_from("xyz"), max_size=2))
        named = {"mail": addresses[:1], "alias": addresses, "title": tuple(sorted(titles))}
        state[person] = {name: values for name, values in named.items() if values}
    return state


def _apply(held: Entries, todo: tuple[Change, ...]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Do what a directory with the unique overlay does; fail where it would refuse."""
    state = {dn: dict(attributes) for dn, attributes in held.items()}
    for change in todo:
        assert (change.dn in state) != isinstance(change, Add)
        entry = state.setdefault(change.dn, {})
        for name, values in change.attributes.items():
            for dn, attributes in state.items():
                taken = name != "title" and set(attributes.get(name, ())) & set(values)
                assert dn == change.dn or not taken
            entry[name] = values
    return {dn: {n: v for n, v in entry.items() if v} for dn, entry in state.items()}


@given(_states())
def test_changes_lead_there_without_a_clash(states: tuple[Entries, Entries]) -> None:
    """Whatever hands addresses change, each step is one the directory accepts."""
    held, wanted = states
    # What is only held is never touched, so it could stand in the way: let it be wanted, bare.
    wanted = {**{dn: {"title": ("x",)} for dn in held if dn not in wanted}, **wanted}
    assert wanted == _apply(held, changes(held, wanted, unique=("mail", "alias")))


@given(_states())
def test_nothing_is_left_to_do_afterwards(states: tuple[Entries, Entries]) -> None:
    """The second apply changes nothing."""
    held, wanted = states
    todo = changes(held, wanted)
    reached = {**held, **wanted}
    assert () == changes(reached, wanted, unique=("mail", "alias"))
    assert bool(todo) == any(held.get(dn) != entry for dn, entry in wanted.items())
