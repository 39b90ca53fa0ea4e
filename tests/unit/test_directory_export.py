"""`hopthu directory export`: the address book of a day, in four formats."""

import csv
import io
import json
import os
from datetime import date
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.desired.lists import MailList, Place
from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.contacts import Contact, contacts
from hopthu.directory.format_csv import as_csv
from hopthu.directory.format_ldif import as_ldif
from hopthu.directory.format_vcard import as_vcard
from hopthu.directory.ldif import parse

ROOT = Path(__file__).parents[2]
DAY = "2026-11-25"


def mailbox(key: str, name: str, unit: str, **more: object) -> Mailbox:
    fields: dict[str, object] = {
        "kind": "personal", "addresses": (key,), "state": "active", "store": "store1",
        "quota": 1, "unit_name": {"stc": "Sở Tài chính", "xa": "Xã Đồng Tiến"}[unit],
    }  # fmt: skip
    return Mailbox(id=key, name=name, unit=unit, **{**fields, **more})  # type: ignore[arg-type]


def listed(*mailboxes: Mailbox) -> tuple[Contact, ...]:
    desired = Desired(date(2026, 6, 1), "x.vn", mailboxes, (), ())
    return contacts(desired, lambda _: True)


AN = mailbox("an", "Nguyễn Văn An", "stc", addresses=("annv", "an.nguyen"), title="Chuyên viên")
STC = mailbox("stc", "Sở Tài chính", "stc", kind="unit")
(CONTACT,) = listed(AN)


def export(*arguments: str) -> int:
    return main(["directory", "export", "--root", str(ROOT), *arguments]) or 0


def test_units_are_in_order_each_before_its_people() -> None:
    """Units by their names, people by given name, then family name."""
    found = listed(
        mailbox("xa", "Xã Đồng Tiến", "xa", kind="unit"),
        mailbox("binh", "Cao Thanh Bình", "stc"),
        mailbox("an2", "Lê Văn An", "xa"),
        mailbox("an3", "Trần Văn An", "stc"),
        AN,
        STC,
    )
    assert ["stc", "an", "an3", "binh", "xa", "an2"] == [contact.id for contact in found]


@pytest.mark.parametrize(
    ("state", "shown"),
    [("active", 1), ("locked", 1), ("redirected", 0), ("closed", 0), ("archived", 0)],
)
def test_whoever_receives_mail_is_listed(state: str, shown: int) -> None:
    """As in the directory: locked mailboxes do, closed ones do not."""
    assert shown == len(listed(mailbox("an", "Nguyễn Văn An", "stc", state=state)))


def test_a_list_follows_the_unit_that_writes_to_it() -> None:
    """One that nobody is on leads nowhere, and is left out."""
    lists = tuple(
        MailList(f"{key}/stc", f"{key}_stc", f"{key} – Sở Tài chính", "stc", places)
        for key, places in (("canbo", (Place("an", "an"),)), ("trong", ()))
    )
    desired = Desired(date(2026, 6, 1), "x.vn", (AN, STC), (), (), lists=lists)
    found = contacts(desired, lambda _: True)
    assert ["stc", "canbo/stc", "an"] == [each.id for each in found]
    assert ("list", ("canbo_stc@x.vn",)) == (found[1].kind, found[1].addresses)
    assert b"mail: canbo_stc@x.vn" in as_ldif(found)
    assert b"EMAIL;TYPE=work;PREF=1:canbo_stc@x.vn" in as_vcard(found)


def test_a_mailbox_without_an_address_is_left_out() -> None:
    """Nobody could write to it."""
    assert () == listed(mailbox("stc", "Sở Tài chính", "stc", kind="unit", addresses=()))


def test_parts_of_a_name() -> None:
    """Family name first, given name last; a single word is a given name."""
    an, chi = listed(AN, mailbox("chi", "Chi", "xa"))
    assert ("Nguyễn", "Văn", "An") == (an.family_name, an.middle_name, an.given_name)
    assert ("", "", "Chi") == (chi.family_name, chi.middle_name, chi.given_name)
    (unit,) = listed(STC)
    assert ("", "", "") == (unit.family_name, unit.middle_name, unit.given_name)


def test_table() -> None:
    """Excel knows UTF-8 by its mark; words around the data are in the language of the run."""
    text = as_csv([CONTACT], "vi")
    assert (
        "\ufeffHọ và tên,Chức danh,Đơn vị,Địa chỉ thư,Địa chỉ thư khác,Họ,Tên,Loại,Mã\r\n"
        "Nguyễn Văn An,Chuyên viên,Sở Tài chính,annv@x.vn,an.nguyen@x.vn,Nguyễn,An,người,an\r\n"
    ) == text.decode("utf-8")


def test_vcard() -> None:
    """RFC 6350; the same contact has the same identifier in each export."""
    expected = (
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:f82d6807-3b07-5c1b-8c87-dc32e96763dc\r\n"
        "KIND:individual\r\nFN:Nguyễn Văn An\r\nN:Nguyễn;An;Văn;;\r\n"
        "EMAIL;TYPE=work;PREF=1:annv@x.vn\r\nEMAIL;TYPE=work;PREF=2:an.nguyen@x.vn\r\n"
        "ORG:Sở Tài chính\r\nTITLE:Chuyên viên\r\nEND:VCARD\r\n"
    )
    assert expected == as_vcard([CONTACT]).decode()


def test_a_long_line_is_folded_between_characters() -> None:
    """At most 75 octets, of which a Vietnamese letter is up to three (RFC 6350, 3.2)."""
    raw = as_vcard(listed(mailbox("an", "Ễ" * 60, "stc")))
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    assert f"FN:{'Ễ' * 60}".encode() in raw.replace(b"\r\n ", b"")


def test_ldif() -> None:
    """People and units with attributes that every directory and mail program knows."""
    found = parse(as_ldif(listed(STC, AN)).decode().removeprefix("version: 1\n"))
    assert found["uid=an,ou=people,dc=x,dc=vn"] == {
        "objectClass": ("inetOrgPerson",),
        "cn": ("Nguyễn Văn An",),
        "sn": ("Nguyễn",),
        "givenName": ("An",),
        "displayName": ("Nguyễn Văn An",),
        "title": ("Chuyên viên",),
        "ou": ("Sở Tài chính",),
        "uid": ("an",),
        "mail": ("annv@x.vn",),
    }
    assert ("stc",) == found["ou=stc,ou=units,dc=x,dc=vn"]["ou"]


def test_only_some_units(capsys: pytest.CaptureFixture[str]) -> None:
    """And those below them, as of the day."""
    assert 0 == export("--unit", "so-tai-chinh", "--format", "json", "--on", DAY)
    found = json.loads(capsys.readouterr().out)
    assert (DAY, "thanhhoa.gov.vn") == (found["on"], found["domain"])
    units = {contact["unit"] for contact in found["contacts"]}
    assert {"so-tai-chinh", "phong-ngan-sach-so-tai-chinh"} <= units
    assert "so-noi-vu" not in units
    assert "annv@thanhhoa.gov.vn" in str(found)


def test_the_day_decides(tmp_path: Path) -> None:
    """Whoever has left is in the book of the day before, and in no later one."""
    names = []
    for day in ("2026-05-31", "2026-06-01"):
        assert 0 == export("-o", str(tmp_path / "book.csv"), "--on", day)
        text = (tmp_path / "book.csv").read_text(encoding="utf-8-sig")
        names.append({row[0] for row in csv.reader(io.StringIO(text))})
    before, after = names
    assert "Nguyễn Đình Tự" in before - after


def test_an_unknown_unit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Nothing is written."""
    assert 2 == export("--unit", "so-khong-co", "-o", str(tmp_path / "a"), "--lang", "en")
    assert 'there is no unit "so-khong-co"' in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It is not made for a slip of the pen: nobody would look for the file in it."""
    assert 2 == export("-o", str(tmp_path / "bok" / "book.csv"), "--on", DAY, "--lang", "en")
    said = capsys.readouterr().err
    assert f"bok/book.csv cannot be written: there is no folder {tmp_path / 'bok'}" in said
    assert "fix: create the folder, or write to another one" in said
    assert not (tmp_path / "bok").exists()


@pytest.mark.parametrize(
    ("name", "there"),
    [("units.yaml", b"- id: a\n"), ("a.csv", b"PK\3\4"), ("README.md", b"# a\n"), ("a", b"a")],
)
def test_what_hopthu_did_not_write_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, there: bytes
) -> None:
    """A slip of the pen would put the address book in the place of the units, or of a list."""
    (tmp_path / name).write_bytes(there)
    assert 2 == export("-o", str(tmp_path / name), "--on", DAY, "--lang", "en")
    assert f"{name} is there already, and is no file that hopthu writes" in capsys.readouterr().err
    assert there == (tmp_path / name).read_bytes()


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    """As `mktemp` makes one."""
    (tmp_path / "a").touch()
    assert 0 == export("-o", str(tmp_path / "a"), "--on", DAY)
    assert (tmp_path / "a").stat().st_size


def test_what_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    """A pipe is written to; nothing takes its place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    both_ends = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    assert 0 == export("--unit", "so-noi-vu", "-o", str(pipe), "--on", DAY)
    assert os.read(both_ends, 2**16)
    os.close(both_ends)
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The error names it, and what is there stays."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert export("-o", str(tmp_path / "file" / "book.csv"), "--on", DAY, "--lang", "en") != 0
    assert "cannot be written" in capsys.readouterr().err
    assert "x" == (tmp_path / "file").read_text(encoding="utf-8")
