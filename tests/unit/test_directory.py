"""Searching the directory and waiting for replicas, run with a stub of a directory."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from hopthu.directory.ldif import Modify
from hopthu.operations import directory
from hopthu.operations.answers import answered
from hopthu.remote.host import entries, ldap, replica
from hopthu.remote.host.files import facts
from hopthu.remote.host.keep import keep
from hopthu.remote.host.state import Failed

BASE = "dc=tinh,dc=example"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs the shell finds first."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def program(host: Path, name: str, script: str) -> None:
    path = host / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True)


def searched() -> object:
    return answered(entries.search(BASE, "(uid=an)", ["cn", "mail"]))


def test_search_returns_entries(host: Path) -> None:
    """Base, filter and attributes are passed on; the answer is parsed completely."""
    program(host, "ldapsearch", 'printf "dn: uid=an\\ncn:: xJA=\\n\\ndn: x\\ntitle: %s\\n\\n" "$*"')
    words = f"{' '.join((*ldap.AT, *ldap.READ))} -b {BASE} (uid=an) cn mail"
    expected = {"uid=an": {"cn": ("Đ",)}, "x": {"title": (words,)}}
    assert expected == searched()


@pytest.mark.parametrize("script", ["printf 'dn: uid=an\\n\\n'; exit 32", "kill $$", "exit 127"])
def test_truncated_answer_counts_as_none(host: Path, script: str) -> None:
    """Half a directory would look as if the other half were missing."""
    program(host, "ldapsearch", script)
    assert {} == searched()
    assert "" == entries.position(BASE)


def test_a_host_without_the_tools_has_no_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a position."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert {} == searched()
    assert "" == entries.position(BASE)


def position(csn: str) -> str:
    return f"dn: {BASE}\\ncontextCSN: {csn}\\n\\n"


ADDRESS = "10.88.0.41"


def program_at(host: Path, ours: str, theirs: str) -> None:
    """Answer what a replica and its provider do."""
    program(
        host, "ldapsearch", f"case $* in *ldapi:*) printf '{ours}';; *) printf '{theirs}';; esac"
    )


@pytest.mark.parametrize("ours", ["6", "7", ""])
@pytest.mark.parametrize("theirs", ["7", ""])
def test_positions_are_those_of_both(host: Path, ours: str, theirs: str) -> None:
    """Equal, behind, empty, or a provider that does not answer."""
    program_at(host, ours and position(ours), theirs and position(theirs))
    assert (theirs, ours) == replica.positions(BASE, ADDRESS)


def test_waits_until_the_replica_has_caught_up(host: Path) -> None:
    """It polls, and ends as soon as both positions are equal."""
    ours = f"""echo >>{host}/calls
case $* in *ldapi:*) [ $(wc -l <{host}/calls) -gt 5 ] && printf '{position("7")}';;
*) printf '{position("7")}';; esac"""
    program(host, "ldapsearch", ours)
    replica.catch_up(BASE, ADDRESS, unanswered=0, behind=30)
    assert 6 == len((host / "calls").read_text().splitlines())


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("", "", "the provider is at (no answer), this replica at (no answer)"),
        (position("6"), position("7"), "the provider is at 7, this replica at 6"),
    ],
)
def test_timeout_is_an_error(host: Path, ours: str, theirs: str, expected: str) -> None:
    """The provider is off, or the replica makes no progress; nothing on either side is no match."""
    program_at(host, ours, theirs)
    with pytest.raises(Failed, match=re.escape(expected)):
        replica.catch_up(BASE, ADDRESS, unanswered=0, behind=0)


def csn(minute: int, origin: str) -> str:
    return f"202612010{minute:03}00.000000Z#000000#{origin}#000000"


def test_a_position_is_of_all_who_were_written_to() -> None:
    """A directory has what another has if it has the last change of each, whichever is newest."""
    old, both = csn(1, "00a"), f"{csn(1, '00a')} {csn(2, '00b')}"
    assert ldap.has(both, old)
    assert not ldap.has(old, both)
    assert not ldap.has(f"{csn(1, '00a')} {csn(9, '00b')}", csn(2, "00a"))
    assert ldap.has("", "")
    assert not ldap.has("", old)


def test_who_follows_nobody_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own configuration says so, whatever the inventory does."""
    monkeypatch.setattr(ldap, "CONFIGURATION", tmp_path / "slapd.conf")
    assert not ldap.written()
    ldap.CONFIGURATION.write_text("serverID 7\n")
    assert ldap.written()
    ldap.CONFIGURATION.write_text("serverID 7\nsyncrepl rid=001\n    provider=ldaps://10.0.0.1\n")
    assert not ldap.written()


def test_whom_a_directory_followed_is_in_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whom it follows now; a host without one follows nobody."""
    live = tmp_path / "slapd.conf"
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(ldap, "CONFIGURATION", live)
    assert [] == replica.providers("2-none")
    (tmp_path / "state" / "managed").mkdir(parents=True)
    (tmp_path / "state" / "managed" / "openldap").write_text(f"{live}\n")
    live.write_text("serverID 7\nsyncrepl rid=001\n    provider=ldaps://10.0.0.1\n")
    keep("1-follows", "{}", ["openldap"], {str(live): facts(str(live))})
    assert ["10.0.0.1"] == replica.providers("1-follows")
    live.write_text("serverID 7\n")
    assert ["", "10.0.0.1"] == replica.providers("1-follows")
    assert [""] == replica.providers("2-none")
    live.write_text("syncrepl rid=001\n")
    with pytest.raises(Failed, match="which provider it follows"):
        ldap.written()


@pytest.fixture
def returned(host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with two changes of its own; the last one its next provider has not got."""
    theirs = f"dn: {BASE}\\ncontextCSN: {csn(5, '00a')}\\ncontextCSN: {csn(9, '00b')}\\n\\n"
    program_at(host, position(csn(7, "00a")), theirs)
    entries_ = "".join(
        f"dn: uid={name}\\nentryCSN: {csn(minute, '00a')}\\nuserPassword: x\\n\\n"
        for name, minute in (("an", 7), ("binh", 5))
    )
    program(host, "slapcat", f"printf '{entries_}'")
    program(host, "systemctl", f"echo $1 >>{host}/systemctl.log")
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    (tmp_path / "hopthu").mkdir()
    (tmp_path / "hopthu" / "data.mdb").write_text("all of it")
    return tmp_path


def test_what_the_next_provider_lacks_is_kept_aside(returned: Path) -> None:
    """The whole database, and the entries in question; the host then begins anew."""
    found = replica.compared(BASE, ADDRESS)
    assert ["uid=an"] == found["entries"]
    replica.set_aside(found["entries"], found["place"], str(returned / "hopthu"))
    place = Path(found["place"])
    assert "all of it" == (place / "data.mdb").read_text()
    changed = (place / "changed.ldif").read_text()
    assert "dn: uid=an\n" in changed
    assert "uid=binh" not in changed
    assert 0o700 == place.stat().st_mode & 0o777
    assert [] == [*(returned / "hopthu").iterdir()]
    assert ["stop", "start"] == (returned / "systemctl.log").read_text().split()


@pytest.mark.parametrize("theirs", [csn(7, "00a"), ""], ids=["has it", "no answer"])
def test_nothing_else_is_kept_aside(returned: Path, host: Path, theirs: str) -> None:
    """Nor if it is not known what the provider has."""
    program_at(host, position(csn(7, "00a")), theirs and position(theirs))
    ours = csn(7, "00a")
    found = replica.compared(BASE, ADDRESS)
    assert {"theirs": theirs, "ours": ours, "entries": [], "place": ""} == found
    replica.set_aside(found["entries"], found["place"], str(returned / "hopthu"))
    assert (returned / "hopthu" / "data.mdb").exists()


def test_refused_change_is_named(host: Path) -> None:
    """With its entry, and no file with hashes is left."""
    (host / "change.ldif").write_text("dn: uid=an\n")
    program(
        host,
        "ldapmodify",
        'printf "adding new entry \\"uid=an\\"\\n\\nmodifying entry \\"uid=binh\\"\\n\\n"; exit 19',
    )
    done = shell(directory._apply(str(host / "change.ldif"), str(host / "back.ldif")))
    assert 1 == done.returncode
    assert 'modifying entry "uid=binh"' == done.stderr.splitlines()[-1]
    program(host, "ldapmodify", "cat >/dev/null")
    assert ["ldapmodify"] == sorted(p.name for p in host.iterdir())
    assert (
        0 == shell(directory._apply(str(host / "change.ldif"), str(host / "back.ldif"))).returncode
    )


def test_issued_passwords_keep_their_deadline_when_the_greatest_age_changes() -> None:
    """They are dated back from it; those that are dated right stay as they are."""
    issued = {
        "uid=an": {
            "hopthuPasswordUntil": ("20261227165959Z",), "pwdChangedTime": ("19970103165959Z",),
        },
        "uid=hoa": {
            "hopthuPasswordUntil": ("20261227165959Z",), "pwdChangedTime": ("20261127165959Z",),
        },
        "uid=yen": {"pwdChangedTime": ("20261127165959Z",)},
    }  # fmt: skip
    expected = [Modify("uid=an", {"pwdChangedTime": ("20261127165959Z",)})]
    assert expected == directory.misdated(issued, 30 * 24 * 3600)
