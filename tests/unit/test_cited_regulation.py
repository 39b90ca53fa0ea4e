"""What is cited: a province's own regulation, and nothing of Thanh Hóa's anywhere else."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from hopthu.cli import main
from hopthu.credentials.issued import Issued
from hopthu.credentials.slips import Occasion, pdf
from hopthu.desired.state import Mailbox
from hopthu.diagnostics.regulation import Regulation
from hopthu.docs.messages import messages
from hopthu.i18n.message import Message
from hopthu.rules.registry import RULES
from hopthu.schema.json_schema import json_schema
from hopthu.source.files import KINDS
from hopthu.validate import regulation_of

Capture = pytest.CaptureFixture[str]
FOREIGN = re.compile(r"824/2005|Thanh ?H[oó]a|\bArt\. ?\d|Điều \d", re.IGNORECASE)
OWN = """
regulation:
  title: Quy chế thư điện tử
  number: 15/2026/QĐ-UBND
  issuer: Ủy ban nhân dân tỉnh Thử Nghiệm
  articles: {Art. 4: Art. 6, Art. 6.4: "Art. 12.3.a", Art. 5.1: "Art. 3.2, 6", Art. 8: Art. 6}
"""
TWICE = """\
- {id: le-van-tam, name: Lê Văn Tám, category: cadre, mailbox: {address: postmaster}}
- {id: le-van-ti, name: Lê Văn Tí, category: cadre, mailbox: {address: postmaster}}
"""
WRITTEN = (
    "an article or several, such as Art. 12.3, 14.1.a",
    'write it as in "Art. 12", "Art. 12.3" for a clause, "Art. 12.3.a" for a point',
)


@pytest.fixture(params=[[], ["--empty"]], ids=["examples", "empty"])
def province(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the new repository of another province."""
    arguments = ["--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm", *request.param]
    assert 0 == main(["init", str(tmp_path / "mail"), *arguments, "--lang", "en"])
    return tmp_path / "mail"


def broken(province: Path) -> Path:
    """Give two people one address, a reserved one, without a post and on no document."""
    (province / "data" / "people.yaml").write_text(TWICE)
    return province


def said(root: Path, capsys: Capture, *arguments: str) -> str:
    capsys.readouterr()
    main([*arguments, "--root", str(root)])
    printed = capsys.readouterr()
    return printed.out + printed.err


def slip(root: Path, folder: Path) -> str:
    until = datetime(2026, 12, 27, 16, tzinfo=UTC)
    box = Mailbox("le-van-binh", "personal", "Lê Văn Bình", ("binhlv",), "active", "store1", 1,
                  "so-tai-chinh", "Sở Tài chính", title="Chuyên viên")  # fmt: skip
    occasion = Occasion(
        "mail.example.vn",
        until,
        Message("x"),
        False,
        date(2026, 11, 27),
        ["UBND", "Văn phòng"],
        regulation_of(root),
    )
    (folder / "slip.pdf").write_bytes(pdf([Issued(box, "x", "")], occasion))
    text = " ".join(page.extract_text() for page in PdfReader(folder / "slip.pdf").pages)
    return " ".join(text.split())


def test_nothing_that_init_writes_cites_another_province(province: Path) -> None:
    """Of its policy's schema only the names of the keys that say what is meant by each article."""
    schema = province / "schemas" / "json" / "policy.json"
    policy = json.loads(schema.read_text())
    del policy["properties"]["regulation"]["properties"]["articles"]
    schema.write_text(json.dumps(policy, ensure_ascii=False))
    files = [path for path in province.rglob("*") if path.is_file() and ".git/" not in str(path)]
    assert len(files) > 20
    found = {path.name: FOREIGN.findall(path.read_text(encoding="utf-8")) for path in files}
    assert {} == {name: cited for name, cited in found.items() if cited}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "vi"])
def test_nothing_that_is_printed_there_cites_another_province(
    province: Path, tmp_path: Path, capsys: Capture, language: str
) -> None:
    """Neither problems in any format, nor plans, rules, fields, probes and slips."""
    lang = ("--lang", language)
    printed = [said(province, capsys, "plan", *lang), slip(province, tmp_path)]
    printed += [said(province, capsys, "verify", "--list", *lang)]
    printed += [said(province, capsys, "show", "van-phong-ubnd-tinh", *lang)]
    printed += [said(province, capsys, "schema", kind, *lang) for kind in KINDS if kind != "policy"]
    broken(province)
    printed += [
        said(province, capsys, "check", "--format", form, *lang)
        for form in ("text", "json", "sarif", "github", "gitlab")
    ]
    printed += [said(province, capsys, "plan", *lang), said(province, capsys, "format", *lang)]
    assert all(printed)
    assert [] == [text for text in printed if FOREIGN.search(text)]
    rules = {"en": "the operator's rules", "vi": "quy định của đơn vị vận hành"}[language]
    assert f", {rules}]" in said(province, capsys, "check", *lang)
    for rule in RULES:
        page = said(province, capsys, "check", "--explain", rule.id, *lang)
        assert page.startswith(f"{rule.id}: "), page
        assert not re.search(r"\bArt\. ?\d|Điều \d", page), page


def test_a_province_cites_its_own_articles(province: Path, tmp_path: Path, capsys: Capture) -> None:
    """Where it has said which of them is meant; else the operator's rules."""
    policy = province / "data" / "policy.yaml"
    policy.write_text(policy.read_text() + OWN)
    assert " error" not in said(province, capsys, "check", "--lang", "en")
    text = slip(province, tmp_path)
    assert "Trách nhiệm của người sử dụng theo 15/2026/QĐ-UBND" in text
    assert "(điểm a khoản 3 Điều 12)" in text
    assert "(quy định của đơn vị vận hành)" in text
    for rule, en, vi in (
        ("unique-address", "Art. 6", "Điều 6"),
        ("issuer-competent", "Art. 3.2, Art. 6", "khoản 2 Điều 3, Điều 6"),
        ("unit-has-head", "the operator's rules", "quy định của đơn vị vận hành"),
    ):
        for language, cited in (("en", en), ("vi", vi)):
            explained = said(province, capsys, "check", "--explain", rule, "--lang", language)
            assert f"[{cited}]" in explained.splitlines()[0]
            assert "15/2026/QĐ-UBND" in explained
    assert "(Art. 3.2, Art. 6)" in said(
        province, capsys, "schema", "people", "--format", "json-schema"
    )


def test_problems_cite_them_too(province: Path, capsys: Capture) -> None:
    """In every format, in the language of the reader."""
    policy = broken(province) / "data" / "policy.yaml"
    policy.write_text(policy.read_text() + OWN)
    plain = said(province, capsys, "check", "--lang", "en")
    assert "[unique-address, Art. 6]" in plain
    assert "[shape, the operator's rules]" in plain
    for form, cited in (
        ("text", "[unique-address, Điều 6]"),
        ("json", '"article": "Điều 6"'),
        ("sarif", '"article": "Điều 6"'),
        ("github", "title=unique-address%2C Điều 6::"),
    ):
        assert cited in said(province, capsys, "check", "--format", form, "--lang", "vi")


def test_no_message_names_an_article_itself() -> None:
    """Whatever cites one asks the regulation; here only how citations are written."""
    named = [text for text in map(str, messages()) if FOREIGN.search(text)]
    assert [] == [text for text in named if text not in WRITTEN and "tỉnh Thanh Hóa" not in text]


@pytest.mark.parametrize("kind", KINDS)
def test_a_province_without_a_regulation_is_told_so_once(kind: str) -> None:
    """No text of a field has its citation in its words as well."""
    texts: list[str] = []
    written = json.dumps(json_schema(kind, Regulation()))
    json.loads(written, object_hook=lambda each: texts.append(str(each.get("description"))))
    assert any("the operator's rules" in text for text in texts)
    assert [] == [text for text in texts if text.count("the operator's rules") > 1]


def test_an_article_that_is_none_is_refused(province: Path, capsys: Capture) -> None:
    """Neither one of hopthu's that does not exist, nor a citation in other words."""
    policy = province / "data" / "policy.yaml"
    text = policy.read_text()
    for articles in ("{Art. 12: Art. 4}", "{Art. 4: Điều 6}", "{Art. 4: Art. 6 (new)}"):
        policy.write_text(f"{text}\nregulation: {{title: Quy chế, articles: {articles}}}\n")
        assert "policy.yaml" in said(province, capsys, "check", "--lang", "en")
