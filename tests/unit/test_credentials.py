"""Issued passwords: how they are made, kept, sent, handed out and recorded."""

from __future__ import annotations

import base64
import json
import math
import re
import resource
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fontTools.ttLib import TTFont
from passlib.hash import argon2
from pypdf import PageObject, PdfReader

from hopthu.credentials.issued import Issued, changes, dates, deadline, make
from hopthu.credentials.printing import Printing
from hopthu.credentials.slips import Occasion, pdf, prepare, write
from hopthu.desired.state import Mailbox
from hopthu.directory import passwords
from hopthu.directory.password_rules import max_age
from hopthu.directory.passwords import spoken_password
from hopthu.docs import slips
from hopthu.errors import Refused
from hopthu.i18n.message import Message
from hopthu.model.calendar import VIETNAM
from hopthu.model.policy import Passwords, Policy
from regulations import THANH_HOA

NOW = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)  # half past three on the 28th in Vietnam
UNTIL = datetime(2026, 12, 27, 23, 59, 59, tzinfo=VIETNAM)
UNITS = ("Ủy ban nhân dân tỉnh Thử Nghiệm", "Văn phòng Ủy ban nhân dân tỉnh")
OCCASION = Occasion("example.vn", UNTIL, Message("official letter 12/VP-VX of 2026-11-25"), False,
                    date(2026, 11, 28), UNITS, THANH_HOA)  # fmt: skip


def mailbox(key: str, name: str, unit: str = "stc") -> Mailbox:
    return Mailbox(key, "personal", name, (key,), "active", "store1", 1, unit, "Sở Tài chính",
                   title="Chuyên viên")  # fmt: skip


def issued(key: str, name: str) -> Issued:
    return Issued(mailbox(key, name), spoken_password(), "{ARGON2}$hash")


def test_a_password_can_be_read_aloud() -> None:
    """Groups of syllables and digits; no letter or digit that looks or sounds like another."""
    for _ in range(200):
        password = spoken_password()
        assert re.fullmatch(r"([bhkmnstv][aeou][bhkmnstv][aeou][2-9]{2}-?){4}(?<!-)", password)


def test_a_password_has_64_bits() -> None:
    """More than 60, counted from what it is drawn of; each place is drawn with `secrets`."""
    syllable = len(passwords._CONSONANTS) * len(passwords._VOWELS)
    group = syllable**2 * len(passwords._FIGURES) ** 2
    assert 64 == math.log2(group**passwords._GROUPS)
    assert 500 == len({spoken_password() for _ in range(500)})


def test_everybody_gets_a_password_of_their_own() -> None:
    """With its hash, made here: Argon2id as the directory makes it."""
    first, second = make([mailbox("an", "Nguyễn Văn An"), mailbox("hoa", "Trần Thị Hoa")])
    assert first.password != second.password
    assert argon2.verify(first.password, first.hash.removeprefix("{ARGON2}"))
    assert "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$" == first.hash[:39]


def test_slips_are_made_while_passwords_are_hashed(tmp_path: Path) -> None:
    """Whoever was refused has none, though one was made; a folder that is gone is said to be."""
    people = [mailbox("an", "Nguyễn Văn An"), mailbox("hoa", "Trần Thị Hoa")]
    printing = Printing({people[0].unit: tmp_path / "stc.pdf"}, OCCASION)
    first, _ = make(people, printing.draft)
    assert [] == list(tmp_path.iterdir())
    assert [] == list(printing.write([first]))
    (page,) = PdfReader(tmp_path / "stc.pdf").pages
    assert first.password in page.extract_text()
    ((path, error),) = printing.write([first])
    assert (tmp_path / "stc.pdf", True) == (path, isinstance(error, FileExistsError))


def test_an_error_ends_hashing() -> None:
    """Such as Ctrl-C: nobody waits for the hashes of thousands."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make([mailbox("an", "Nguyễn Văn An")] * 5000, interrupted)


def test_no_text_of_it_has_the_password() -> None:
    """An error that quotes it quotes neither password nor hash."""
    one = issued("an", "Nguyễn Văn An")
    assert one.password not in repr(one)
    assert one.hash not in repr(one)


def test_a_password_ends_with_a_day_in_vietnam() -> None:
    """Where it is the 28th already, whatever the clock of this machine says."""
    policy = Policy(passwords=Passwords(first_days=29))
    assert UNTIL == deadline(policy, NOW)


def test_the_directory_gets_hashes_and_the_deadline() -> None:
    """That the password is to be replaced, and nothing else."""
    one = issued("an", "Nguyễn Văn An")
    text = changes([one], "example.vn", UNTIL)
    assert text == (
        "dn: uid=an,ou=people,dc=example,dc=vn\nchangetype: modify\n"
        "replace: userPassword\nuserPassword: {ARGON2}$hash\n-\n"
        "replace: pwdReset\npwdReset: TRUE\n-\n"
        "replace: hopthuPasswordUntil\nhopthuPasswordUntil: 20261227165959Z\n-\n\n"
    )
    assert one.password not in text
    assert base64.b64encode(one.password.encode()).decode() not in text


def test_slapd_is_told_the_deadline_by_the_age_of_the_password() -> None:
    """At the deadline it is as old as a password may be; without a limit of policy, 30 years."""
    one = issued("an", "Nguyễn Văn An")
    assert dates([one], "example.vn", UNTIL, max_age(Policy())) == (
        "dn: uid=an,ou=people,dc=example,dc=vn\nchangetype: modify\n"
        "replace: pwdChangedTime\npwdChangedTime: 19970103165959Z\n-\n\n"
    )
    yearly = Policy(passwords=Passwords(max_age_days=365))
    assert "20251227165959Z" in dates([one], "example.vn", UNTIL, max_age(yearly))


def test_memory_is_concealed() -> None:
    """No core dump, and no other program of this user reads it: prctl(2)."""
    program = (
        "import resource\nfrom pathlib import Path\n"
        "from hopthu.credentials.memory import conceal\n"
        "conceal()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), Path('/proc/self/mem').stat().st_uid)\n"
        "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    assert resource.getrlimit(resource.RLIMIT_CORE)[1] != 0, "nothing to see here"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert ["(0, 0) 0", "0"] == done.stdout.splitlines()


def texts(content: bytes, folder: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    path = folder / "read.pdf"
    path.write_bytes(content)
    reader = PdfReader(path)
    assert {(419.53, 595.28)} == {
        (round(float(p.mediabox.width), 2), round(float(p.mediabox.height), 2))
        for p in reader.pages
    }, "A5"
    return [page.extract_text() for page in reader.pages]


def test_a_slip_says_all_its_owner_needs(tmp_path: Path) -> None:
    """In Vietnamese: who, where, how, until when, on what, and the duties with their articles."""
    one = issued("an", "Nguyễn Thế Ước Ợt Ữ")
    (text,) = texts(pdf([one], OCCASION), tmp_path)
    flat = " ".join(text.split())
    for part in (
        "PHIẾU CẤP TÀI KHOẢN THƯ ĐIỆN TỬ CÔNG VỤ", "Nguyễn Thế Ước Ợt Ữ", "Sở Tài chính",
        "Chuyên viên", "an@example.vn", one.password, "12/VP-VX", "27/12/2026",
        "mail.example.vn", "993", "465", "khoản 4 Điều 6", "khoản 5 Điều 6", "Điều 8",
        "postmaster@example.vn", "636", "uid=an,ou=people,dc=example,dc=vn",
        "ỦY BAN NHÂN DÂN TỈNH THỬ NGHIỆM", "VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH", "28/11/2026",
        "ldappasswd -H ldaps://mail.example.vn -W -A -S -D uid=an,ou=people,dc=example,dc=vn",
        "NGƯỜI NHẬN", "(Ký, ghi rõ họ tên)",
    ):  # fmt: skip
        assert part in flat


def test_a_slip_has_the_command_of_the_pages(tmp_path: Path) -> None:
    """That which tests of the lab run: tests/lab/test_own_password.py."""
    (own, client) = (texts(content, tmp_path)[0] for _, content in slips.samples(slips.ROOT))
    for name in ("own-password.md", "doi-mat-khau.md"):
        page = (slips.ROOT / "docs" / name).read_text(encoding="utf-8")
        (command,) = re.findall(r"(?m)^ldappasswd .*$", page)
        assert command.replace("nguyen-van-an", "le-van-bay") in " ".join(own.split())
    assert "ldappasswd" not in client


def test_what_is_cut_off_says_who_signs_and_no_password(tmp_path: Path) -> None:
    """Who hands the slip out keeps it."""
    one = issued("an", "Nguyễn Văn An")
    (text,) = texts(pdf([one], OCCASION), tmp_path)
    above, kept = text.split("PHẦN LƯU")
    assert one.password in above
    assert one.password not in kept
    for part in ("Nguyễn Văn An", "Sở Tài chính", "an@example.vn", "Ngày ......"):
        assert part in kept


class Word(NamedTuple):
    """A text on a page, and the rectangle it takes up in points; `top` is above `bottom`."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    def meets(self, other: Word) -> bool:
        """Tell whether two lie over each other."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.top <= other.bottom or other.top <= self.bottom)


@cache
def faces() -> dict[str, TTFont]:
    """Return the fonts of slips, by the name that a PDF has of each."""
    folder = Path(passwords.__file__).parents[1] / "credentials" / "fonts"
    found = [TTFont(path) for path in folder.glob("*.ttf")]
    named = [(font["name"].getDebugName(1), font["name"].getDebugName(2)) for font in found]
    return {"".join(name).replace(" ", ""): font for name, font in zip(named, found, strict=True)}


def words(page: PageObject) -> list[Word]:
    """Return all texts of a page with where they are, by the measures of their fonts."""
    found: list[Word] = []

    def visit(text: str, _cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip():
            face = faces()[font["/BaseFont"].partition("+")[2]]
            scale, names = size / face["head"].unitsPerEm, face.getBestCmap()
            width = sum(face["hmtx"][names[ord(c)]][0] for c in text.strip()) * scale
            glyphs = [face["glyf"][names[ord(c)]] for c in text if not c.isspace()]
            low, high = min(g.yMin for g in glyphs) * scale, max(g.yMax for g in glyphs) * scale
            found.append(Word(text, tm[4], tm[4] + width, tm[5] + low, tm[5] + high))

    page.extract_text(visitor_text=visit)
    return found


SHARP = "Nguyễn Phước Bảo Quỳnh Anh Đoan Trang Tôn Nữ Thị Hoàng Thiên Kim Ngọc Ánh"
UNIT = "Ban Quản lý Khu kinh tế Nghi Sơn và các Khu công nghiệp tỉnh Thanh Hóa"
TITLE = "Phó Trưởng phòng Quản lý Quy hoạch và Xây dựng khu vực miền núi phía Tây"


def slip(name: str, title: str, unit: str, key: str, label: str = "") -> Issued:
    """Return a password for somebody whose record says so."""
    owner = Mailbox(key, "personal", name, (key,), "active", "store1", 1, "u", unit, title=title)
    return Issued(owner, spoken_password(), "", label)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "by", "pages"),
    [
        (slip("An", "", "Sở", "an"), UNITS, 1),
        (slip(SHARP, TITLE, UNIT, "nguyen-phuoc-bao-quynh-anh-doan-trang-12"), UNITS, 1),
        (slip(SHARP, TITLE, UNIT, "a" * 60, "Máy tính để bàn ở nhà của gia đình em"), UNITS, 1),
        # As much as the schema lets anybody write, in words that cannot be broken at a blank.
        (slip("Ế" * 100, "Ộ" * 120, "Ẵ" * 200, "m" * 64, "W" * 40), ("Ữ" * 200, "Ậ" * 200), 2),
        (slip("Ế" * 100, "Ộ" * 120, "Ẵ" * 200, "m" * 64), ("Ữ" * 200, "Ậ" * 200), 2),
        (slip("ngh " * 25, "g j " * 30, "y " * 100, "q" * 64), ("Q, " * 66,), 2),
    ],
)
def test_no_words_of_a_slip_lie_over_each_other(
    one: Issued, by: Sequence[str], pages: int, tmp_path: Path
) -> None:
    """However long they are; nor over the margin, and whoever is not absurd has one page."""
    content = pdf([one, one], replace(OCCASION, by=by))
    (tmp_path / "read.pdf").write_bytes(content)
    found = PdfReader(tmp_path / "read.pdf").pages
    assert 2 * pages == len(found)
    for page in found:
        drawn = words(page)
        assert [] == [(a.text, b.text) for a, b in combinations(drawn, 2) if a.meets(b)]
        margin = 9.5 * 72 / 25.4
        assert margin < min(word.left for word in drawn)
        assert max(word.right for word in drawn) < page.mediabox.width - margin
        assert margin < min(word.bottom for word in drawn)
        assert max(word.top for word in drawn) < page.mediabox.height - margin
    shown = "".join("".join(page.extract_text().split()) for page in found)
    for text in (one.mailbox.name, one.mailbox.title, one.mailbox.unit_name, one.mailbox.id):
        assert "".join(text.split()) in shown


def test_slips_are_private(tmp_path: Path) -> None:
    """Whatever the umask; the folder as well."""
    folder = tmp_path / "slips"
    paths = prepare(folder, tmp_path / "repository", ["stc"])
    write(paths["stc"], pdf([issued("an", "Nguyễn Văn An")], OCCASION))
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE(paths["stc"].stat().st_mode)


def test_slips_are_not_put_where_others_read_them(tmp_path: Path) -> None:
    """Nor where they would be committed, nor over those of an earlier run."""
    root = tmp_path / "repository"
    with pytest.raises(Refused, match="is inside the repository"):
        prepare(root / "slips", root, ["stc"])
    assert not root.exists()
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with pytest.raises(Refused, match="can be opened by others"):
        prepare(shared, root, ["stc"])
    shared.chmod(0o700)
    (shared / "stc.pdf").touch()
    with pytest.raises(Refused, match="has the slips of an earlier run"):
        prepare(shared, root, ["stc"])
    assert {"snv": shared / "snv.pdf"} == prepare(shared, root, ["snv"])


@pytest.mark.slow
def test_fonts_have_vietnamese_and_what_minorities_write(tmp_path: Path) -> None:
    """Every letter of a name that `check` accepts is printed."""
    from hopthu.i18n.vietnamese import BREVE, LETTERS

    folder = Path(passwords.__file__).parents[1] / "credentials" / "fonts"
    wanted = {chr(c) for c in range(0x20, 0x2000) if re.match(f"[{LETTERS}{BREVE}]", chr(c))}
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        assert not {
            c
            for c in wanted | set("–'’ʼ@.,:/()")
            if ord(c) not in TTFont(folder / name).getBestCmap()
        }
    assert "Bitstream" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_the_journal_says_who_gave_whom_a_password_on_what() -> None:
    """`hopthu history PERSON` finds it; it has no secret."""
    from hopthu.credentials.evidence import finished
    from hopthu.history.journal import read
    from hopthu.history.overview import about
    from hopthu.history.record import Record

    one = issued("an", "Nguyễn Văn An")
    record = Record("20261127T203000Z-1a2b3c4", "a" * 40, "d", "2026-11-28", "Lê Bình",
                    "2026-11-27T20:30:00Z", documents=("cv-12-vx-2026",))  # fmt: skip
    text = finished(record, "dir1", [one], NOW, reset=True)
    assert one.password not in text
    assert "$hash" not in text
    line = json.dumps({"prev": "0" * 64, **json.loads(text)}) + "\n"
    (run,) = read(line).runs
    assert "Nguyễn Văn An: the password was reset [credential an]" == run.record.changes[0]
    assert about(run.record, {"an"})
    assert about(run.record, {"cv-12-vx-2026"})
    assert not about(run.record, {"binh"})
    assert ("Lê Bình", "applied", {"dir1": "applied"}) == (
        run.record.who, run.record.result, dict(run.hosts),
    )  # fmt: skip
    assert date(2026, 11, 28).isoformat() == run.record.on
