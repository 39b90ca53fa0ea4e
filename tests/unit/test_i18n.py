"""What check says, in Vietnamese."""

import re
from gettext import GNUTranslations

import pytest

from hopthu.diagnostics.problem import ERRORS, Mark, as_text, said
from hopthu.docs.messages import catalogue, messages, po, written
from hopthu.i18n.catalogue import LOCALES, article, from_environment, plural, translate
from hopthu.i18n.message import Message
from hopthu.rules.registry import RULES
from hopthu.rules.units import PARENT

BRACES = re.compile(r"{(\w+)}")


def test_the_catalogue_is_current() -> None:
    """`python -m hopthu.docs.messages` would change neither the text nor what is compiled."""
    text, compiled = written("vi")
    assert text == po("vi").read_bytes()
    assert compiled == po("vi").with_suffix(".mo").read_bytes()


def test_every_message_is_translated_with_the_same_values() -> None:
    """A value left out would be a fact kept from the reader."""
    made = catalogue("vi")
    for message in messages():
        english = message if isinstance(message, str) else message[-1]
        found = made.get(message if isinstance(message, str) else message[0])
        assert found is not None
        assert found.string, english
        vietnamese = found.string if isinstance(found.string, str) else found.string[0]
        assert set(BRACES.findall(english)) == set(BRACES.findall(vietnamese)), english


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_its_reason_in_vietnamese(rule: object) -> None:
    """In the compiled catalogue, which is what users get."""
    with (LOCALES / "vi" / "LC_MESSAGES" / "hopthu.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    assert rule.why != compiled.gettext(rule.why)  # type: ignore[attr-defined]


def test_a_sentence_within_a_sentence_is_translated_and_data_is_not() -> None:
    """Names that happen to be words of the catalogue stay names."""
    text = Message("this is {what}, not a file", what=Message("a folder"))
    assert "this is a folder, not a file" == text
    assert "đây là một thư mục, không phải tệp" == translate(text, "vi")
    assert "đây là a folder, không phải tệp" == translate(
        Message(text.template, what="a folder"), "vi"
    )


def test_a_problem_is_told_in_vietnamese() -> None:
    """Severity, article, reason and summary included; ids and places stay."""
    problem = PARENT.violation(
        Mark("data/units.yaml", 3, 1),
        Message("the unit is below no other"),
        subject="so-y-te",
        fix=Message("add `parent: {unit}`", unit="ID-OF-THE-UNIT"),
    )
    expected = """\
data/units.yaml:3:1: lỗi: so-y-te: đơn vị không trực thuộc đơn vị nào [unit-parent, Điều 3]
  lý do: mỗi đơn vị trực thuộc một đơn vị chịu trách nhiệm, trừ các cơ quan đứng đầu tỉnh
  cách sửa: bổ sung `parent: ID-OF-THE-UNIT`
1 lỗi. Chưa lập kế hoạch và chưa thực hiện thay đổi nào.
"""
    assert expected == as_text([problem], "vi")
    assert problem == said(problem, "en")


def test_values_cannot_break_out_of_their_line_in_either_language() -> None:
    """A name with a line feed forges no second problem."""
    problem = PARENT.violation(
        Mark("a"), Message("the id was that of {name}", name="x\ny"), fix=Message("fix")
    )
    for language in ("en", "vi"):
        assert 4 == len(as_text([problem], language).splitlines())


def test_the_locale_decides_where_nobody_says() -> None:
    """The first variable set, as POSIX has it."""
    assert "vi" == from_environment({"LANG": "vi_VN.UTF-8"})
    assert "en" == from_environment({"LC_ALL": "C.UTF-8", "LANG": "vi_VN.UTF-8"})
    assert "vi" == from_environment({"LC_ALL": "", "LC_MESSAGES": "vi", "LANG": "en_GB.UTF-8"})
    assert "en" == from_environment({})


def test_articles_and_plurals() -> None:
    """A clause is a khoản of its Điều; Vietnamese has one form for any number."""
    assert ["khoản 2 Điều 5", "Điều 8", "Art. 8"] == [
        article("Art. 5.2", "vi"),
        article("Art. 8", "vi"),
        article("Art. 8", "en"),
    ]
    assert ["1 error", "2 errors", "1 lỗi", "2 lỗi"] == [
        plural(*ERRORS, number, language) for language in ("en", "vi") for number in (1, 2)
    ]
