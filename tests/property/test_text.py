"""What holds for every text."""

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from hopthu.i18n.vietnamese import fold, same, search_forms, sort_key, spelling
from hopthu.model.address_naming import personal, stem

SYLLABLES = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyÀẢÃÁẠỆỘỰĐÐ ", min_size=1)
NAMES = st.one_of(st.text(), SYLLABLES)


@given(NAMES)
@example("Ɖ")
@example("İ")
def test_folding_again_changes_nothing(text: str) -> None:
    """The result is plain, so it is its own folding."""
    assert fold(text) == fold(fold(text))
    assert re.fullmatch("[a-z0-9]*", fold(text))


@given(NAMES)
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    """Files saved on macOS hold the one, all others the other."""
    for form in ("NFC", "NFD"):
        assert fold(text) == fold(unicodedata.normalize(form, text))  # type: ignore[arg-type]
        assert same(text) == same(unicodedata.normalize(form, text))  # type: ignore[arg-type]
        assert sort_key(text) == sort_key(unicodedata.normalize(form, text))  # type: ignore[arg-type]


@given(NAMES)
def test_whatever_is_searched_by_is_the_same_word(text: str) -> None:
    """It folds alike, and with its marks it is another spelling; never the text itself."""
    forms = search_forms(text)
    assert {fold(text)} >= {fold(form) for form in forms}
    assert same(text) not in forms
    assert {spelling(text)} >= {spelling(form) for form in forms[1:]}
    assert not any(
        unicodedata.combining(c) for c in unicodedata.normalize("NFD", "".join(forms[:1]))
    )


@given(SYLLABLES)
def test_case_makes_no_difference(text: str) -> None:
    """Addresses are compared without it (Art. 4)."""
    assert fold(text) == fold(text.upper()) == fold(text.lower())


@given(st.sets(NAMES.map(same)))
def test_sorting_is_total(names: set[str]) -> None:
    """No two names have one key, so a list has one order, whatever order it came in."""
    assert len(names) == len({sort_key(name) for name in names})


@given(NAMES, st.lists(NAMES))
def test_the_next_free_address_is_free(name: str, others: list[str]) -> None:
    """And those given out in turn never repeat."""
    taken = [fold(other) for other in others]
    for _ in range(3):
        address = personal(name, taken)
        assert address not in taken
        assert address.startswith(stem(name))
        taken.append(address)
