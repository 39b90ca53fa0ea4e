"""The first day of a province: from its list of people to everybody who signs in."""

import imaplib
import re
import smtplib
import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from unicodedata import normalize

import pytest
import yaml
from labs import CHECKOUT, Lab, bring_up, git, in_network_of
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from benchmarks.names import draw
from hopthu.personnel import labels
from hopthu.verify.sieve import ManageSieve
from review_workbooks import change, put, tick

DOMAIN = "tinh.example.vn"
PEOPLE = 300
BASIS = "qd-17-vpubnd-2026"
ADOPTION = (
    f"- {{id: {BASIS}, kind: adoption, number: 17/QĐ-VPUBND, issuer: van-phong-ubnd-tinh, "
    "date: 2026-10-01}\n"
)
UNITS = {"phong-ngan-sach-so-tai-chinh": None, "so-tai-chinh": "stc", "so-y-te": "syt",
         "xa-hoa-binh": "xa.hoabinh"}  # fmt: skip
"""The units of the list, with their addresses."""
# As production, which knows nobody's password: those that a lab makes are left out.
INVENTORY = '''\
from hopthu.lab import inventory

_lab = inventory.joined()
_known = {"passwords", "first_passwords"}
globals().update({
    role: [(name, {key: data[key] for key in data.keys() - _known}) for name, data in hosts]
    for role, hosts in inventory.groups(_lab).items()
})
_throwaway = True
'''  # fmt: skip
WORDS = re.compile(r"(?:[bhkmnstv][aeou]){2}\d\d(?:-(?:[bhkmnstv][aeou]){2}\d\d){3}")
ADDRESS = re.compile(rf"[a-z0-9.]+@{re.escape(DOMAIN)}")
AT_ONCE = 8
"""So many sign in at the same time."""


def named(number: int) -> list[str]:
    """Return different names: with tones as they are typed in both ways, composed and not."""
    names = list(dict.fromkeys(draw(Random(12), 2 * number, 0.5)))[:number]  # noqa: S311
    return [normalize("NFD", name) if n % 5 == 0 else name for n, name in enumerate(names)]


def write_list(path: Path) -> None:
    """Write the list as offices keep it: a sheet of departments, and one of a commune."""
    book, names = Workbook(), iter(named(PEOPLE))
    departments = book.active
    assert isinstance(departments, Worksheet)
    departments.title = "Khối sở"
    header = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Phòng, ban", "Loại", "Từ ngày")
    _titled(departments, "DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC", header)
    number = 0
    for mark, unit, parts in (
        ("I", "SỞ TÀI CHÍNH", (None,) * 60 + ("Phòng Ngân sách",) * 40),
        ("II", "SỞ Y TẾ", (None,) * 100),
    ):
        departments.append((mark, unit))
        departments.merge_cells(f"B{departments.max_row}:G{departments.max_row}")
        for place, part in enumerate(parts):
            number += 1
            title = "Giám đốc" if place == 0 else "Chuyên viên"
            departments.append((number, next(names), "12/05/1980", title, part,
                                ("Công chức", "VC")[place % 2], _day(place)))  # fmt: skip
    departments.append((None, "NGƯỜI LẬP BIỂU", None, "GIÁM ĐỐC"))
    departments.append((None, "Phạm Thị Mận", None, "Hà Văn Giám"))
    commune = book.create_sheet("Xã Hòa Bình")
    columns = ("TT", "Họ và tên", None, "Chức danh", "CB", "CC", "Ngày bổ nhiệm")
    _titled(commune, "DANH SÁCH CÁN BỘ, CÔNG CHỨC CẤP XÃ", columns)
    commune.merge_cells("B4:C4")
    for place in range(PEOPLE - number):
        family, _, given = next(names).rpartition(" ")
        title = "Chủ tịch UBND xã" if place == 0 else "Văn phòng - Thống kê"
        marks = ("x", None) if place < 10 else (None, "x")
        commune.append((place + 1, family, given, title, *marks, f"2025-08-{place % 28 + 1:02d}"))
    book.save(path)


def _titled(sheet: Worksheet, title: str, header: Sequence[str | None]) -> None:
    sheet.append(("UBND TỈNH", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"))
    sheet.append((title,))
    sheet.merge_cells("A2:G2")
    sheet.append(())
    sheet.append([*header])


def _day(number: int) -> str | date | None:
    return (date(2020, 3, 15), f"{number % 28 + 1:02d}/04/2021", None)[number % 3]


def begun(lab: Lab, root: Path) -> None:
    """Make the repository of a province with its people, as docs/first-day.md does."""
    above = root.parent
    lab.hopthu("init", str(root), "--empty", "--domain", DOMAIN, "--province", "tỉnh Thử Nghiệm",
               root=above)  # fmt: skip
    path = above / "list.xlsx"
    write_list(path)
    _replace(root / "data/documents.yaml", r"(?m)^\[\].*\n", ADOPTION)
    (root / "inventory/first.py").write_text(INVENTORY, encoding="utf-8")
    book = above / "review.xlsx"
    review = ("import", str(path), "--review", str(book))
    lab.hopthu(*review, root=root)
    for asked in ("Khối sở", "Xã Hòa Bình"):
        put(book, labels.QUESTION_SHEET, {"Trang tính": asked, "Câu hỏi": labels.ABOUT["sheet"]},
            "Quyết định", labels.SEVERAL if asked == "Khối sở" else asked)  # fmt: skip
    blank = {"Danh sách ghi": labels.BLANK}
    put(book, labels.QUESTION_SHEET, blank, "Quyết định", labels.NO_UNIT)
    lab.hopthu(*review, root=root)
    tick(book)
    for title in ("Giám đốc", "Chủ tịch UBND xã"):
        change(book, labels.PERSON_SHEET, {"Chức danh": title}, "Thủ trưởng", labels.HEAD)
    command = ("import", str(book), "--basis", BASIS)
    lab.hopthu(*command, "--units", root=root)
    units = yaml.safe_load((root / "data/units.yaml").read_text(encoding="utf-8"))
    addresses = {each["id"]: each.get("mailbox", {}).get("address") for each in units}
    assert UNITS.items() <= addresses.items()
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begin")
    heads = sum(address is not None for address in UNITS.values())
    said = lab.hopthu(*command, root=root).stdout
    assert f"added: 0 unit(s), {PEOPLE} people, {heads} head(s); there already: 0" in said, said
    lab.hopthu("check", root=root)
    assert f"there already: {PEOPLE}," in lab.hopthu(*command, root=root).stdout
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The people")


def _replace(path: Path, old: str, new: str) -> None:
    text, number = re.subn(old, new, path.read_text(encoding="utf-8"))
    assert 1 == number, (path, old, number)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def province(tmp_path: Path) -> Iterator[tuple[Lab, Path]]:
    """Yield hosts that are up, and the repository of their province."""
    folder, root = tmp_path / "lab", tmp_path / "mail"
    begun(Lab(folder, (CHECKOUT,)), root)
    for lab in bring_up(folder, root=root, beside=(CHECKOUT,)):
        yield lab, root


def slips(folder: Path) -> Mapping[str, str]:
    """Return the password of each address, as the slips say it."""
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        for page in PdfReader(path).pages:
            text = page.extract_text()
            (password,), address = WORDS.findall(text), ADDRESS.findall(text)[0]
            assert address not in found
            found[address] = password
    return found


def test_everybody_signs_in_on_the_first_day(province: tuple[Lab, Path], tmp_path: Path) -> None:
    """Each of three hundred, with the password of their slip, and with no other."""
    lab, root = province
    lab.hopthu("apply", "first", "--yes", root=root)
    folder = tmp_path / "slips"
    lab.hopthu("credential", "issue", "--new", "--basis", BASIS, "--slips", str(folder), "first",
               root=root)  # fmt: skip
    passwords = slips(folder)
    assert PEOPLE == len(passwords) == len(set(passwords.values()))
    with in_network_of(lab) as (known, context):
        host = known.host("access1").address

        def reads(account: tuple[str, str]) -> str:
            with imaplib.IMAP4_SSL(host, 993, ssl_context=context, timeout=120) as imap:
                try:
                    imap.login(*account)
                    return imap.select("INBOX", readonly=True)[0]
                except imaplib.IMAP4.error as error:
                    return str(error)

        with ThreadPoolExecutor(AT_ONCE) as pool:  # threads begin in the network they are begun in
            answers = pool.map(reads, passwords.items())
            assert {} == {
                a: said for a, said in zip(passwords, answers, strict=True) if said != "OK"
            }
        some = list(passwords.items())[:: PEOPLE // 5]
        for account in some:
            with smtplib.SMTP_SSL(host, 465, context=context, timeout=120) as smtp:
                assert 235 == smtp.login(*account)[0]
            connect = partial(socket.create_connection, (host, 4190), timeout=120)
            with ManageSieve(host, connect, context) as filters:
                filters.sign_in(*account)
        (one, _), (_, of_another) = some[:2]
        assert "AUTHENTICATIONFAILED" in reads((one, of_another))
    lab.hopthu("apply", "first", "--yes", root=root)
    said = lab.hopthu("credential", "issue", "--new", "--basis", BASIS, "--slips", str(folder),
                      "first", root=root).stdout  # fmt: skip
    assert "Nobody of them lacks a password" in said
