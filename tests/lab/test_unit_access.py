"""Who can do what with a unit's mailbox: each role, in each way that there is, in both layouts."""

import imaplib
import json
import re
import smtplib
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from faults import READERS
from labs import Lab, copied, git, in_network_of
from test_unit_mailboxes import DOMAIN, LETTER, asked, folder, listed

from hopthu.daemons.dovecot import SHARED
from hopthu.daemons.postfix import TABLES

TODAY, LATER = "2026-11-25", "2026-11-27"
BY_PROVINCE = (
    "--decision-number", "9401/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
    "--decision-date", "2026-11-20", "--request-date", "2026-11-23",
)  # fmt: skip
EDITS = (
    ("unit", "head", "so-noi-vu", "dang-thi-my-duyen", "--acting", *BY_PROVINCE,
     "--request-number", "9401/SNV-VP", "--request-issuer", "so-noi-vu"),
    ("unit", "delegate", "so-cong-thuong", "nguyen-thi-hai-yen", "--until", "2026-11-26",
     "--decision-number", "941/GUQ-SCT", "--decision-issuer", "so-cong-thuong",
     "--decision-date", "2026-11-24"),
    ("unit", "delegate", "so-xay-dung", "nguyen-tien-dung", "--until", "2027-11-24",
     "--decision-number", "942/GUQ-SXD", "--decision-issuer", "so-xay-dung",
     "--decision-date", "2026-11-24"),
    ("unit", "delegate", "so-ngoai-vu", "le-bao-an", "--until", "2027-11-24",
     "--decision-number", "943/GUQ-SNgV", "--decision-issuer", "so-ngoai-vu",
     "--decision-date", "2026-11-24"),
    ("person", "transfer", "nguyen-van-an", "--unit", "so-noi-vu", "--title", "Chuyên viên",
     *BY_PROVINCE, "--request-number", "9402/STC-VP", "--request-issuer", "so-tai-chinh"),
)  # fmt: skip
MERGE = (
    "unit", "merge", "so-ngoai-vu", "--into", "phuong-hac-thanh", "--from", LATER, "--on", TODAY,
    "--title", "nguyen-thi-khue=Phó Chủ tịch", "--yes",
    "--decision-number", "9403/NQ-HĐND", "--decision-issuer", "hdnd-tinh",
    "--decision-date", "2026-11-20", "--request-number", "9403/SNgV-VP",
    "--request-issuer", "so-ngoai-vu", "--request-date", "2026-11-23",
)  # fmt: skip
"""In the centre the mailbox goes to another store."""
FINANCE, MERGED = ("Sở Tài chính", "stc"), ("Sở Ngoại vụ", "sngv")
SUCCESSOR = "Phường Hạc Thành"
NONE, READS = frozenset[str](), frozenset({"list", "read"})
USES = READS | {"write", "send as"}
ROLES = {
    "head": ("le-van-binh", "binhlv", FINANCE, USES),
    "acting head": ("dang-thi-my-duyen", "duyendtm", ("Sở Nội vụ", "snv"), USES),
    "head for whom another acts": ("pham-duc-toan", "toanpd", ("Sở Nội vụ", "snv"), NONE),
    "delegate": ("le-thi-hong-nhung", "nhunglth", ("Sở Tư pháp", "stp"), USES),
    "expired": ("nguyen-thi-hai-yen", "yennth", ("Sở Công Thương", "sct"), NONE),
    "transferred": ("nguyen-van-an", "annv", FINANCE, NONE),
    "member": ("nguyen-van-an-2", "annv2", FINANCE, NONE),
    "stranger": ("le-van-bay", "baylv", FINANCE, NONE),
    "successor's head": ("le-the-bac", "baclt", MERGED, READS),
    "successor's delegate": ("nguyen-thi-huong-giang", "giangnth", MERGED, READS),
    "former head": ("nguyen-thi-khue", "khuent", MERGED, NONE),
    "former delegate": ("le-bao-an", "anlb", MERGED, NONE),
}
LOCKED = ("nguyen-tien-dung", "dungnt")
WAYS = ("list", "read", "write", "send as", "share")


@pytest.fixture(scope="module", params=["single", "centre"])
def changed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Path]]:
    """A lab of each layout on the day after a delegation has ended, and the data."""
    lab: Lab = request.getfixturevalue(request.param)
    root = copied(tmp_path_factory.mktemp(request.param) / "checkout")
    for edit in EDITS:
        lab.hopthu(*edit, "--from", TODAY, "--on", TODAY, "--yes", root=root)
    lab.hopthu(*MERGE, root=root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change who has units' mailboxes")
    lab.hopthu("apply", "lab", "--yes", "--on", TODAY, root=root)
    with in_network_of(lab) as (_, context):
        file_letters(access_host(lab), context, lab.passwords)
    lab.hopthu("apply", "lab", "--yes", "--on", LATER, root=root)
    yield lab, root
    lab.restore()


@pytest.fixture(scope="module")
def lab(changed: tuple[Lab, Path]) -> Lab:
    """The lab."""
    return changed[0]


def file_letters(host: str, context: ssl.SSLContext, passwords: Mapping[str, str]) -> None:
    """Have head and delegate leave letters in the mailbox of the unit that is to merge."""
    for role, inner in (("former head", ()), ("former delegate", ("Hồ sơ",))):
        person, login, *_ = ROLES[role]
        imap, smtp = signed_in(host, context, login, passwords[person])
        with closing(imap.socket()), smtp:
            name = folder(MERGED[0], *inner)
            assert not inner or "OK" == imap.create(name)[0]
            for number in range(2):
                assert "OK" == imap.append(name, "", "", LETTER % number)[0]


def access_host(lab: Lab) -> str:
    """The address at which people sign in."""
    return lab.state.host("mail1" if "mail1" in lab.hosts else "access1").address


def signed_in(
    host: str, context: ssl.SSLContext, login: str, password: str
) -> tuple[imaplib.IMAP4, smtplib.SMTP]:
    """Sign in to read and to send."""
    imap = imaplib.IMAP4_SSL(host, 993, ssl_context=context, timeout=60)
    imap.login(f"{login}@{DOMAIN}", password)
    smtp = smtplib.SMTP_SSL(host, 465, context=context)
    smtp.login(f"{login}@{DOMAIN}", password)
    return imap, smtp


def tried(imap: imaplib.IMAP4, smtp: smtplib.SMTP, name: str, address: str) -> dict[str, bool]:
    """Whether each way to a unit's mailbox is open."""
    letter = LETTER % 5
    smtp.mail(f"{address}@{DOMAIN}")
    return {
        "list": f"{SHARED}/{name}" in listed(imap),
        "read": "OK" == imap.select(folder(name))[0],
        "write": "OK" == imap.append(folder(name, "Drafts"), "", "", letter)[0],
        "send as": 250 == smtp.rcpt(f"baylv@{DOMAIN}")[0],
        "share": "OK" == asked(imap, f"SETACL {folder(name)} le-van-bay lr"),
    }


def test_every_role_has_what_it_should(lab: Lab) -> None:
    """Head, acting head and delegate read, write and send; nobody shares, and others do nothing."""
    host, found = access_host(lab), {}
    with in_network_of(lab) as (_, context):
        for role, (person, login, (name, address), _) in ROLES.items():
            imap, smtp = signed_in(host, context, login, lab.passwords[person])
            with closing(imap.socket()), smtp:
                found[role] = tried(imap, smtp, name, address)
                own = (name, SUCCESSOR) if role.startswith("successor") else (name,)
                assert [] == [each for each in listed(imap) if not any(n in each for n in own)]
    assert {
        role: {way: way in allowed for way in WAYS} for role, (*_, allowed) in ROLES.items()
    } == found


UNIT, GONE, ADDRESS = "so-tai-chinh", ROLES["transferred"][0], f"{FINANCE[1]}@{DOMAIN}"
SHOWN = f"doveadm user {GONE} | grep -q {UNIT}"
LEFT_IN_PLACE = {
    "a right in the mailbox": (
        "store1",
        f"doveadm acl set -u {UNIT} INBOX user={GONE} lookup read",
        f"doveadm acl delete -u {UNIT} INBOX user={GONE}",
    ),
    "a namespace": (
        "store1",
        f"sed -i '/^le-van-binh:/{{p;s//{GONE}:/}}' {READERS}; until {SHOWN}; do sleep 0.1; done",
        f"sed -i '/^{GONE}:/d' {READERS}; while {SHOWN}; do sleep 0.1; done",
    ),
    "a row of senders": (
        "access1",
        f"echo '{ADDRESS} le-van-binh,{GONE}' | postmap -r -i lmdb:{TABLES}/senders",
        f"echo '{ADDRESS} le-van-binh' | postmap -r -i lmdb:{TABLES}/senders",
    ),
}


def verified(changed: tuple[Lab, Path]) -> dict[str, object]:
    """Return what the probe of rights that are over says."""
    lab, root = changed
    words = ("verify", "lab", "--format", "json", "--probe", "unit-former")
    done = lab.run([sys.executable, "-m", "hopthu", *words], root)
    (probe,) = json.loads(done.stdout)["probes"]
    return dict(probe)


def test_a_right_is_gone_once_a_transfer_is_applied(changed: tuple[Lab, Path]) -> None:
    """And whatever of it stays on a server makes the probe red, whichever part that is."""
    lab, _ = changed
    probe = verified(changed)
    assert probe["passed"], probe
    for host, leave, take in LEFT_IN_PLACE.values():
        here = host if host in lab.hosts else "mail1"
        lab.ssh(here, leave)
        try:
            probe = verified(changed)
        finally:
            lab.ssh(here, take)
        assert not probe["passed"]
        assert f"{here} to have no right of {GONE} in the mailbox of {UNIT}" in str(probe["detail"])
    assert verified(changed)["passed"]


def test_nobody_changes_what_a_merged_unit_has_left(lab: Lab) -> None:
    """Its letters are all there; each reader has their own marks of what they have read."""
    host, top, matter = access_host(lab), folder(MERGED[0]), folder(MERGED[0], "Hồ sơ")
    readers = [ROLES[f"successor's {each}"] for each in ("head", "delegate")]
    with in_network_of(lab) as (_, context), ExitStack() as stack:
        sessions = []
        for person, login, *_ in readers:
            imap, smtp = signed_in(host, context, login, lab.passwords[person])
            stack.enter_context(closing(imap.socket()))
            stack.enter_context(smtp)
            sessions.append(imap)
        head, delegate = sessions
        for name in (top, matter):
            assert ("OK", [b"2"]) == head.select(name)
            for flag in ("\\Seen", "\\Flagged", "\\Deleted", "vieclam"):
                head.store("1", "+FLAGS", f"({flag})")
            head.expunge()
            assert "NO" == asked(head, "MOVE 1 Trash")
            assert "NO" == head.copy("1", name)[0]
            assert "OK" == head.copy("1", "Drafts")[0]
            # A folder that is open would be closed, though it stays.
            assert "OK" == head.unselect()[0]
            for done in (
                head.append(name, "", "", LETTER % 7),
                head.create(name[:-1] + '/Moi"'),
                head.rename(name, folder(MERGED[0], "Doi")),
                head.rename(name, "Doi"),
                head.rename("Drafts", folder(MERGED[0], "Doi")),
                head.delete(name),
            ):
                assert "NO" == done[0], done
            assert "BAD" == asked(head, f"SETACL {name} le-van-bay lr")
        for imap, seen in ((head, rb"\Seen"), (delegate, b"")):
            for name in (top, matter):
                assert ("OK", [b"2"]) == imap.select(name, readonly=True)
                flags = [
                    re.sub(rb" ?\\Recent", b"", each)
                    for each in imap.fetch("1:*", "(FLAGS)")[1]
                    if isinstance(each, bytes)
                ]
                assert [b"1 (FLAGS (%s))" % seen, b"2 (FLAGS ())"] == flags


def test_who_is_locked_cannot_come_in(lab: Lab) -> None:
    """Delegate or not, neither to read nor to send."""
    person, login = LOCKED
    with in_network_of(lab) as (_, context):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            signed_in(access_host(lab), context, login, lab.passwords[person])
        with (
            smtplib.SMTP_SSL(access_host(lab), 465, context=context) as smtp,
            pytest.raises(smtplib.SMTPAuthenticationError),
        ):
            smtp.login(f"{login}@{DOMAIN}", lab.passwords[person])


def test_what_is_sent_as_the_unit_is_kept_once(lab: Lab) -> None:
    """By whichever of its addresses, to itself too; nobody files another copy, or writes there."""
    name, sent = FINANCE[0], folder(FINANCE[0], "Sent")
    addresses = [f"{local}@{DOMAIN}" for local in ("stc", "sotaichinh")]
    reader = f"baylv@{DOMAIN}"
    with in_network_of(lab) as (known, context):
        person, login, *_ = ROLES["head"]
        imap, smtp = signed_in(access_host(lab), context, login, lab.passwords[person])
        with closing(imap.socket()), smtp:
            for number, sender in enumerate(addresses):
                text = f"From: {sender}\r\nSubject: thu {number}\r\n\r\nThu.\r\n"
                smtp.sendmail(sender, [reader, addresses[0]], text)
            smtp.sendmail(f"{login}@{DOMAIN}", [reader], f"From: {login}@{DOMAIN}\r\n\r\nThu.\r\n")
            subjects = arrived(imap, sent, len(addresses))
            assert {"thu 0": 1, "thu 1": 1} == subjects
            assert {"thu 0": 1, "thu 1": 1} == arrived(imap, folder(name), len(addresses))
            assert "NO" == imap.append(sent, "", "", LETTER % 6)[0]
            assert "NO" == imap.copy("1", sent)[0]
            assert "NO" == imap.rename(sent, folder(name, "Cu"))[0]
            assert "NO" == imap.delete(sent)[0]
            smtp.mail(f"{login}@{DOMAIN}")
            assert 550 == smtp.rcpt(f"stc+Sent@{DOMAIN}")[0]
        edge = known.host("mail1" if "mail1" in lab.hosts else "edge1").address
        with smtplib.SMTP(edge) as outside:
            outside.ehlo("mx.example.org")
            outside.mail("cong-dan@example.org")
            assert 550 == outside.rcpt(f"stc+Sent@{DOMAIN}")[0]


def test_a_copy_that_comes_to_the_wrong_store_is_kept_too(centre: Lab) -> None:
    """As while a mailbox moves, and tables are older than the directory: it is passed on."""
    person, login, *_ = ROLES["head"]
    kept, sender = f"stc+Sent@{DOMAIN}", f"stc@{DOMAIN}"
    with in_network_of(centre) as (known, context):
        row = f"{kept} lmtp:inet:[{known.host('store2').address}]:24"
        centre.ssh("access1", f"echo '{row}' | postmap -r -i lmdb:{TABLES}/transport")
        imap, smtp = signed_in(access_host(centre), context, login, centre.passwords[person])
        with closing(imap.socket()), smtp:
            text = f"From: {sender}\r\nSubject: thu khac\r\n\r\nThu.\r\n"
            smtp.sendmail(sender, [f"baylv@{DOMAIN}"], text)
            said = "journalctl -b -u postfix -o cat -g 'to=<stc[+]Sent.*relay={}'"
            for _ in range(200):
                if "thu khac" in arrived(imap, folder(FINANCE[0], "Sent"), 1):
                    break
                time.sleep(0.1)
            store = known.host("store2").address
            assert "status=sent" in centre.ssh("access1", said.format(store))
            assert 1 == arrived(imap, folder(FINANCE[0], "Sent"), 1)["thu khac"]


def arrived(imap: imaplib.IMAP4, name: str, number: int) -> dict[str, int]:
    """How often each subject is in a folder, once there are so many letters."""
    for _ in range(200):
        code, (count,) = imap.select(name)
        assert "OK" == code
        asks = "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
        found = imap.fetch("1:*", asks)[1] if count != b"0" else []
        subjects = [each[1].decode().strip()[9:] for each in found if isinstance(each, tuple)]
        subjects = [each for each in subjects if each.startswith("thu ")]
        if len(subjects) >= number:
            break
        time.sleep(0.1)
    return {each: subjects.count(each) for each in subjects}
