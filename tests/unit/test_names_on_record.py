"""Which names read the same, and that hostile ones are told apart at once."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.i18n.vietnamese import unmarked
from hopthu.rules.names.on_record import alike, words_of

WORDS = st.lists(st.sampled_from(["Ủy", "ban", "nhân", "dân", "Y", "tế"]), min_size=2, max_size=7)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("VP UBND tỉnh", "Văn phòng Ủy ban nhân dân tỉnh"),
        ("V.P. UBND tỉnh", "Văn phòng Uỷ ban nhân dân tỉnh"),
        ("Vănphòng UBND TỈNH", "Văn phòng UBND tỉnh"),
        ("Bộ Cống An", "Bộ Công an"),
        ("Sở YT", "Sở Y tế"),
    ],
)
def test_what_a_reader_takes_for_the_same_is(written: str, name: str) -> None:
    """Case, marks, spaces and signs aside, and with words as initials; whichever is on record."""
    assert alike(words_of(written), words_of(name))
    assert alike(words_of(name), words_of(written))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("STC", "Sở Tài chính"),
        ("Thanh tra Sở", "Thanh tra tỉnh"),
        ("T", "Thuế"),
        ("Văn phòng", "Văn phòng UBND tỉnh"),
        ("Sở Tài chính", "Sở Tư pháp"),
    ],
)
def test_other_names_are_others(written: str, name: str) -> None:
    """Initials alone are those of many, and a part of a name is not the whole."""
    assert not alike(words_of(written), words_of(name))


@given(WORDS, st.data())
def test_any_words_but_all_may_be_initials(name: list[str], data: st.DataObject) -> None:
    """However they are chosen, and however the rest is spaced."""
    whole = data.draw(st.sets(st.sampled_from(range(len(name))), min_size=1))
    written = "".join(word if number in whole else word[0] for number, word in enumerate(name))
    only_initials = all(len(name[number]) == 1 for number in whole)
    assert only_initials or alike(words_of(written), words_of(" ".join(name)))


def test_names_of_many_words_alike_are_judged_at_once() -> None:
    """Each way to cut the letters is as wrong as the next."""
    started = process_time()
    assert not alike(("a" * 150 + "z",), ("aa",) * 60)
    assert process_time() - started < 1


def test_only_letters_with_marks_lose_them() -> None:
    """What merely looks like a letter of ours is kept, and so never granted."""
    assert "Dag Oyvind" == unmarked("Dağ Øyvind")
    assert "Bіnh ı ſ ǀ" == unmarked("Bіnh ı ſ ǀ")
