"""Whatever people and units are called, each format of the address book gives it back."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from hopthu.diagnostics.problem import printable
from hopthu.directory.contacts import Contact
from hopthu.directory.format_csv import COLUMNS, as_csv
from hopthu.directory.format_json import as_json
from hopthu.directory.format_ldif import as_ldif
from hopthu.directory.format_vcard import as_vcard
from hopthu.directory.ldif import parse

TRICKS = st.sampled_from(
    (
        "=1+1", "+84", "-1", "@SUM(A1)", "\uff1d1", " =1", "\t=1", "\r=1", "'", '"', '""', ",", ";",
        ";=1", ';"=1', ",+1",
        "\\", "\\n", "\n", "\r\n", "\r\n ", "\nEND:VCARD", "\r\nEMAIL:x@y", ":", "::", "dn: x", " ",
        "Nguyễn", "Đ", "e\u0302\u0323", "\u2028", "\x85", "\x0b", "\ufeff", "\U0001f4e8", "é" * 80,
        "\u202e", "\u200b", "\u00a0",
    )
)  # fmt: skip
TEXT = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.lists(TRICKS, max_size=5).map("".join),
)
ADDRESSES = st.lists(st.from_regex(r"[a-z][a-z0-9.]{0,40}@x\.vn", fullmatch=True), min_size=1,
                     max_size=3).map(tuple)  # fmt: skip
CONTACT = st.builds(
    Contact,
    id=st.just("an"),
    kind=st.sampled_from(("person", "unit")),
    name=TEXT.filter(bool),
    family_name=TEXT,
    middle_name=TEXT,
    given_name=TEXT,
    title=TEXT,
    unit=st.just("stc"),
    unit_name=TEXT,
    addresses=ADDRESSES,
    dn=st.just("uid=an,ou=people,dc=x,dc=vn"),
)
PLAIN = Contact("an", "person", "An", "", "", "An", "", "stc", "STC", ("a@x.vn",), "uid=an")
CONTACTS = st.lists(CONTACT, max_size=3)
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
PROTECTED = re.compile(r'(^|[,;\t])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])')


@given(CONTACTS)
@example([replace(PLAIN, unit_name=";=")])
@example([replace(PLAIN, title=';"=1')])
def test_a_spreadsheet_reads_each_cell_and_computes_none(listed: Sequence[Contact]) -> None:
    """Divided at commas or at semicolons, no cell begins like a formula."""
    raw = as_csv(listed)
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [str(column) for column in COLUMNS] == rows[0]
    expected = [
        [
            PROTECTED.sub(r"\1'", text)
            for text in map(printable, (c.name, c.title, c.unit_name, c.addresses[0]))
        ]
        for c in listed
    ]
    assert expected == [row[:4] for row in rows[1:]]
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            assert not any(FORMULA.match(cell) for cell in row)


@given(CONTACTS)
@example([])
def test_a_phone_reads_each_card(listed: Sequence[Contact]) -> None:
    """No value ends its line or its card, and no line is too long or cut within a character."""
    cards = read_vcards(as_vcard(listed))
    assert len(listed) == len(cards)
    for contact, card in zip(listed, cards, strict=True):
        assert ["4.0"] == card["VERSION"]
        assert [printable(contact.name)] == [unescaped(value) for value in card["FN"]]
        assert list(contact.addresses) == [unescaped(value) for value in card["EMAIL"]]
        assert [printable(contact.unit_name)] * bool(contact.unit_name) == [
            unescaped(value) for value in card.get("ORG", [])
        ]
        assert [printable(contact.title)] * bool(contact.title) == [
            unescaped(value) for value in card.get("TITLE", [])
        ]
        if contact.kind == "person":
            parts = (contact.family_name, contact.given_name, contact.middle_name, "", "")
            assert [printable(part) for part in parts] == components(card["N"][0])


@given(CONTACT)
def test_a_directory_reads_each_entry(contact: Contact) -> None:
    """Values are in it as they are, also those that look like another entry."""
    text = as_ldif([contact]).decode("ascii")
    ((dn, entry),) = parse(text.removeprefix("version: 1\n")).items()
    assert contact.dn == dn
    assert (contact.name,) == entry["cn"] == entry["displayName"]
    assert contact.addresses[:1] == entry["mail"]
    assert ((contact.title,) if contact.title else ()) == entry.get("title", ())
    assert all(value for values in entry.values() for value in values)


@given(CONTACTS)
def test_a_program_reads_each_contact(listed: Sequence[Contact]) -> None:
    """With every field, and the day and domain they are of."""
    content = json.loads(as_json(listed, date(2026, 6, 1), "x.vn"))
    assert ("2026-06-01", "x.vn") == (content["on"], content["domain"])
    fields = Contact.__dataclass_fields__
    expected = [{name: getattr(c, name) for name in fields} for c in listed]
    assert expected == [{**c, "addresses": tuple(c["addresses"])} for c in content["contacts"]]


def read_vcards(raw: bytes) -> list[dict[str, list[str]]]:
    """Read vCards as RFC 6350 says, with nothing of the code under test."""
    assert raw == b"" or raw.endswith(b"\r\n")
    physical = raw.split(b"\r\n")[:-1]
    logical: list[str] = []
    for line in physical:
        assert b"\r" not in line
        assert b"\n" not in line
        assert len(line) <= 75
        text = line.decode("utf-8")
        if text.startswith(" "):
            logical[-1] += text[1:]
        else:
            logical.append(text)
    cards: list[dict[str, list[str]]] = []
    inside = False
    for line in logical:
        head, _, value = line.partition(":")
        name = head.split(";")[0]
        if name in {"BEGIN", "END"}:
            assert value == "VCARD"
            assert inside == (name == "END")
            inside = name == "BEGIN"
            if inside:
                cards.append({})
        else:
            assert inside
            cards[-1].setdefault(name, []).append(value)
    assert not inside
    return cards


def components(value: str) -> list[str]:
    """Divide a structured value at the semicolons that are not escaped."""
    return [unescaped(part) for part in re.findall(r"((?:[^\\;]|\\.)*)(?:;|$)", value)][:5]


def unescaped(value: str) -> str:
    """Take the escapes out of a value; none is there that RFC 6350 does not know."""
    assert not re.search(r"(?<!\\)(\\\\)*\\[^\\,;nN]", value)
    return re.sub(r"\\(.)", lambda match: match[1], value)
