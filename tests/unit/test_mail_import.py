"""`hopthu migrate`: the list, who is refused, what a store is told, and the report."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.credentials import memory
from hopthu.errors import Refused, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.mail_import import report
from hopthu.mail_import.accounts import Account, parse, secret_text
from hopthu.mail_import.chosen import Chosen, mailboxes, placed
from hopthu.mail_import.outcome import Missing, Outcome, broken_off, of_answer
from hopthu.mail_import.source import Source, address, authority, command, question
from hopthu.remote.copy_run import Result
from hopthu.remote.mail_messages import Code, Failure
from hopthu.validate import Loaded, read

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)
CANARY = "chim-hoang-yen"
HOSTILE = [
    CANARY, f'{CANARY}"', f"{CANARY}' $x %n %{{user}} <file", f"{CANARY}\\", f" {CANARY} ",
    f"{CANARY}ế", f"{CANARY},;", f"{CANARY}#",
]  # fmt: skip
SOURCE = Source("imap.example.vn", 993, True, "", "", "")


@pytest.fixture(scope="module")
def province() -> Loaded:
    return read(ROOT, ON)


@pytest.fixture(autouse=True)
def _dumpable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process as it is: it has children to start."""
    monkeypatch.setattr(memory, "conceal", lambda: None)
    monkeypatch.setattr("hopthu.cli.migrate.conceal", lambda: None)


def test_a_list_is_read() -> None:
    """With or without a line of names, and whatever a spreadsheet writes around it."""
    text = "\ufeffPerson,User,Password\r\n le-van-bay , bay@cu.vn,a b \r\n\r\nannv@x.vn,an,b\r\n"
    assert parse(text, "") == (
        Account(2, "le-van-bay", "bay@cu.vn", "a b "),
        Account(4, "annv@x.vn", "an", "b"),
    )
    assert (Account(1, "a", "b", ""),) == parse("a,b\n", "admin")
    assert (Account(1, "a", "b", ""),) == parse("a,b,\n", "admin")


@pytest.mark.parametrize("password", HOSTILE)
def test_any_password_goes_to_the_store_as_it_is(password: str) -> None:
    """On standard input as JSON: there is nothing to escape."""
    quoted = password.replace('"', '""')
    (account,) = parse(f'a,b,"{quoted}"\n', "")
    assert CANARY not in repr(account)
    program, asked, rest = question(SOURCE, account, "a", "personal", copy=True).split("\n")
    assert "" == rest
    assert (password, "b") == (json.loads(asked)["password"], json.loads(asked)["user"])
    assert CANARY not in program
    assert CANARY not in " ".join(command("a"))


def test_the_program_is_complete(tmp_path: Path) -> None:
    """A store has nothing of hopthu installed: all modules come along, and fit into a pipe."""
    text = question(SOURCE, Account(1, "a", "b", CANARY), "no-such", "unit", copy=True)
    with subprocess.Popen(
        [sys.executable, *command("a")[-3:]], cwd=tmp_path, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as program:  # fmt: skip
        assert program.stdin and program.stdout and program.stderr  # noqa: PT018
        program.stdin.write(text)
        program.stdin.flush()
        said = program.stdout.read()
        assert CANARY not in said + program.stderr.read()
    word, why = json.loads(said)
    assert ("failed", Failure("mailbox", "socket error: EOF")) == (word, Failure(**json.loads(why)))


@pytest.mark.parametrize(
    ("text", "administrator", "said"),
    [
        ("", "", "the list names nobody"),
        ("person,user,password\n", "", "the list names nobody"),
        (f"a,b\nc,d,{CANARY}\n", "", "line 1 of the list: there is no password"),
        (f"a,b,{CANARY}\n", "admin", "line 1 of the list: an administrator signs in"),
        (f"a,b,{CANARY}\nc,{CANARY}\n", "", "line 2 of the list: there is no password"),
        (f"a,b,{CANARY},d\n", "", "line 1 of the list: expected are person, user and password"),
        (f",b,{CANARY}\n", "", "line 1 of the list: expected are person, user and password"),
        (f"{CANARY}\n", "", "line 1 of the list: expected are person, user and password"),
        (f"a,b,{CANARY}\nA,c,{CANARY}\n", "", "line 2 of the list: this is in line 1 already"),
        (f"a,b,{CANARY}\nd,B,{CANARY}\n", "", "line 2 of the list: this is in line 1 already"),
        (f'a,b,"{CANARY}\nx"\n', "", "line 2 of the list: no name or password spans lines"),
        (f"a,b,{CANARY}\0\n", "", "line 1 of the list: "),
        (f'a,b,"{CANARY}"x\n', "", "line 1 of the list: "),
        (f'a,b,"{CANARY}\n', "", "line 1 of the list: "),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_without_what_it_holds(
    text: str, administrator: str, said: str
) -> None:
    """It may be the password that stands in the wrong place."""
    with pytest.raises(UsageError) as raised:
        parse(text, administrator)
    assert str(raised.value).startswith(said)
    assert raised.value.fix
    assert CANARY not in str(raised.value)


def test_every_wrong_line_is_named_at_once() -> None:
    """With what to do about each kind, once; what is right is not held back by it."""
    fixes = (
        "add it as third column, or give --admin if an administrator signs in",
        'as in: le-van-bay,bay,"old password"',
        "write the line again, and close its quotation marks",
        "remove one of both lines",
    )
    lines = [
        "person,user,password", f"a,b,{CANARY}", "c,d,", f"e,f,{CANARY},x", f'g,h,"{CANARY}"x',
        f"A,i,{CANARY}", "k,l,", f"a,B,{CANARY}",
    ]  # fmt: skip
    with pytest.raises(UsageError) as raised:
        parse("\n".join(lines), "")
    assert str(raised.value).splitlines() == [
        "line 3 of the list: there is no password",
        "line 4 of the list: expected are person, user and password",
        "line 5 of the list: ',' expected after '\"'",
        "line 6 of the list: this is in line 2 already",
        "line 7 of the list: there is no password",
        "line 8 of the list: this is in line 2 already",
        f"  fix: {'; '.join(fixes)}",
    ]


def test_of_many_wrong_lines_the_first_are_named() -> None:
    """The others are counted, in Vietnamese as well."""
    with pytest.raises(UsageError) as raised:
        parse("a,b,\n" * 5000, "")
    lines = translate(raised.value.what, "vi").splitlines()
    assert 21 == len(lines)
    assert "và 4980 vấn đề nữa" == lines[-1]


@pytest.mark.parametrize(
    "text",
    [
        "person,user,password\nle-van-binh,binh,a;b\n",
        "ID, User, Password\nle-van-binh,binh,a;b\n",
        'le-van-binh;binh;"a;b"\n',
        '\ufeffperson;user;password\r\nle-van-binh;binh;"a;b"\r\n',
    ],
)
def test_lists_are_read_as_spreadsheets_write_them(text: str) -> None:
    """With commas, or with the semicolons of a Vietnamese locale; the first line may be names."""
    (found,) = parse(text, "")
    assert ("le-van-binh", "binh", "a;b") == (found.person, found.user, found.password)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """So is one that is not there, and one that is not text."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b,\xff\n")
    path.chmod(0o640)
    with pytest.raises(Refused, match="others may read it\n  fix: chmod 600"):
        secret_text(path)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="it is not UTF-8\n  fix: save"):
        secret_text(path)
    with pytest.raises(UsageError, match=r"cannot read .*: No such file.*\n  fix: name"):
        secret_text(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("imap.cu.vn", ("imap.cu.vn", 993)),
        ("10.0.0.9:143", ("10.0.0.9", 143)),
    ],
)
def test_servers_are_named(text: str, found: tuple[str, int]) -> None:
    """By name or address, with a port or not."""
    assert found == address(text)


@pytest.mark.parametrize("text", ["", "a:0", "a:65536", "a:x", "-a", "a b", "imap://a", "a\n"])
def test_what_names_no_server_is_refused(text: str) -> None:
    """It is given to a store."""
    with pytest.raises(UsageError, match="is not the name of a server"):
        address(text)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """Before any password is sent."""
    path = tmp_path / "ca.pem"
    for content in (b"", b"nonsense", b"\xff", b"-----BEGIN CERTIFICATE-----\nx\n"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="has no certificate in PEM"):
            authority(path)
    with pytest.raises(UsageError, match="has no certificate in PEM: No such file"):
        authority(tmp_path / "none")


def accounts(*people: str) -> tuple[Account, ...]:
    """Return accounts of people, one a line."""
    return tuple(Account(n, person, f"u{n}", CANARY) for n, person in enumerate(people, 1))


def test_mailboxes_are_named_by_id_or_address(province: Loaded) -> None:
    """In any case, of people and of units."""
    found = mailboxes(province, ON, accounts("le-van-binh", "AnNV@thanhhoa.gov.vn", "so-noi-vu"))
    assert ["le-van-binh", "nguyen-van-an", "so-noi-vu"] == [each.id for each in found]


def test_all_who_cannot_be_served_are_named_at_once(province: Loaded) -> None:
    """Nothing begins before the list is right."""
    people = accounts("le-van-binh", "nobody", "nguyen-tien-dung", "nguyen-dinh-tu")
    with pytest.raises(Refused) as raised:
        mailboxes(province, ON, people)
    assert str(raised.value).splitlines() == [
        'line 2 of the list: "nobody": there is no mailbox of this id or address',
        'line 3 of the list: "nguyen-tien-dung": the mailbox is locked',
        'line 4 of the list: "nguyen-dinh-tu": the mailbox is closed',
        "  fix: correct these lines, or leave them out of the list",
    ]


def test_one_mailbox_is_not_filled_twice_at_once(province: Loaded) -> None:
    """By its id and by its address."""
    with pytest.raises(Refused, match=r"line 2 of the list: .*: is in line 1 already"):
        mailboxes(province, ON, accounts("nguyen-van-an", "annv@thanhhoa.gov.vn"))


def test_those_named_twice_are_named_with_the_others(province: Loaded) -> None:
    """In the order of the list; of many the first, and how many more there are."""
    people = ("nguyen-van-an", "nobody", "annv@thanhhoa.gov.vn", "le-van-binh", "binhlv")
    with pytest.raises(Refused) as raised:
        mailboxes(province, ON, accounts(*people, *["nobody"] * 3000))
    first, second, third, *rest, last = translate(raised.value.what, "vi").splitlines()
    assert first.startswith('dòng 2 của danh sách: "nobody": ')
    assert second.startswith('dòng 3 của danh sách: "annv@thanhhoa.gov.vn": ')
    assert third.startswith('dòng 5 của danh sách: "binhlv": ')
    assert (17, "và 2983 vấn đề nữa") == (len(rest), last)


STORE = Host("store1", "store1.x.vn", "10.0.0.1", frozenset({"store", "directory"}), ("store1",))
INVENTORY = Inventory(Path("x.py"), Centre("x", (STORE,)), {"store1": {}}, {})


def entry(**attributes: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the entry of Lê Văn Bình with other attributes."""
    given = {"uid": "le-van-binh", "hopthuState": "active", "mailHost": STORE.fqdn} | attributes
    return {"uid=x": {name: (value,) for name, value in given.items()}}


def test_who_is_not_on_a_store_yet_or_is_to_move_is_refused(province: Loaded) -> None:
    """What is copied to the old store after the last copy would be lost."""
    people = accounts("le-van-binh")
    found = mailboxes(province, ON, people)
    (ready,) = placed(people, found, INVENTORY, entry())
    assert STORE == ready.store
    for entries, reason in (
        ({}, "the servers do not have the mailbox yet"),
        (entry(hopthuState="locked"), "the servers do not have the mailbox yet"),
        (entry(mailHost="other.x.vn"), "the servers do not have the mailbox yet"),
        (entry(hopthuMoving="b"), "the mailbox is to move to another store"),
        (entry(hopthuFrozen="TRUE"), "the mailbox is to move to another store"),
    ):
        with pytest.raises(Refused, match=reason):
            placed(people, found, INVENTORY, entries)


@pytest.fixture
def ready(province: Loaded) -> Chosen:
    people = accounts("le-van-binh")
    return Chosen(people[0], mailboxes(province, ON, people)[0], STORE)


@pytest.mark.parametrize(
    ("code", "detail", "said"),
    [
        ("unreachable", "refused", "store1 cannot reach imap.example.vn:993: refused\n  fix: let "),
        ("tls", "odd", "imap.example.vn:993 does not prove that it is the one: odd\n  fix: name"),
        ("sign-in", "", "imap.example.vn:993 refuses the sign-in of u1: no output"),
        ("no-administrator", "", "imap.example.vn:993 lets no administrator sign in"),
        ("large", "", "1025 MiB are to be copied, and the quota leaves 1024"),
        ("full", "", "the mailbox is full\n  fix: write a larger `quota` for "),
        ("busy", "", "another run copies into this mailbox"),
        ("mailbox", "x", "store1 does not open the mailbox: x\n  fix: run it again"),
        ("lost", "x", "the connection to imap.example.vn:993 was lost: x\n  fix: run it again"),
    ],
)  # fmt: skip
def test_each_failure_says_how_to_go_on(ready: Chosen, code: Code, detail: str, said: str) -> None:
    """In the words of a person, with those of the server behind."""
    outcome = of_answer(ready, Failure(code, detail, 2**30 + 1, 2**30), SOURCE)
    text = report.as_text([outcome], "en", copy=True)
    assert f"le-van-binh: failed: {said}" in text
    assert outcome.failed
    assert CANARY not in text + report.as_json([outcome], SOURCE, "en", copy=True)


COUNTS = Result(
    folders=2, there=10, bytes=99, known=4, copied=3, moved=1, marked=2,
    views=["Tất cả"], wrong=[("Hồ sơ", 0, "no"), ("INBOX", 7, "odd\x1b[2J")],
)  # fmt: skip


def test_the_report_of_a_mailbox(ready: Chosen) -> None:
    """What was copied and what was not, without what would confuse a terminal."""
    outcome = of_answer(ready, COUNTS, SOURCE)
    text = report.as_text([outcome, broken_off(ready, "")], "en", copy=True)
    first, *rest = text.splitlines()
    assert first == (
        "le-van-binh: 10 message(s) there, 8 here: 3 copied now, 4 before, 1 moved as there, "
        "2 with new flags; 0 doubled"
    )
    assert rest == [
        "  left out, as they show messages of other folders: Tất cả",
        "  not copied: the folder Hồ sơ: no",
        "  not copied: message 7 of INBOX: odd\\u001b[2J",
        "le-van-binh: failed: the copy ended early: no output",
        "  fix: run it again: it goes on where it stopped",
        "2 mailbox(es): 0 complete, 2 not; 3 message(s) copied now.",
    ]
    found = json.loads(report.as_json([outcome], SOURCE, "en", copy=True))
    assert ("imap.example.vn:993", False) == (found["from"], found["dry_run"])
    (person,) = found["mailboxes"]
    assert (10, 8, 3, True) == (
        person["there"], person["here"], person["copied"], person["failed"]
    )  # fmt: skip
    assert {"folder": "Hồ sơ", "uid": 0, "reason": "no"} == person["missing"][0]


def test_a_long_list_of_messages_is_cut_in_the_text(ready: Chosen) -> None:
    """JSON has them all."""
    outcome = Outcome(ready, missing=tuple(Missing("A", n, "x") for n in range(1, 31)))
    assert "  and 20 more\n" in report.as_text([outcome], "en", copy=True)
    found = json.loads(report.as_json([outcome], SOURCE, "en", copy=True))
    assert 30 == len(found["mailboxes"][0]["missing"])


def test_a_dry_run_counts(ready: Chosen) -> None:
    """And says that it has done nothing."""
    outcome = replace(of_answer(ready, COUNTS, SOURCE), missing=(), left_out=())
    assert report.as_text([outcome], "en", copy=False) == (
        "le-van-binh: 10 message(s) there, 8 here\n"
        "1 mailbox(es): 10 message(s) there, 8 here; 0 failed. Nothing was copied.\n"
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command in the shipped data; return its exit code and what it said of errors."""
    code = main(["migrate", "lab", "--root", str(ROOT), "--lang", "en", *arguments])
    return code, capsys.readouterr().err


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return a file with one person, for its owner alone."""
    path = tmp_path / "people.csv"
    path.touch(mode=0o600)
    path.write_text(f"le-van-binh,binh,{CANARY}\n", encoding="utf-8")
    return path


def test_what_cannot_be_meant_is_said_before_anything_begins(
    capsys: pytest.CaptureFixture[str], people: Path, tmp_path: Path
) -> None:
    """With exit 2, or 3 for what a guard refuses."""
    base = ("--people", str(people))
    ca = ("--ca", str(people))
    for arguments, code, said in (
        (("--from", "a b", *base), 2, "is not the name of a server"),
        (
            ("--from", "a", *base, "--without-tls", *ca),
            2,
            "--ca and --without-tls cannot be used",
        ),
        (("--from", "a", *base, *ca), 2, "has no certificate in PEM"),
        (("--from", "a", *base, "--admin-password", "x"), 2, "of no use without --admin"),
        (("--from", "a", *base, "--admin", "x"), 2, "an administrator signs in"),
        (("--from", "a", "--people", str(tmp_path / "x")), 2, "cannot read"),
        (("--from", "a", *base, "--jobs", "9"), 2, "--jobs"),
    ):
        assert code == (found := run(capsys, *arguments))[0], found
        assert said in found[1]
        assert CANARY not in found[1]
    people.chmod(0o644)
    code, said = run(capsys, "--from", "a", *base)
    assert 3 == code
    assert "others may read it" in said


def test_without_a_terminal_an_administrator_needs_a_file(
    capsys: pytest.CaptureFixture[str], people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is there to ask; nor is there a list to read, if that is what is named."""
    people.write_text("le-van-binh,binh\n")
    monkeypatch.setattr("sys.stdin", None)
    code, said = run(capsys, "--from", "a", "--people", "-", "--admin", "x")
    assert 2 == code
    assert "standard input is closed" in said
    code, said = run(capsys, "--from", "a", "--people", str(people), "--admin", "x")
    assert 2 == code
    assert "add --admin-password FILE" in said
    secret = people.with_name("secret")
    secret.touch(mode=0o600)
    code, said = run(capsys, "--from", "a", "--people", str(people), "--admin", "x",
                     "--admin-password", str(secret))  # fmt: skip
    assert 2 == code
    assert "the administrator's password is empty" in said
