"""What people call the words of the data, in each language."""

import pytest

from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.i18n.terms import CATEGORIES, ENDINGS, UNITS, key_of
from hopthu.schema.registry import schema


@pytest.mark.parametrize("terms", [CATEGORIES, ENDINGS, UNITS])
def test_each_word_has_a_name_of_its_own_in_each_language(terms: dict[str, str]) -> None:
    """So that whatever is said means one word."""
    for key, name in terms.items():
        for said in (key, *(translate(name, language) for language in LANGUAGES)):
            assert [key, key] == [key_of(terms, said), key_of(terms, said.upper())]


def test_marks_may_be_left_out() -> None:
    assert ("civil_servant", "ward") == (key_of(CATEGORIES, "cong chuc"), key_of(UNITS, "PHUONG"))


@pytest.mark.parametrize("said", ["", " ", "…", "hợp đồng", "civil", "công chức xã phường"])
def test_what_is_called_otherwise_means_nothing(said: str) -> None:
    assert key_of(CATEGORIES, said) is None


def test_all_kinds_of_units_have_a_name() -> None:
    assert schema("units").field(("kind",))["allowed"] == list(UNITS)
