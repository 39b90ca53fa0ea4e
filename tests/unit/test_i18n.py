"""What check says, in Vietnamese."""

import ast
import os
import re
import time
from collections.abc import Iterable, Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest

from hopthu.diagnostics.problem import ERRORS, Mark, as_text, translated
from hopthu.docs.messages import catalogue, messages
from hopthu.i18n.catalogue import catalogue as catalogue_of_gettext
from hopthu.i18n.catalogue import dated, from_environment, plural, translate
from hopthu.i18n.compiling import compiled
from hopthu.i18n.message import Message
from hopthu.rules import book
from hopthu.rules.registry import RULES
from regulations import THANH_HOA
from syntax import nodes

ROOT = Path(__file__).parents[2]
BRACES = re.compile(r"{(\w+)}")


def test_a_reworded_message_keeps_its_translation_until_somebody_adapts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing that was translated is lost, and nothing old is shown for what says more now."""
    reworded = "the unit has no parent on that day"
    monkeypatch.setattr("hopthu.docs.messages.messages", lambda: [reworded])
    made = catalogue("vi")[reworded]
    assert made.string == catalogue_of_gettext("vi").gettext("the unit has no parent")
    assert made.fuzzy


def test_a_newer_text_is_compiled_again(tmp_path: Path) -> None:
    """Pulling a translation is enough; nobody has to install again."""
    folder = tmp_path / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    text = folder / "hopthu.po"
    for number, translation in enumerate(["một", "hai"]):
        text.write_text(f'msgid ""\nmsgstr ""\n\nmsgid "one"\nmsgstr "{translation}"\n')
        os.utime(text, ns=(number, time.time_ns() + number))
        with compiled("vi", tmp_path).open("rb") as file:
            assert translation == GNUTranslations(file).gettext("one")
    assert ["hopthu.mo", "hopthu.po"] == sorted(path.name for path in folder.iterdir())


def test_every_message_is_translated_with_the_same_values() -> None:
    """A value left out would be a fact kept from the reader."""
    made = catalogue("vi")
    for message in messages():
        english = message if isinstance(message, str) else message[-1]
        found = made.get(message if isinstance(message, str) else message[0])
        assert found is not None
        assert found.string, english
        assert not found.fuzzy, f"adapt the translation and remove the flag: {english}"
        vietnamese = found.string if isinstance(found.string, str) else found.string[0]
        assert set(BRACES.findall(english)) == set(BRACES.findall(vietnamese)), english


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_its_reason_in_vietnamese(rule: object) -> None:
    """In the compiled catalogue, which is what users get."""
    with compiled("vi").open("rb") as file:
        vietnamese = GNUTranslations(file)
    assert rule.why != vietnamese.gettext(rule.why)  # type: ignore[attr-defined]


def test_a_sentence_within_a_sentence_is_translated_and_data_is_not() -> None:
    """Names that happen to be words of the catalogue stay names."""
    text = Message("this is {what}, not a file", what=Message("a folder"))
    assert "this is a folder, not a file" == text
    assert "đây là một thư mục, không phải tệp" == translate(text, "vi")
    assert "đây là a folder, không phải tệp" == translate(
        Message(text.template, what="a folder"), "vi"
    )


def test_a_problem_in_vietnamese() -> None:
    """Severity, article, reason and summary included; ids and places stay."""
    problem = book.RULES["unit-parent"].violation(
        Mark("data/units.yaml", 3, 1),
        Message("the unit has no parent"),
        subject="so-y-te",
        fix=Message("add `parent: {unit}`", unit="ID-OF-THE-UNIT"),
    )
    expected = """\
data/units.yaml:3:1: lỗi: so-y-te: đơn vị không có đơn vị cấp trên [unit-parent, Điều 3]
  lý do: mỗi đơn vị có một đơn vị cấp trên chịu trách nhiệm, trừ các cơ quan đứng đầu tỉnh
  cách sửa: bổ sung `parent: ID-OF-THE-UNIT`
1 lỗi. Chưa lập kế hoạch và chưa triển khai gì.
"""
    assert expected == as_text([problem], "vi", regulation=THANH_HOA)
    assert problem == translated(problem, "en", THANH_HOA)


def test_values_cannot_break_out_of_their_line_in_either_language() -> None:
    """A name with a line feed forges no second problem."""
    problem = book.RULES["unit-parent"].violation(
        Mark("a"), Message("the id was that of {name}", name="x\ny"), fix=Message("fix")
    )
    for language in ("en", "vi"):
        assert 4 == len(as_text([problem], language, regulation=THANH_HOA).splitlines())


def test_the_locale_decides_by_default() -> None:
    """The first variable set, as POSIX has it."""
    assert "vi" == from_environment({"LANG": "vi_VN.UTF-8"})
    assert "en" == from_environment({"LC_ALL": "C.UTF-8", "LANG": "vi_VN.UTF-8"})
    assert "vi" == from_environment({"LC_ALL": "", "LC_MESSAGES": "vi", "LANG": "en_GB.UTF-8"})
    assert "en" == from_environment({})


def test_articles_and_plurals() -> None:
    """A clause is a khoản of its Điều; Vietnamese has one form for any number."""

    def article(name: str, language: str) -> str:
        return translate(THANH_HOA.cite(name), language)

    assert "khoản 1 Điều 5, khoản 5 Điều 6" == article("Art. 5.1, 6.5", "vi")
    assert ["khoản 2 Điều 5", "Điều 8", "Art. 8"] == [
        article("Art. 5.2", "vi"),
        article("Art. 8", "vi"),
        article("Art. 8", "en"),
    ]
    assert ["1 error", "2 errors", "1 lỗi", "2 lỗi"] == [
        plural(*ERRORS, number, language) for language in ("en", "vi") for number in (1, 2)
    ]


def test_days_are_written_as_each_language_does() -> None:
    """Not what people are to write into the data, and nothing that only looks like a day."""
    begun = Message("the unit has no head from {day} on", day="2026-11-05")
    assert "the unit has no head from 2026-11-05 on" == translate(begun, "en")
    assert "05/11/2026" in translate(begun, "vi")
    assert "2026" not in translate(begun, "vi").replace("05/11/2026", "")
    written = Message("write {written} at the latest", written="2026-11-05")
    assert "2026-11-05" in translate(written, "vi")
    assert "05/11/2026 03:20" == dated("2026-11-05 03:20", "vi")
    for other in ("2026-11", "2026-11-05-x", "x 2026-11-05", "", "qd-2026-11-05"):
        assert other == dated(other, "vi")


def templates(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield what messages are made from."""
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Message", "step_name"):
            yield node.args[0]


def is_composed(template: ast.expr) -> bool:
    """Return whether a template is put together where it is used: no catalogue has it."""
    return not isinstance(template, ast.Constant | ast.Name | ast.Attribute | ast.Subscript)


def test_no_template_is_composed() -> None:
    """That errors are messages at all, mypy sees: `HopthuError` takes nothing else."""
    assert [] == [
        f"{path}:{template.lineno}"
        for path in (*(ROOT / "hopthu").rglob("*.py"), *(ROOT / "deploys").glob("*.py"))
        for template in templates(nodes(path))
        if is_composed(template)
    ]


@pytest.mark.parametrize(
    "code", ['Message(f"a {b}")', 'Message("a " + b)', 'Message("{}".format(b))']
)
def test_a_composed_template_is_found(code: str) -> None:
    """The test can fail."""
    assert [True] == [is_composed(template) for template in templates(ast.walk(ast.parse(code)))]
