"""Who reads which unit mailbox: what a store says it grants, and the commands that put it right."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from hopthu.daemons.dovecot import MAIL
from hopthu.operations import folders, mailboxes, sessions
from hopthu.operations.mailboxes import RIGHTS, Held

FULL = frozenset(RIGHTS.values())
MAP = "shared/shared-boxes/user"
STC = {"stc": frozenset({"an", "binh"})}
GRANTED = {"user=an": FULL, "user=binh": FULL}
LISTED = frozenset({f"{MAP}/an/stc", f"{MAP}/binh/stc"})


def doveadm(commands: list[str]) -> list[str]:
    """The calls of doveadm among `commands`, without the rights given."""
    rights = f" {' '.join(RIGHTS)}"
    return [c.removesuffix(rights) for c in commands if c.startswith("doveadm")]


def changes(wanted: dict[str, frozenset[str]], held: Held, *away: str) -> list[str]:
    """The commands on a store where all readers live but those who are `away`."""
    return mailboxes.changes(wanted, held, frozenset().union(*wanted.values()) - {*away})


def written(commands: list[str]) -> list[str]:
    """The sharing map that `commands` write."""
    text = next(c for c in commands if c.startswith("cat"))
    return [line for line in text.splitlines()[1:-1] if line != "1"]


def test_nothing_changes_where_all_is_right() -> None:
    """The second apply changes nothing."""
    held = Held({("stc", "INBOX"): GRANTED, ("stc", "Hồ sơ"): GRANTED}, LISTED)
    assert [] == changes(STC, held)


def test_new_readers_are_given_inbox_and_shown_its_folders() -> None:
    """Rights in INBOX hold in every folder; the map is written once rights are there."""
    commands = changes(STC, Held())
    assert ["set", "set", "subscribe", "subscribe"] == [c.split()[2] for c in doveadm(commands)]
    assert doveadm(commands)[0] == "doveadm acl set -u stc INBOX user=an"
    assert "'Đơn vị/stc/Sent'" in commands[-1]
    assert sorted(LISTED) == written(commands)


def test_reader_who_is_still_on_another_store_is_shown_nothing_yet() -> None:
    """A folder of theirs here would be in the way of their mailbox; rights they have already."""
    commands = changes(STC, Held(), "an")
    assert ["an", "binh"] == [c.rpartition("=")[2] for c in doveadm(commands) if " acl set " in c]
    assert ["binh"] == [shlex.split(c)[4] for c in doveadm(commands) if " subscribe " in c]


def test_administering_is_no_right_of_a_reader() -> None:
    """RFC 4314's `a` would let a head share on."""
    assert "a" not in FULL


def test_former_reader_loses_every_folder_and_the_session() -> None:
    """Dovecot copied the rights of the day into each folder made since."""
    held = Held({("stc", "INBOX"): GRANTED, ("stc", "Hồ sơ"): GRANTED}, LISTED)
    commands = changes({"stc": frozenset({"binh"})}, held)
    assert [
        "doveadm acl delete -u stc -- 'Hồ sơ' user=an",
        "doveadm acl delete -u stc -- INBOX user=an",
        "doveadm kick an",
    ] == doveadm(commands)
    assert [f"{MAP}/binh/stc"] == written(commands)


@pytest.mark.parametrize("identifier", ["anyone", "authenticated", "group=x", "-user=an", "owner"])
def test_whatever_was_granted_behind_our_back_goes(identifier: str) -> None:
    """Whoever it is for; nobody is known to have used it."""
    held = Held({("stc", "INBOX"): {**GRANTED, identifier: frozenset("lr")}}, LISTED)
    expected = [f"doveadm acl delete -u stc -- INBOX {identifier}"]
    assert expected == doveadm(changes(STC, held))


def test_wrong_rights_of_a_reader_are_set_right() -> None:
    """In INBOX by setting them; in a folder by taking them, for INBOX's hold there."""
    odd = {"user=an": frozenset("lra"), "user=binh": FULL}
    held = Held({("stc", "INBOX"): odd, ("stc", "Sent"): odd}, LISTED)
    assert [
        "doveadm acl delete -u stc -- Sent user=an",
        "doveadm acl set -u stc INBOX user=an",
    ] == doveadm(changes(STC, held))[:2]


def test_closed_unit_is_read_by_nobody() -> None:
    """Dovecot knows it no more, so its files of rights go, and it is listed to nobody."""
    held = Held({("skh", "INBOX"): {"user=an": FULL}, ("skh", "Hồ sơ"): GRANTED}, LISTED)
    commands = changes({}, held)
    assert [
        "rm -f '/var/vmail/units/skh/Maildir/Hồ sơ/dovecot-acl'",
        "rm -f /var/vmail/units/skh/Maildir/dovecot-acl",
    ] == commands[:2]
    assert [] == written(commands)
    assert ["doveadm kick an", "doveadm kick binh"] == doveadm(commands)


def test_lost_or_wrong_map_is_written_anew() -> None:
    """It only lists; rights are not touched for it."""
    held = Held({("stc", "INBOX"): GRANTED}, frozenset({"shared/shared-boxes/anyone/stc"}))
    commands = changes(STC, held)
    assert sorted(LISTED) == written(commands)
    assert [] == doveadm(commands)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the unit stc: rights in INBOX and in a folder, odd ones too, and a map."""
    for module in (mailboxes, folders):
        monkeypatch.setattr(module, "MAIL", str(tmp_path))
    monkeypatch.setattr(mailboxes, "_UNITS", f"{tmp_path}/units")
    monkeypatch.setattr(mailboxes, "SHARING_MAP", f"{tmp_path}/map")
    inbox, folder = tmp_path / "units/stc/Maildir", tmp_path / "units/stc/Maildir/Hồ sơ/2026"
    for path in (inbox / "cur", folder / "cur", tmp_path / "people/an/Maildir/Trash"):
        path.mkdir(parents=True)
    (inbox / "dovecot-uidlist").touch()
    (inbox / "dovecot-acl").write_text("user=an kxeilprwts\nuser=binh lr\nanyone l\n")
    (folder / "dovecot-acl").write_text('user=an kxeilprwts\n"group=a b" lr\n')
    (folder / "cur/dovecot-acl").write_text("user=chi lr\n")
    (tmp_path / "map").write_text(f"{MAP}/an/stc\n1\n{MAP}/binh/stc\n1\n")
    return tmp_path


def lines(command: str) -> list[str]:
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_rights_are_read_from_every_folder(store: Path) -> None:
    """Not among messages: a file there is a message, whatever its name."""
    fact = mailboxes.UnitMailboxes()
    expected = Held(
        {
            ("stc", "INBOX"): {
                "user=an": FULL,
                "user=binh": frozenset("lr"),
                "anyone": frozenset("l"),
            },
            ("stc", "Hồ sơ/2026"): {"user=an": FULL, "group=a b": frozenset("lr")},
        },
        LISTED,
    )
    assert expected == fact.process(lines(fact.command()))


def test_mailbox_is_there_once_its_inbox_is(store: Path) -> None:
    """INBOX is made last; other folders alone are what a broken run left."""
    fact = folders.Mailboxes()
    assert frozenset({"units/stc"}) == fact.process(lines(fact.command()))


def test_mailboxes_get_the_folders_they_lack(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one run for all that lack the same; what is there is left alone; INBOX comes last."""
    tools = store / "tools"
    tools.mkdir()
    doveadm = tools / "doveadm"
    doveadm.write_text(
        '#!/bin/sh\nfor word; do [ ! -f "$word" ] || word=$(tr "\\\\n" , <"$word"); '
        f'printf "%s " "$word" >>{store}/told; done; echo >>{store}/told\n'
    )
    doveadm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    script = folders._MAKE.replace(MAIL, str(store))
    subprocess.run(["sh", "-c", script, "sh", "people/an", "people/moi", "units/moi-2"], check=True)
    assert [
        "mailbox create -s -F an, Drafts Sent Junk ",
        "mailbox create -s -F moi,moi-2, Drafts Sent Junk Trash ",
        "mailbox status -F an,moi,moi-2, messages INBOX ",
    ] == (store / "told").read_text().splitlines()


@pytest.mark.parametrize("fact", [mailboxes.UnitMailboxes(), folders.Mailboxes()])
def test_bare_host_holds_nothing(
    fact: mailboxes.UnitMailboxes | folders.Mailboxes,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dry run on a new host must not fail."""
    for module in (mailboxes, folders):
        monkeypatch.setattr(module, "MAIL", "/nowhere")
    monkeypatch.setattr(mailboxes, "_UNITS", "/nowhere/units")
    assert fact.default() == fact.process(lines(fact.command()))


def test_sessions_are_of_people_reading_or_filtering() -> None:
    """A delivery under way is not theirs."""
    table = [
        "username\t#\tservice\t(pids)\t(ips)",
        "an\t2\timap\t(11 12)\t(10.1.2.3)",
        "binh\t1\tsieve\t(13)\t(10.1.2.3)",
        "chi\t1\tlmtp\t(14)\t(10.88.0.11)",
    ]
    assert frozenset({"an", "binh"}) == sessions.Sessions().process(table)
    assert frozenset() == sessions.Sessions().process([])
