"""Comparing recorded with present state, its report, and which drift is new."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
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
from hopthu.remote.host import baseline_files
from hopthu.remote.host.baseline import merged
from hopthu.remote.host.words import word

RowDigests = Callable[..., tuple[dict[str, str], list[str]]]

SENTENCES = [
    ("file /etc/a\td1 644 root root", "file /etc/a\td2 644 root root",
     "managed file /etc/a was changed"),
    ("file /etc/a\td1 644 root root", "file /etc/a\td1 666 root root",
     "managed file /etc/a is 666 root root, not 644 root root"),
    ("file /etc/a\td1 644 root root", "file /etc/a\tgone", "managed file /etc/a is missing"),
    ("file /etc/a\td1 644 root root", "file /etc/a\tlink:/etc/my\\040b 777 root root",
     "managed file /etc/a is now a link to /etc/my b"),
    ("file /etc/a\td1 644 root root", "", "/etc/a is no longer in the list of managed files"),
    ("", "file /etc/a\td1 644 root root",
     "/etc/a is in the list of managed files, but was not applied"),
    ("index /etc/a.lmdb\td1 600 root root", "index /etc/a.lmdb\td2 600 root root",
     "index /etc/a.lmdb was changed"),
    ("", "unit /etc/systemd/system/x.service\td 644 root root",
     "unknown systemd unit: /etc/systemd/system/x.service"),
    ("", "cron /etc/cron.d/a\\040b\\012c\td 644 root root",
     "unknown scheduled job: /etc/cron.d/a b\\u000ac"),
    ("", "sudo /etc/sudoers.d/x\td 440 root root", "unknown sudo rule: /etc/sudoers.d/x"),
    ("config /etc/hosts\td 644 root root", "", "file /etc/hosts is missing"),
    ("service slapd.service\tenabled active", "service slapd.service\tenabled inactive",
     "service slapd.service is not running"),
    ("service slapd.service\tenabled active", "service slapd.service\tenabled failed",
     "service slapd.service has failed"),
    ("service slapd.service\tenabled active", "service slapd.service\tmasked active",
     "service slapd.service is masked"),
    ("service rsync.service\tdisabled inactive", "service rsync.service\tdisabled active",
     "service rsync.service is running, but should not be"),
    ("service slapd.service\tenabled active", "service slapd.service\tdisabled active",
     "service slapd.service is disabled active, not enabled active"),
    ("package slapd\t2.6", "package slapd\t2.6 hold", "package slapd is held back from updates"),
    ("package slapd\t2.6", "package slapd\t2.5 hold",
     "package slapd is held at version 2.5; last applied: 2.6"),
    ("package slapd\t2.6 hold", "package slapd\t2.6", "package slapd is no longer held"),
    ("package slapd\t2.6", "package slapd\t2.5",
     "package slapd has version 2.5; last applied: 2.6"),
    ("package slapd\t2.6", "", "package slapd is missing"),
    ("", "package netcat\t1", "unknown package: netcat"),
    ("", "account eve\t1001 100 /home/eve /bin/bash set:aa", "unknown account: eve"),
    ("", "account eve\t0 0 /root /bin/bash set:aa", "unknown account with root privileges: eve"),
    ("account a\t9 9 / /bin/sh locked", "account a\t0 9 / /bin/sh locked",
     "account a is 0 9 / /bin/sh, not 9 9 / /bin/sh"),
    ("account a\t9 9 / /bin/sh set:aa", "account a\t9 9 / /bin/sh set:bb",
     "the password of account a was changed"),
    ("account a\t9 9 / /bin/sh locked", "account a\t9 9 / /bin/sh empty",
     "account a no longer requires a password"),
    ("account a\t9 9 / /bin/sh set:aa", "account a\t9 9 / /bin/sh locked",
     "account a no longer has a password"),
    ("group sudo\t27 -", "group sudo\t27 eve", "group sudo is 27 eve, not 27 -"),
    ("", "key root SHA256:x\td", "unknown SSH key for root: SHA256:x"),
    ("key root SHA256:x\td", "", "SSH key SHA256:x of root is missing"),
    ("key root SHA256:x\td", "key root SHA256:x\te",
     "the options or comment of SSH key SHA256:x of root were changed"),
    ("", "listener tcp [::] 4444\tnc", "unknown listener: nc on [::] port 4444/tcp"),
    ("listener tcp [::] 22\tsshd", "", "sshd no longer listens on [::] port 22/tcp"),
    ("listener tcp [::] 22\tsshd", "listener tcp [::] 22\tnc",
     "the listener on [::] port 22/tcp is nc, not sshd"),
    ("", "ruleset ip evil\td", "unknown packet filter table: ip evil"),
    ("ruleset inet hopthu\td", "", "packet filter table inet hopthu is not loaded"),
    ("ruleset inet hopthu\td", "ruleset inet hopthu\te",
     "packet filter table inet hopthu has different rules loaded"),
    ("", "access stc user=eve lr", "eve gained access to the mailbox of stc: lr"),
    ("access stc user=an lr", "", "an lost access to the mailbox of stc: lr"),
    ("", "pending postfix", "files of postfix were replaced, but the daemon has not loaded them"),
    ("", "sshd settings\trefused", "the settings of sshd are not valid"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "expected"), SENTENCES)
def test_each_difference_has_a_sentence(was: str, now: str, expected: str) -> None:
    """Also in Vietnamese, and it is not a note."""
    (found,) = compare("h1", [was] if was else [], [now] if now else [])
    assert expected == found.summary
    assert ("h1", False) == (found.host, found.note)
    assert translate(found.summary, "vi") != found.summary


def test_every_kind_has_a_sentence() -> None:
    """Those of the directory and of records are tested below."""
    seen = {(was or now).partition(" ")[0] for was, now, _ in SENTENCES}
    assert {"apply", "attribute", "due", "entry", "record"} == KINDS.keys() - seen


def test_update_is_a_note() -> None:
    """Unless the package is held back from the next one."""
    (found,) = compare("h", ["package a\t1"], ["package a\t2"], {"a"})
    assert (True, "package a was updated to 2; last applied: 1") == (found.note, found.summary)
    (found,) = compare("h", ["package a\t1"], ["package a\t2 hold"], {"a"})
    assert (False, "package a is held at version 2; last applied: 1") == (found.note, found.summary)


def test_item_may_occur_twice() -> None:
    """Two keys with one fingerprint, two accounts with one name: the second is reported."""
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
def test_only_differences_are_reported(was: list[str], now: list[str]) -> None:
    """For any lines: no crash, nothing that is the same, and the order does not matter."""
    assert [] == compare("h", was, list(reversed(was)))
    found = compare("h", was, now)
    names = {readable(line.partition("\t")[0]) for line in {*was} ^ {*now}}
    assert names == {drift.name for drift in found}
    assert sorted(found) == found
    only_was, only_now = {*was} - {*now}, {*now} - {*was}
    if len(names) == len(only_was) + len(only_now):
        assert [d.name for d in found] == [d.name for d in compare("h", only_was, only_now)]


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
def test_unusual_names_are_escaped(name: str | bytes, written: str, read: str | None) -> None:
    """A name is one word in a baseline, and harmless on a terminal."""
    assert written == word(name if isinstance(name, str) else os.fsdecode(name))
    assert (read or written) == readable(written)


@given(st.text(st.sampled_from("\\01234567 ab"), max_size=12))
def test_reading_never_fails(text: str) -> None:
    """Whatever a host prints."""
    assert readable(text).isprintable()


# --- what an apply adopts

NAMES = ("account a", "key a", "file /a", "file /b.sieve", "index /a.lmdb", "index /b.svbin")
TEXT_OF = {"index /a.lmdb": "file /a", "index /b.svbin": "file /b.sieve"}
BASELINES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("12"))


@given(BASELINES, BASELINES, BASELINES)
def test_only_changes_during_an_apply_are_adopted(
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


RIGHTS = st.lists(st.sampled_from(["access a x lr", "access a x l", "access b y lr"]), unique=True)


@given(RIGHTS, RIGHTS, RIGHTS)
def test_access_is_adopted_from_the_end_of_the_apply(
    old: list[str], begin: list[str], end: list[str]
) -> None:
    """An apply decides all access, so what was there before does not matter."""
    assert sorted(end) == merged(sorted(old), sorted(begin), sorted(end))


POSTMAP = """#!/bin/sh
for last; do :; done
table=${last#lmdb:}
echo "${table##*/}" >>"$ASKED"
exec cat "$table.lmdb"
"""


@pytest.fixture
def row_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RowDigests:
    """Return the digests of tables of the folder, and the tables that were read for it."""
    asked = tmp_path / "asked"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "postmap").write_text(POSTMAP)
    (tmp_path / "bin" / "postmap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(asked))

    def read(known: Path | None, *names: str) -> tuple[dict[str, str], list[str]]:
        asked.write_text("")
        found = baseline_files._digests_of_tables([f"{tmp_path}/{n}.lmdb" for n in names], known)
        return found, asked.read_text().split()

    return read


def test_digests_of_rows_are_cached_until_a_write(tmp_path: Path, row_digests: RowDigests) -> None:
    """An apply caches digests by what the file system says of an index; drift never does."""
    for name in "ab":
        (tmp_path / f"{name}.lmdb").write_text(f"rows of {name}")
    known = tmp_path / "known"
    fresh, read = row_digests(known, *"ab")
    assert [*"ab"] == read
    end = time.monotonic() + 20
    while row_digests(known, *"ab")[1]:  # somebody could still write unseen
        assert time.monotonic() < end, "nothing is ever remembered"
    assert (fresh, []) == row_digests(known, *"ab")
    assert (fresh, [*"ab"]) == row_digests(None, *"ab")
    before = (tmp_path / "a.lmdb").stat()
    (tmp_path / "a.lmdb").write_text("rows of A")
    os.utime(tmp_path / "a.lmdb", ns=(before.st_atime_ns, before.st_mtime_ns))
    changed, read = row_digests(known, *"ab")
    assert ["a"] == read
    assert changed == row_digests(None, *"ab")[0]
    assert changed != fresh
    assert changed == row_digests(known, *"ab")[0]
    known.write_text("half")
    assert (changed, [*"ab"]) == row_digests(known, *"ab")


def test_a_table_that_cannot_be_read_says_so(tmp_path: Path, row_digests: RowDigests) -> None:
    """And is tried again the next time."""
    known = tmp_path / "known"
    (tmp_path / "a.lmdb").mkdir()
    os.utime(tmp_path / "a.lmdb", ns=(0, 0))
    for _ in range(2):
        assert ({f"{tmp_path}/a.lmdb": "unreadable"}, ["a"]) == row_digests(known, "a")


def test_first_record_adopts_everything() -> None:
    """There is nothing to compare with."""
    assert ["a\t1", "b"] == merged(None, [], ["a\t1", "b"])


# --- the directory

TOP = "dc=x"
AN = {"cn": ("An",), "mail": ("an@x",), "title": ("Chuyên viên",)}


def test_entries_are_compared_by_attribute() -> None:
    """Values are a set; extra values are reported like missing ones."""
    applied = {"uid=an": AN, "uid=binh": AN, "uid=chi": {"mail": ("1", "2")}}
    found = {
        "uid=an": {**AN, "title": ("Giám đốc",), "mail": ("an@x", "boss@x")},
        "uid=eve\x1b": AN,
        "uid=chi": {"mail": ("2", "1")},
    }
    assert [
        "directory entry uid=an: mail is an@x, boss@x, not an@x",
        "directory entry uid=an: title is Giám đốc, not Chuyên viên",
        "directory entry uid=binh is missing",
        "unknown directory entry: uid=eve\\u001b",
    ] == [drift.summary for drift in compare_entries("dir1", applied, found)]
    assert [] == compare_entries("dir1", applied, applied)


def test_attribute_is_unknown_or_missing() -> None:
    """The other side is a dash."""
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
def test_expected_drift_is_not_reported(expected: str, left: list[object]) -> None:
    """A star matches anything; any other character only matches itself."""
    assert left == unexpected(EVE + LISTENER, {"h1": (expected,), "h2": ("*",)})
    assert EVE == unexpected(EVE, {"h1": (), "h2": (expected,)})


def test_unknown_kind_is_not_a_valid_expectation() -> None:
    """A typing error would silently match nothing."""
    assert ["acount eve", "*"] == unknown_kinds(["acount eve", "key root *", "*"])


# --- what is new

CENTRE = Centre("c", tuple(Host(n, n, "10.0.0.1", frozenset({"edge"})) for n in ("h1", "h2")))
REPORT = Report(
    (*EVE, *compare("h2", ["file /a\tgone"], ["file /a\td1 644 root root"])), {}, ("h1", "h2")
)


def test_only_changes_are_reported_again(tmp_path: Path) -> None:
    """What disappeared is resolved; what differs again is new and not resolved."""
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


def test_unreachable_host_is_not_forgotten(tmp_path: Path) -> None:
    """Its drift is neither resolved nor new when it is back, unless it left the inventory."""
    path = tmp_path / "state.json"
    ReportedDrift().write(path, REPORT, CENTRE)
    away = Report((), {"h1": "no answer"}, ("h2",))
    known = ReportedDrift.read(path)
    assert [("h2", "file", "/a")] == [key[:3] for key in known.over(away)]
    known.write(path, away, CENTRE)
    assert () == ReportedDrift.read(path).new(EVE)
    known.write(path, away, replace(CENTRE, hosts=CENTRE.hosts[1:]))
    assert tuple(EVE) == ReportedDrift.read(path).new(EVE)


def test_a_note_is_reported_once_too(tmp_path: Path) -> None:
    """It is told apart from drift, also while its host is away, and is over like drift."""
    path, note = tmp_path / "state.json", compare("h1", ["package a\t1"], ["package a\t2"], {"a"})
    ReportedDrift().write(path, Report((*EVE, *note), {}, ("h1",)), CENTRE)
    for checked in ((), ("h1",)):
        known = ReportedDrift.read(path)
        assert [1, 1] == [len(known.keys), len(known.notes)]
        assert () == known.new((*EVE, *note))
        known.write(path, Report((*EVE, *note) if checked else (), {}, checked), CENTRE)
    gone = ReportedDrift.read(path).over(Report(tuple(EVE), {}, ("h1",)))
    assert [("h1", "package", "a")] == [key[:3] for key in gone]


@pytest.mark.parametrize("text", ["", "{}", '{"told": [1]}', '{"told": 1}', "\0"])
def test_invalid_state_file_is_an_error(tmp_path: Path, text: str) -> None:
    """It must not lead to a report without news."""
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"is not a file written by"):
        ReportedDrift.read(path)


# --- its report


def test_text_report() -> None:
    """By host, notes marked, unreachable hosts named, similar items counted."""
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
        "  i package a was updated to 2; last applied: 1 [package]",
        "h3 was not checked: no answer",
        "Resolved:",
        "  h1: key root x",
        "Hosts checked: 2; differences: 23, notes: 1.",
    ]


def test_without_news_the_report_is_empty() -> None:
    """So that a timer has nothing to send."""
    clean = Report((), {}, ("h1",))
    assert "" == as_text(clean, (), (), since=True, language="en")
    assert "No drift: 1 host matches what was last applied.\n" == as_text(
        clean, (), (), since=False, language="en"
    )
    gone = Report((), {"h1": "away"}, ())
    assert "away" in as_text(gone, (), (), since=True, language="en")


def test_json_report() -> None:
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
