"""An editor with yaml-language-server on the data: what it marks, offers and explains."""

from pathlib import Path
from typing import Any

import pytest

from hopthu.cli import main
from hopthu.schema.json_schema import json_schema
from hopthu.schema.modeline import modeline
from hopthu.source.files import KINDS
from language_server import LanguageServer, running
from regulations import THANH_HOA

pytestmark = pytest.mark.editor
ROOT = Path(__file__).parents[2]
UNIT = f"""\
{modeline("data/units.yaml")}
- id: so-tai-chinh
  name: Sở Tài chính
  kind: departmnt
  perent: ubnd-tinh
  created: {{on: 2026-02-29, decision: qd-1-ubnd-2026, request: cv-1-vp-2026}}
"""
KIND = json_schema("units", THANH_HOA)["items"]["properties"]["kind"]


def marks(found: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Return line and column, from 1, and the message of what an editor marks."""
    places = [(mark["range"]["start"], mark["message"]) for mark in found]
    return sorted((at["line"] + 1, at["character"] + 1, said) for at, said in places)


def test_a_typo_is_marked_at_its_place(editor: LanguageServer) -> None:
    """A word that is not allowed, a field that is not there, and a day that is none."""
    kind, field, day = marks(editor.open("data/units.yaml", UNIT))
    assert (4, 9) == kind[:2]
    assert 'Valid values: "province", "council",' in kind[2]
    assert (5, 3, "Property perent is not allowed.") == field
    assert (6, 17) == day[:2]
    assert "a day of the calendar, such as 2026-01-31 / một ngày có thật" in day[2]


def test_completion_offers_the_kinds(editor: LanguageServer) -> None:
    """Of a unit, each with what it means."""
    line = UNIT.splitlines().index("  kind: departmnt") + 1
    found = editor.at("completion", "data/units.yaml", UNIT, line, len("  kind: ") + 1)["items"]
    assert KIND["anyOf"][0]["enum"] == [item["label"] for item in found]
    assert KIND["description"] == found[0]["documentation"]


def test_completion_offers_the_fields_that_are_not_there_yet(editor: LanguageServer) -> None:
    """As the schema names them."""
    text = f"{UNIT}  \n"
    found = editor.at("completion", "data/units.yaml", text, text.count("\n"), 3)["items"]
    fields = json_schema("units", THANH_HOA)["items"]["properties"].keys() - {
        "id",
        "name",
        "kind",
        "created",
    }
    assert fields == {item["label"] for item in found} & fields


def test_hover_shows_meaning_and_article(editor: LanguageServer) -> None:
    """In English and in Vietnamese."""
    text = editor.at("hover", "data/units.yaml", UNIT, 4, 4)["contents"]["value"]
    english, vietnamese, *_ = KIND["description"].split("\n\n")
    assert f"\n\n{english}\n\n{vietnamese}\n\n" in text
    assert "(Art. 4)." in text
    assert "(Điều 4)." in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_data_has_no_mark(kind: str, editor: LanguageServer) -> None:
    """Read as editors read it."""
    name = f"data/{kind}.yaml"
    assert [] == marks(editor.open(name, (ROOT / name).read_text(encoding="utf-8")))


def test_a_new_repository_works_with_split_files_too(
    language_server_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files have no mark; a slip in a file of a folder is found by the schema beside it."""
    monkeypatch.chdir(tmp_path)
    arguments = ["--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm", "--no-git"]
    assert 0 == main(["init", "mail", *arguments])
    root = tmp_path / "mail"
    people = (root / "data" / "people.yaml").read_text(encoding="utf-8")
    with running(language_server_program, root) as editor:
        for path in sorted((root / "data").iterdir()):
            name = path.relative_to(root).as_posix()
            assert [] == marks(editor.open(name, path.read_text(encoding="utf-8"))), name
        name = "data/people/so-tai-chinh.yaml"
        slip = people.replace(modeline("data/people.yaml"), modeline(name), 1)
        slip = slip.replace("civil_servant", "civil_servent", 1)
        (found,) = marks(editor.open(name, slip))
        assert slip.splitlines()[found[0] - 1].endswith("civil_servent")
