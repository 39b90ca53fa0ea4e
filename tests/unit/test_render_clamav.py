"""The configuration of ClamAV: limits that fit the mail, and hopthu's own signatures."""

import re
from datetime import date

import pytest

from hopthu.daemons import clamav
from hopthu.desired.state import Desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import MIB, Limits, Policy
from hopthu.render.context import Context
from hopthu.verify import messages


def context(mirror: str = "", message: int = 30 * MIB) -> Context:
    host = Host("edge1", "edge1.example.vn", "10.88.0.11", frozenset({"edge"}), (), mirror)
    return Context(
        host=host,
        centre=Centre("lab", (host,)),
        desired=Desired(date(2026, 6, 1), "example.vn", (), (), ()),
        policy=Policy(domain="example.vn", limits=Limits(message=message)),
        keys={},
    )


def settings(found: Context) -> dict[str, str]:
    """Return clamd.conf as it is read: a word and its value a line."""
    text = clamav.files(found)["/etc/clamav/clamd.conf"].content.decode()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)


def rows(name: str) -> list[str]:
    text = clamav.signatures(context())[f"/var/lib/clamav/{name}"].content.decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("message", [MIB, 30 * MIB, 30 * MIB + 1, 64 * MIB])
def test_clamd_accepts_every_message_that_postfix_accepts(message: int) -> None:
    """A message longer than StreamMaxLength would never get a verdict, and wait for ever."""
    limit = settings(context(message=message))["StreamMaxLength"]
    assert int(limit.removesuffix("M")) * MIB > message


def test_what_cannot_be_scanned_is_reported() -> None:
    """Each of these is off by default, and then passes as clean."""
    found = settings(context())
    wanted = {"AlertExceedsMax", "AlertEncrypted", "DisableCache"}
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, "yes")


def test_one_member_may_be_as_large_as_all_together() -> None:
    found = settings(context())
    assert found["MaxFileSize"] == found["MaxScanSize"]


def test_dpkg_leaves_the_settings_alone() -> None:
    """The package rewrites a clamd.conf that begins as its own does, and drops our alerts."""
    content = clamav.files(context())["/etc/clamav/clamd.conf"].content
    assert not content.startswith(b"#Automatically Generated")


def test_eicar_has_a_signature() -> None:
    assert f"Hopthu.EICAR:0:*:{messages.eicar().hex()}" in rows("hopthu.ndb")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Content-Transfer-Encoding", True),
        ("content-transfer-encoding", True),
        ("cONTENT-tRANSFER-eNCODING", True),
        ("COntent-Transfer_Encoding", False),
        ("Content-Type", False),
    ],
)
def test_the_field_that_makes_a_file_mail(said: str, found: bool) -> None:
    """In letters of any case, anywhere; each signature has the two certain bytes ClamAV needs."""
    names = [row.split(":")[2] for row in rows("hopthu.ftm")]
    assert all(re.match("[0-9a-f]{4}", name) for name in names)
    patterns = [re.sub("[0-9a-f]{2}", lambda pair: f"\\x{pair[0]}", name) for name in names]
    assert found == any(re.search(pattern, f"x: y\n{said}: base64") for pattern in patterns)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("bao-cao.exe", True),
        ("BAO-CAO.PDF.EXE", True),
        ("in/bao-cao.scr. ", True),
        ("bao-cao.exe.pdf", False),
        ("bao-cao.docx", False),
        ("bao-cao.html", False),
        ("exe", False),
    ],
)
def test_programs_in_archives_are_known_by_name(name: str, *, refused: bool) -> None:
    pattern = rows("hopthu.cdb")[0].split(":")[3]
    assert bool(re.search(pattern, name)) is refused


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("bao-cao.rar", True),
        ("BAO-CAO.7Z", True),
        ("a.Z. ", True),
        ("a.zip", False),
        ("a.gz", False),
    ],
)
def test_archives_in_archives_are_known_by_name(name: str, *, refused: bool) -> None:
    pattern = rows("hopthu.cdb")[1].split(":")[3]
    assert bool(re.search(pattern, name)) is refused


def test_no_extension_is_both_a_program_and_an_archive() -> None:
    """Each has a refusal of its own, and a name gets one."""
    assert set() == set(clamav.EXECUTABLES) & set(clamav.UNSCANNABLE)


@pytest.mark.parametrize(
    "name", ["RAR", "7z", "ACE", "ZipMemberEncrypted", "ZipDirectoryEncrypted"]
)
def test_formats_that_open_after_other_data_are_found_at_any_offset(name: str) -> None:
    (row,) = [r for r in rows("hopthu.ndb") if r.startswith(f"Hopthu.Unscannable.{name}:")]
    _, _, offset, pattern = row.split(":")
    assert "*" == offset
    # Noise has four bytes by chance once in 140 attachments of 30 MB.
    assert len(re.sub(r"\?\?|\([^)]*\)", "", pattern)) >= 10


def test_without_a_mirror_nothing_is_fetched_and_only_our_own_signatures_are_waited_for() -> None:
    units = clamav.units(context())
    service = units["/etc/systemd/system/clamav-daemon.service.d/hopthu.conf"].content.decode()
    fresh = units["/etc/systemd/system/clamav-freshclam.service.d/hopthu.conf"].content.decode()
    assert "ConditionPathExistsGlob=\n" in service
    assert "ConditionPathExists=!/\n" in fresh
    assert "/etc/clamav/freshclam.conf" not in clamav.files(context())


def test_with_a_mirror_signatures_come_from_it_and_are_waited_for() -> None:
    found = context(mirror="http://mirror.example.vn/clamav")
    units = clamav.units(found)
    service = units["/etc/systemd/system/clamav-daemon.service.d/hopthu.conf"].content.decode()
    fresh = clamav.files(found)["/etc/clamav/freshclam.conf"].content.decode()
    assert "ConditionPathExistsGlob" not in service
    assert [path for path in units if "freshclam" in path] == []
    assert "PrivateMirror http://mirror.example.vn/clamav\n" in fresh
    assert "DatabaseMirror" not in fresh


def test_only_the_group_may_talk_to_clamd() -> None:
    """Whoever may write to the socket may also stop the daemon (clamd(8), SHUTDOWN)."""
    units = clamav.units(context())
    socket = units["/etc/systemd/system/clamav-daemon.socket.d/hopthu.conf"].content.decode()
    assert "SocketMode=0660\n" in socket
