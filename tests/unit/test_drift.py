"""(recorded, found) → what is told, and what of it is new."""

import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.drift.collector import Report
from hopthu.drift.compare import compare, readable, unexpected, unknown_kinds
from hopthu.drift.entries import compare_entries
from hopthu.drift.report import as_json, as_text
from hopthu.drift.sentences import KINDS
from hopthu.drift.state_file import ReportedDrift
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import translate
from hopthu.inventory.topology import Centre, Host
from hopthu.remote import script

TOLD = [
    ("file /etc/a\td1 644 root root", "file /etc/a\td2 644 root root",
     "managed file /etc/a was changed"),
    ("file /etc/a\td1 644 root root", "file /etc/a\td1 666 root root",
     "managed file /etc/a is 666 root root, not 644 root root"),
    ("file /etc/a\td1 644 root root", "file /etc/a\tgone", "managed file /etc/a is gone"),
    ("file /etc/a\td1 644 root root", "file /etc/a\tlink:/etc/my\\040b 777 root root",
     "managed file /etc/a is now a link to /etc/my b"),
    ("file /etc/a\td1 644 root root", "", "/etc/a is no longer on the list of managed files"),
    ("", "file /etc/a\td1 644 root root",
     "/etc/a is on the list of managed files, but was not applied"),
    ("index /etc/a.lmdb\td1 600 root root", "index /etc/a.lmdb\td2 600 root root",
     "index /etc/a.lmdb was changed"),
    ("", "unit /etc/systemd/system/x.service\td 644 root root",
     "unknown systemd unit: /etc/systemd/system/x.service"),
    ("", "cron /etc/cron.d/a\\040b\\012c\td 644 root root",
     "unknown scheduled job: /etc/cron.d/a b\\u000ac"),
    ("", "sudo /etc/sudoers.d/x\td 440 root root", "unknown sudo rule: /etc/sudoers.d/x"),
    ("config /etc/hosts\td 644 root root", "", "file /etc/hosts is gone"),
    ("service slapd.service\tenabled active", "service slapd.service\tenabled inactive",
     "service slapd.service does not run"),
    ("service slapd.service\tenabled active", "service slapd.service\tenabled failed",
     "service slapd.service has failed"),
    ("service slapd.service\tenabled active", "service slapd.service\tmasked active",
     "service slapd.service is masked"),
    ("service rsync.service\tdisabled inactive", "service rsync.service\tdisabled active",
     "service rsync.service runs, and should not"),
    ("service slapd.service\tenabled active", "service slapd.service\tdisabled active",
     "service slapd.service is disabled active, not enabled active"),
    ("package slapd\t2.6", "package slapd\t2.6 hold", "package slapd is held back from updates"),
    ("package slapd\t2.6", "package slapd\t2.5 hold",
     "package slapd is held at version 2.5; 2.6 was applied"),
    ("package slapd\t2.6 hold", "package slapd\t2.6", "package slapd is no longer held"),
    ("package slapd\t2.6", "package slapd\t2.5",
     "package slapd has the version 2.5; 2.6 was applied"),
    ("package slapd\t2.6", "", "package slapd is gone"),
    ("", "package netcat\t1", "unknown package: netcat"),
    ("", "account eve\t1001 100 /home/eve /bin/bash set:aa", "unknown account: eve"),
    ("", "account eve\t0 0 /root /bin/bash set:aa", "unknown account with all rights of root: eve"),
    ("account a\t9 9 / /bin/sh locked", "account a\t0 9 / /bin/sh locked",
     "account a is 0 9 / /bin/sh, not 9 9 / /bin/sh"),
    ("account a\t9 9 / /bin/sh set:aa", "account a\t9 9 / /bin/sh set:bb",
     "account a has another password"),
    ("account a\t9 9 / /bin/sh locked", "account a\t9 9 / /bin/sh empty",
     "account a needs no password any more"),
    ("account a\t9 9 / /bin/sh set:aa", "account a\t9 9 / /bin/sh locked",
     "account a has no password any more"),
    ("group sudo\t27 -", "group sudo\t27 eve", "group sudo is 27 eve, not 27 -"),
    ("", "key root SHA256:x\td", "unknown SSH key for root: SHA256:x"),
    ("key root SHA256:x\td", "", "the SSH key SHA256:x of root is gone"),
    ("key root SHA256:x\td", "key root SHA256:x\te",
     "what the SSH key SHA256:x of root may do, or its comment, was changed"),
    ("", "listener tcp [::] 4444\tnc", "unknown listener: nc on [::] port 4444/tcp"),
    ("listener tcp [::] 22\tsshd", "", "sshd listens no longer on [::] port 22/tcp"),
    ("listener tcp [::] 22\tsshd", "listener tcp [::] 22\tnc",
     "on [::] port 22/tcp listens nc, not sshd"),
    ("", "ruleset ip evil\td", "unknown table of the packet filter: ip evil"),
    ("ruleset inet hopthu\td", "", "the packet filter does not have the table inet hopthu loaded"),
    ("ruleset inet hopthu\td", "ruleset inet hopthu\te",
     "the packet filter has other rules loaded in the table inet hopthu"),
    ("", "access stc user=eve lr", "eve was given rights in the mailbox of stc: lr"),
    ("access stc user=an lr", "", "an was taken rights in the mailbox of stc: lr"),
    ("", "pending postfix", "files of postfix were put, but their daemon has not taken them up"),
    ("", "sshd settings\trefused", "the settings of sshd are not valid"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "told"), TOLD)
def test_each_difference_is_a_sentence(was: str, now: str, told: str) -> None:
    """Also in Vietnamese, and never a note."""
    (found,) = compare("h1", [was] if was else [], [now] if now else [])
    assert told == found.summary
    assert ("h1", False) == (found.host, found.note)
    assert translate(found.summary, "vi") != found.summary


def test_every_kind_has_its_sentence() -> None:
    """What is told of the directory and of records is tested below."""
    seen = {(was or now).partition(" ")[0] for was, now, _ in TOLD}
    assert {"apply", "attribute", "entry", "record"} == KINDS.keys() - seen


def test_an_update_is_a_note() -> None:
    """As long as nobody keeps the package from the next one."""
    (found,) = compare("h", ["package a\t1"], ["package a\t2"], {"a"})
    assert (True, "package a was updated to 2; 1 was applied") == (found.note, found.summary)
    (found,) = compare("h", ["package a\t1"], ["package a\t2 hold"], {"a"})
    assert (False, "package a is held at version 2; 1 was applied") == (found.note, found.summary)


def test_a_thing_may_be_there_twice() -> None:
    """Two keys with one fingerprint, two accounts with one name: the second is told."""
    line = "account root\t0 0 /root /bin/bash locked"
    (found,) = compare("h", [line], [line, "account root\t0 0 /tmp /bin/sh set:aa"])
    assert "account root is " in found.summary


LINES = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS.keys() - {"record"})),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=5),
        st.sampled_from(["", "\ta b c d", "\tgone", "\tx"]),
    ).map(lambda parts: f"{parts[0]} {parts[1]} y z{parts[2]}")
)


@given(LINES, LINES)
def test_what_differs_is_told_and_nothing_else(was: list[str], now: list[str]) -> None:
    """Whatever the lines say: no crash, nothing of what is the same, the order does not matter."""
    assert [] == compare("h", was, list(reversed(was)))
    told = compare("h", was, now)
    names = {readable(line.partition("\t")[0]) for line in {*was} ^ {*now}}
    assert names == {drift.name for drift in told}
    assert sorted(told) == told
    only_was, only_now = {*was} - {*now}, {*now} - {*was}
    if len(names) == len(only_was) + len(only_now):
        assert [d.name for d in told] == [d.name for d in compare("h", only_was, only_now)]


def word(name: bytes) -> str:
    """Return `name` as hopthu/remote/baseline.sh writes it."""
    function = script("baseline.sh").partition("word() {")[2].partition("\n}\n")[0]
    program = f'export LC_ALL=C\nword() {{{function}\n}}\nword "$1"; printf %s "$REPLY"'
    argv = [b"bash", b"-c", program.encode(), b"word", name]
    return subprocess.run(argv, capture_output=True, check=True).stdout.decode("ascii")


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("/etc/a-b_c~[x]!{$(id)}`'\"*?", "/etc/a-b_c~[x]!{$(id)}`'\"*?", None),
        ("a b\tc\nd\\e", "a\\040b\\011c\\012d\\134e", "a b\\u0009c\\u000ad\\e"),
        ("Thuế", "Thu\\341\\272\\277", "Thuế"),
        ("\u202egpj.exe\x1b[2J", "\\342\\200\\256gpj.exe\\033[2J", "\\u202egpj.exe\\u001b[2J"),
        (b"\xff\x01", "\\377\\001", "\\xff\\u0001"),
    ],
)
def test_names_of_all_kinds(name: str | bytes, written: str, read: str | None) -> None:
    """A name is one word in a baseline, and harmless on a terminal."""
    raw = name if isinstance(name, bytes) else name.encode()
    assert written == word(raw)
    assert (read or written) == readable(written)


@given(st.text(st.sampled_from("\\01234567 ab"), max_size=12))
def test_reading_never_fails(text: str) -> None:
    """Whatever a host says."""
    assert readable(text).isprintable()


# --- what an apply takes over

NAMES = ("account a", "key a", "file /a", "file /b.sieve", "index /a.lmdb", "index /b.svbin")
TEXT_OF = {"index /a.lmdb": "file /a", "index /b.svbin": "file /b.sieve"}
BASELINES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("12"))


@settings(max_examples=60)  # each starts three programs
@given(BASELINES, BASELINES, BASELINES)
def test_only_what_changed_during_an_apply_is_taken_over(
    old: dict[str, str], begin: dict[str, str], end: dict[str, str]
) -> None:
    """An account made before the apply stays unknown; what the apply changed is known.

    Managed files are as the apply found them, whoever put them there, as plain pyinfra may.
    """

    def taken(name: str) -> bool:
        looked_at = name.startswith("file ") and old.get(name) != end.get(name)
        return looked_at or begin.get(name) != end.get(name)

    names = {n for n in NAMES if taken(n) or (n in end and n in TEXT_OF and taken(TEXT_OF[n]))}
    expected = {n: (end if n in names else old).get(n) for n in NAMES}
    assert lines({n: v for n, v in expected.items() if v}) == merged(
        lines(old), lines(begin), lines(end)
    )


def lines(values: dict[str, str]) -> list[str]:
    return sorted(f"{name}\t{value}" for name, value in values.items())


def merged(old: list[str] | None, begin: list[str], end: list[str]) -> list[str]:
    program = f"""
    d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
    {'printf %s "$1" >"$d/old"' if old is not None else ":"}
    printf %s "$2" >"$d/begin"; printf %s "$3" >"$d/end"
    bash -c "$4" merge "$d/old" "$d/begin" "$d/end"
    """
    texts = ["".join(f"{line}\n" for line in each or ()) for each in (old, begin, end)]
    argv = ["bash", "-c", program, "bash", *texts, script("merge-baseline.sh")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


RIGHTS = st.lists(st.sampled_from(["access a x lr", "access a x l", "access b y lr"]), unique=True)


@settings(max_examples=30)
@given(RIGHTS, RIGHTS, RIGHTS)
def test_rights_are_as_the_apply_left_them(
    old: list[str], begin: list[str], end: list[str]
) -> None:
    """It decides every one: who had which before is not even looked at."""
    assert sorted(end) == merged(sorted(old), sorted(begin), sorted(end))


ROWS = """
set -euo pipefail
export LC_ALL=C
postmap() { echo "${2#lmdb:}" >>"$asked"; cat "${2#lmdb:}.lmdb"; }
declare -A kind=() digest=()
for path in "$@"; do kind["$path"]=index; done
rows_of_indexes
for path in "$@"; do echo "${path##*/} ${digest["$path"]}"; done | sort
"""


def row_digests(folder: Path, *names: str, **settings: str) -> tuple[list[str], list[str]]:
    """Return the digests of tables of a folder, and the tables that were read for it."""
    asked = folder / "asked"
    asked.write_text("")
    text = script("baseline.sh")
    begin, end = text.index("rows_of_indexes() {"), text.index("\nfiles() {")
    argv = ["bash", "-c", text[begin:end] + ROWS, "rows", *(f"{folder}/{name}" for name in names)]
    env = {**os.environ, "asked": str(asked), **settings}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=env)
    return done.stdout.splitlines(), [Path(line).name for line in asked.read_text().splitlines()]


def test_rows_are_read_once_as_long_as_nobody_writes(tmp_path: Path) -> None:
    """An apply remembers digests by what the file system says of an index; drift never does."""
    names = ("a.lmdb", "b.lmdb")
    for name in names:
        (tmp_path / name).write_text(f"rows of {name}")
    known = {"HOPTHU_ROWS": str(tmp_path / "known")}
    fresh, read = row_digests(tmp_path, *names, **known)
    assert [*"ab"] == sorted(read)
    end = time.monotonic() + 20
    while row_digests(tmp_path, *names, **known)[1]:  # somebody could still write unseen
        assert time.monotonic() < end, "nothing is ever remembered"
    assert (fresh, []) == row_digests(tmp_path, *names, **known)
    assert (fresh, [*"ab"]) == (
        row_digests(tmp_path, *names)[0],
        sorted(row_digests(tmp_path, *names)[1]),
    )
    before = (tmp_path / "a.lmdb").stat()
    (tmp_path / "a.lmdb").write_text("rows of A.lmdb")
    os.utime(tmp_path / "a.lmdb", ns=(before.st_atime_ns, before.st_mtime_ns))
    changed, read = row_digests(tmp_path, *names, **known)
    assert ["a"] == read
    assert changed == row_digests(tmp_path, *names)[0]
    assert changed != fresh
    assert changed == row_digests(tmp_path, *names, **known)[0]


def test_the_first_record_takes_all() -> None:
    """There is nothing to hold it against."""
    assert ["a\t1", "b"] == merged(None, [], ["a\t1", "b"])


# --- the directory

TOP = "dc=x"
AN = {"cn": ("An",), "mail": ("an@x",), "title": ("Chuyên viên",)}


def test_entries_attribute_by_attribute() -> None:
    """Values are a set; what is too many is told like what is missing."""
    applied = {"uid=an": AN, "uid=binh": AN, "uid=chi": {"mail": ("1", "2")}}
    found = {
        "uid=an": {**AN, "title": ("Giám đốc",), "mail": ("an@x", "boss@x")},
        "uid=eve\x1b": AN,
        "uid=chi": {"mail": ("2", "1")},
    }
    assert [
        "directory entry uid=an: mail is an@x, boss@x, not an@x",
        "directory entry uid=an: title is Giám đốc, not Chuyên viên",
        "directory entry uid=binh is gone",
        "unknown directory entry: uid=eve\\u001b",
    ] == [drift.summary for drift in compare_entries("dir1", applied, found)]
    assert [] == compare_entries("dir1", applied, applied)


def test_an_attribute_too_many_or_missing() -> None:
    """The other side of it is a dash."""
    more, less = compare_entries("d", {"a": {"x": ("1",)}}, {"a": {"y": ("2",)}})
    assert "directory entry a: x is -, not 1" == more.summary
    assert "directory entry a: y is 2, not -" == less.summary


# --- what is expected

EVE = compare("h1", [], ["account eve\t1001 1 / /bin/sh locked"])
LISTENER = compare("h1", [], ["listener tcp [::] 9100\tnode"])


@pytest.mark.parametrize(
    ("expected", "left"),
    [
        ("account eve", LISTENER),
        ("account e*", LISTENER),
        ("account ev", EVE + LISTENER),
        ("account ev?", EVE + LISTENER),
        ("key *", EVE + LISTENER),
        ("listener tcp [::] 9100", EVE),
        ("listener tcp * 9100", EVE),
    ],
)
def test_expected_is_not_told(expected: str, left: list[object]) -> None:
    """A star stands for anything, and nothing else for anything but itself."""
    assert left == unexpected(EVE + LISTENER, {"h1": (expected,), "h2": ("*",)})
    assert EVE == unexpected(EVE, {"h1": (), "h2": (expected,)})


def test_what_can_never_be_is_no_expectation() -> None:
    """A slip would silently accept nothing."""
    assert ["acount eve", "*"] == unknown_kinds(["acount eve", "key root *", "*"])


# --- what is new

CENTRE = Centre("c", tuple(Host(n, n, "10.0.0.1", frozenset({"edge"})) for n in ("h1", "h2")))
REPORT = Report(
    (*EVE, *compare("h2", ["file /a\tgone"], ["file /a\td1 644 root root"])), {}, ("h1", "h2")
)


def test_only_what_changed_is_told_again(tmp_path: Path) -> None:
    """What went away is over; what is different again is new, and not over."""
    path = tmp_path / "state.json"
    known = ReportedDrift.read(path)
    assert (REPORT.drifts, ()) == (known.new(REPORT.drifts), known.over(REPORT))
    known.write(path, REPORT, CENTRE)
    assert 0o600 == path.stat().st_mode & 0o777

    known = ReportedDrift.read(path)
    assert ((), ()) == (known.new(REPORT.drifts), known.over(REPORT))
    other = compare("h2", ["file /a\tgone"], ["file /a\td2 644 root root"])
    later = Report(tuple(other), {}, ("h1", "h2"))
    assert tuple(other) == known.new(later.drifts)
    assert [("h1", "account", "eve")] == [key[:3] for key in known.over(later)]


def test_a_host_that_is_away_is_not_forgotten(tmp_path: Path) -> None:
    """Nothing of it is over, nor new when it is back; a host that left the inventory is."""
    path = tmp_path / "state.json"
    ReportedDrift().write(path, REPORT, CENTRE)
    away = Report((), {"h1": "no answer"}, ("h2",))
    known = ReportedDrift.read(path)
    assert [("h2", "file", "/a")] == [key[:3] for key in known.over(away)]
    known.write(path, away, CENTRE)
    assert () == ReportedDrift.read(path).new(EVE)
    known.write(path, away, replace(CENTRE, hosts=CENTRE.hosts[1:]))
    assert tuple(EVE) == ReportedDrift.read(path).new(EVE)


@pytest.mark.parametrize("text", ["", "{}", '{"told": [1]}', '{"told": 1}', "\0"])
def test_a_spoilt_file_is_a_sentence(tmp_path: Path, text: str) -> None:
    """Nobody is told "nothing new" because of it."""
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"no file|is not a file of"):
        ReportedDrift.read(path)


# --- how it is told


def test_text_for_people() -> None:
    """By host; notes apart; whom nobody looked at; many alike are counted."""
    many = compare("h1", [], [f"package p{n:02}\t1" for n in range(23)])
    note = compare("h2", ["package a\t1"], ["package a\t2"], {"a"})
    report = Report((*many, *note), {"h3": "no answer"}, ("h1", "h2"))
    text = as_text(
        report, report.drifts, [("h1", "key", "root x", "d")], since=False, language="en"
    )
    plain = text.replace("\x1b[31m", "").replace("\x1b[33m", "").replace("\x1b[0m", "")
    assert plain.splitlines()[:2] == ["h1", "  ! unknown package: p00 [package]"]
    assert plain.splitlines()[20:] == [
        "  ! unknown package: p19 [package]",
        "    … and 3 more [package]",
        "h2",
        "  i package a was updated to 2; 1 was applied [package]",
        "h3 was not looked at: no answer",
        "No longer so:",
        "  h1: key root x",
        "2 host(s) looked at: 23 not as applied, 1 to note.",
    ]


def test_no_news_is_nothing() -> None:
    """So that a timer has nothing to send."""
    clean = Report((), {}, ("h1",))
    assert "" == as_text(clean, (), (), since=True, language="en")
    assert "1 host(s) are as applied.\n" == as_text(clean, (), (), since=False, language="en")
    gone = Report((), {"h1": "away"}, ())
    assert "away" in as_text(gone, (), (), since=True, language="en")


def test_json_for_tools() -> None:
    """Keys are a contract: docs/drift.md."""
    found = json.loads(as_json(REPORT, EVE, [("h2", "file", "/a", None)], "en"))
    assert {
        "hosts": ["h1", "h2"],
        "drift": [
            {
                "host": "h1",
                "kind": "account",
                "item": "eve",
                "was": None,
                "now": "1001 1 / /bin/sh locked",
                "severity": "drift",
                "summary": "unknown account: eve",
            }
        ],
        "over": [{"host": "h2", "kind": "file", "item": "/a"}],
        "failed": [],
    } == found
