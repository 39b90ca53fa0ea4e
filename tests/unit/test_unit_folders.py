"""The folder names of unit mailboxes: one name each, different for every unit."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.desired.host_mailboxes import Shared
from hopthu.desired.unit_folders import LONGEST, MOST_SHOWN, MOST_UNITS, unit_folders
from hopthu.model.organisation import Unit
from hopthu.operations import unit_readers


def unit(key: str, name: str, parent: str | None = "tinh") -> Unit:
    return Unit(key, name, None, "division", parent, None)


PROVINCE = {
    each.id: each
    for each in (
        unit("tinh", "Ủy ban nhân dân tỉnh", None),
        unit("xa-1", "Xã Yên Định"),
        unit("xa-2", "Xã Mường Lát"),
        unit("kt-1", "Phòng Kinh tế", "xa-1"),
        unit("kt-2", "Phòng Kinh tế", "xa-2"),
    )
}


def folders(*others: Unit) -> dict[str, str]:
    units = {**PROVINCE, **{each.id: each for each in others}}
    return {**unit_folders(dict.fromkeys(units, False), units)}


def test_a_folder_has_the_names_from_the_unit_up() -> None:
    """Divisions of one name are told apart; the top adds nothing, but has its own name."""
    assert {
        "tinh": "Ủy ban nhân dân tỉnh",
        "xa-1": "Xã Yên Định",
        "xa-2": "Xã Mường Lát",
        "kt-1": "Phòng Kinh tế – Xã Yên Định",
        "kt-2": "Phòng Kinh tế – Xã Mường Lát",
    } == folders()


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Phòng Kinh tế/Hạ tầng", "Phòng Kinh tế-Hạ tầng – Xã Yên Định"),
        ("a%{home}*", "a--home-- – Xã Yên Định"),
        (unicodedata.normalize("NFD", "Phòng Nội vụ"), "Phòng Nội vụ – Xã Yên Định"),
        ("Phòng H’Mông, k. 2 (& 3)", "Phòng H’Mông, k. 2 (& 3) – Xã Yên Định"),
        ('x\ty:z=\\"', "x-y-z--- – Xã Yên Định"),
    ],
)
def test_what_a_folder_cannot_be_called_is_a_hyphen(name: str, folder: str) -> None:
    """Nothing in a name is a level, a wildcard, or expanded."""
    assert folder == folders(unit("moi", name, "xa-1"))["moi"]


def test_the_id_tells_units_apart_that_nothing_else_does() -> None:
    """Also of a name that is written as such, or in other capitals."""
    found = folders(
        unit("kt-3", "Phòng kinh tế", "xa-1"), unit("kt-4", "Phòng Kinh tế (kt-1)", "xa-1")
    )
    assert "Phòng Kinh tế – Xã Yên Định (kt-1)" == found["kt-1"]
    assert "Phòng kinh tế – Xã Yên Định (kt-3)" == found["kt-3"]
    alone = folders(unit("kt-3", "Phòng (kt-1)", None), unit("kt-4", "Phòng", None))
    assert ["Phòng (kt-1) (kt-3)", "Phòng"] == [alone["kt-3"], alone["kt-4"]]


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=120)


@given(st.lists(st.tuples(NAMES, st.integers(0, 4)), max_size=8))
def test_folders_are_different_and_fit_whatever_units_are_called(
    drawn: list[tuple[str, int]],
) -> None:
    """And Dovecot's file takes them: two of one name would keep their reader from signing in."""
    names = [*PROVINCE]
    found = folders(*(unit(f"u{n}", name, names[up]) for n, (name, up) in enumerate(drawn)))
    assert len(found) == len({name.casefold() for name in found.values()})
    assert all(0 < len(name.encode()) <= LONGEST and "/" not in name for name in found.values())
    shared = {key: Shared(name, 1, frozenset({"an"})) for key, name in found.items()}
    assert 1 == unit_readers.text(shared, 90).count("\n")


STC = Shared("Sở Tài chính – tỉnh", 10 * 2**30, frozenset({"an", "binh"}))


def test_a_renamed_unit_keeps_every_path() -> None:
    """Of mail, indexes, what each reader has read, and subscriptions: all but the prefix."""
    old, new = (
        unit_readers.text({"stc": replace(STC, folder=name)}, 90).split(" userdb_")
        for name in (STC.folder, "Sở Mới")
    )
    differing = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    assert 2 == len(differing)
    assert all(was.startswith("unit0_folder=") for was, _ in differing)


def test_readers_fill_a_share_and_what_they_throw_away_the_rest() -> None:
    """Of the unit's own space, never of nothing, which would mean any."""
    text = unit_readers.text({"stc": replace(STC, quota=1000)}, 75)
    for field in ("unit0=stc", "unit0_space=1000", "unit0_share=750", "unit0_rest=250"):
        assert 2 == f"{text} ".replace("\n", " ").count(f" userdb_{field} ")
    assert "unit0_share=1 " in unit_readers.text({"stc": replace(STC, quota=1)}, 90)


def test_the_most_units_fit_into_what_dovecot_tells_of_a_person() -> None:
    """With the longest names and ids; one more leaves the others, and stops nothing."""
    shared = {
        f"{n:064}": Shared("n" * LONGEST, 10**12, frozenset({"p" * 64})) for n in range(MOST_UNITS)
    }
    others = len("USER\t1234567890\t") + 512
    text = unit_readers.text(shared, 90)
    assert MOST_UNITS == len(unit_readers.units(text))
    assert len(text.replace("userdb_", "")) + others < 8192
    for number in range(2 * MOST_SHOWN):
        shared[f"x{number}"] = Shared("Xã", 1, frozenset({"p" * 64}), read_only=True)
    most = unit_readers.text(shared, 90)
    assert most.startswith(text.strip())
    assert len(most.replace("userdb_", "")) + others < 8192


@pytest.mark.parametrize(
    "folder", ["a%b", "a\nchi::::::: x", "a:b", "a=b", "a\tb", 'a"', "a\\", "a/b"]
)
def test_a_hostile_name_is_refused(folder: str) -> None:
    """Should one get there past the names of folders."""
    with pytest.raises(ValueError, match="not allowed in Dovecot's file of readers"):
        unit_readers.text({"stc": replace(STC, folder=folder)}, 90)
