"""The letters that a store took last: which scripts keep one from coming twice."""

import os
import re
from pathlib import Path

import pytest

from hopthu.daemons import dovecot
from hopthu.remote.host import last_letters

NOW = 2_000_000_000
OURS = """\
Return-Path: <a@example.org>
Received: from access1.gov.vn ([10.88.0.12])
\tby store1.gov.vn with LMTP id LMTPOWN
\tfor <an@gov.vn>; Tue, 1 Dec 2026 20:00:00 +0000
Received: from mx.example.org (unknown [192.0.2.1])
\tby edge1.gov.vn (Postfix) with ESMTPS id {id}
\tfor <an@gov.vn>; Tue, 1 Dec 2026 20:00:00 +0000 (UTC)
Received: by mx.example.org (Postfix) with ESMTPS id ELSEWHERE; Tue, 1 Dec 2026 19:59:59 +0000

Received: by x (Postfix) with SMTP id INTHEBODY
"""


def letter(mail: Path, place: str, text: str, age: float = 0) -> Path:
    """Put a message into a mailbox, and give it and its folder an age."""
    folder = mail / place
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len([*folder.iterdir()])}.host"
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))
    os.utime(folder, (NOW, NOW))
    return path


def noted(mail: Path) -> dict[str, str]:
    """Return the scripts by mailbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(last_letters, "SCRIPTS", scripts := mail.with_name("scripts"))
        last_letters.note(mail)
    return {each.name: each.read_text() for each in scripts.iterdir()}


def ids(script: str) -> list[str]:
    return re.findall(r'"id (\w+)"', script)


def test_dovecot_reads_what_is_written() -> None:
    assert Path(dovecot.LAST_LETTERS) == last_letters.SCRIPTS


def test_the_queue_ids_of_the_last_letters_are_noted_by_mailbox(tmp_path: Path) -> None:
    """The id that Postfix handed them in with: not Dovecot's, nor one of elsewhere."""
    mail = tmp_path / "mail"
    letter(mail, "people/an/Maildir/new", OURS.format(id="4aNEW"))
    letter(mail, "people/an/Maildir/cur", OURS.format(id="4aSEEN"))
    letter(mail, "people/an/Maildir/Hồ sơ/2026/new", OURS.format(id="4aFILED"))
    letter(mail, "people/an/Maildir/new", OURS.format(id="4aOLD"), age=700)
    letter(mail, "people/an/Maildir/tmp", OURS.format(id="4aHALF"))
    letter(mail, "people/binh/Maildir/cur", "Subject: of their own\n\nx\n")
    letter(mail, "units/stc/Maildir/new", OURS.format(id="4aUNIT"))
    found = noted(mail)
    assert {"an.sieve", "stc.sieve"} == found.keys()
    assert ["4aFILED", "4aNEW", "4aSEEN"] == sorted(ids(found["an.sieve"]))
    assert ["4aUNIT"] == ids(found["stc.sieve"])


def test_what_a_unit_sends_is_told_from_what_it_receives(tmp_path: Path) -> None:
    """A letter to itself is in INBOX and Sent under one id, and one of the two may be missing."""
    mail = tmp_path / "mail"
    letter(mail, "units/stc/Maildir/Sent/new", OURS.format(id="4aBOTH"))
    letter(mail, "units/stc/Maildir/2026/Sent/new", OURS.format(id="4aFILED"))
    sent, filed = re.findall(r"allof.*[)]", noted(mail)["stc.sieve"])
    test = 'envelope :detail "to" "Sent", header :contains "Received"'
    assert f'allof({test} ["id 4aBOTH"])' == sent
    assert f'allof(not {test} ["id 4aFILED"])' == filed


def test_scripts_of_before_are_removed(tmp_path: Path) -> None:
    """Also when nothing is there; Dovecot can read them, which is not root."""
    mail = tmp_path / "mail"
    put = letter(mail, "people/an/Maildir/new", OURS.format(id="4aNEW"))
    assert noted(mail)
    modes = [each.stat().st_mode & 0o777 for each in tmp_path.glob("scripts/*")]
    assert ([0o644], 0o711) == (modes, (tmp_path / "scripts").stat().st_mode & 0o777)
    put.unlink()
    assert {} == noted(mail)
    assert {} == noted(tmp_path)


def test_nothing_but_messages_is_read(tmp_path: Path) -> None:
    """Whoever writes to mailboxes puts links and pipes there; no root follows or waits."""
    mail = tmp_path / "mail"
    folder = letter(mail, "people/an/Maildir/new", "x").parent
    secret = tmp_path / "secret"
    secret.write_text(OURS.format(id="4aSECRET"))
    (folder / "link").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    letter(tmp_path, "elsewhere/new", OURS.format(id="4aELSEWHERE"))
    (folder.parent / "out").symlink_to(tmp_path / "elsewhere")
    (mail / "people" / "binh").symlink_to(tmp_path / "elsewhere")
    (mail / "people" / "chi").mkdir()
    (mail / "people" / "chi" / "Maildir").symlink_to(tmp_path / "elsewhere")
    (folder.parent / "cur").symlink_to(tmp_path / "nothing")
    assert {} == noted(mail)
