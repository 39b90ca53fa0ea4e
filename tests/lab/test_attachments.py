"""What is attached: every trick is refused and what it imitates accepted (Art. 5.1, 6.3)."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

import archived
import attached
import containers
import mail_programs
import pytest
import zipped
from attached import Row
from labs import CHECKOUT, Lab, forget_journals

MAILBOX, READER = "nguyen-van-an", "annv@thanhhoa.gov.vn"
Answer = tuple[int, str]
ROWS = attached.rows(
    attached.naming(),
    attached.places(),
    attached.old_encodings(),
    attached.split_messages(),
    archived.archives(),
    archived.honest(),
    archived.encodings(),
    zipped.zips(),
    containers.packed(),
    containers.outlook(),
    containers.messages_saved(),
    containers.signed(),
    containers.calendars(),
    containers.documents(),
    mail_programs.attachments(),
    mail_programs.letters(),
)
SOME = dict(list(ROWS.items())[::9])

# Few messages a session: after ten refusals Postfix answers slowly, after twenty not at all
# (smtpd_soft_error_limit, smtpd_hard_error_limit).
SEND = """
import json, smtplib, sys
from concurrent.futures import ThreadPoolExecutor
job = json.load(sys.stdin)
def offer(smtp, message):
    smtp.mail(job["sender"])
    smtp.rcpt(job["reader"])
    try:
        code, said = smtp.data(message.encode("latin-1"))
    except smtplib.SMTPDataError as error:
        code, said = error.smtp_code, error.smtp_error
        smtp.rset()
    return code, said.decode()
def session(names):
    with smtplib.SMTP(job["host"], job["port"], timeout=120) as smtp:
        smtp.starttls()
        smtp.ehlo()
        if job["password"]:
            smtp.login(job["sender"], job["password"])
        return {name: offer(smtp, job["messages"][name]) for name in names}
names = list(job["messages"])
with ThreadPoolExecutor(4) as pool:
    found = pool.map(session, [names[at : at + 9] for at in range(0, len(names), 9)])
    print(json.dumps({name: reply for part in found for name, reply in part.items()}))
"""


def sent(lab: Lab, vantage: str, **job: object) -> dict[str, Answer]:
    """Send messages from a host that is not ours; return what was said to the end of each."""
    argv = [sys.executable, "-m", "hopthu", "lab", "ssh", vantage, "--", f"python3 -c '{SEND}'"]
    environment = {**os.environ, "HOPTHU_LAB": str(lab.folder)}
    done = subprocess.run(
        argv, cwd=CHECKOUT, env=environment, input=json.dumps(job), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: (code, said) for name, (code, said) in json.loads(done.stdout).items()}


def letters(rows: Mapping[str, Row], sender: str, reader: str, mark: str) -> dict[str, str]:
    """Return whole messages: what every message has, and the rows' own."""
    date = format_datetime(datetime.now(UTC))
    return {
        name: (
            f"From: {sender}\r\nTo: {reader}\r\nSubject: Bao cao {mark}\r\nDate: {date}\r\n"
            f"Message-ID: <{mark}.{number}@{sender.partition('@')[2]}>\r\nMIME-Version: 1.0\r\n"
        )
        + row.message.decode("latin-1")
        for number, (name, row) in enumerate(rows.items())
    }


@contextmanager
def answers(
    lab: Lab, rows: Mapping[str, Row], sender: str, vantage: str, **way: object
) -> Iterator[dict[str, Answer]]:
    """Send rows to the reader; what was taken has to arrive, and is removed again."""
    mark = uuid.uuid4().hex
    messages = letters(rows, sender, READER, mark)
    found = sent(lab, vantage, sender=sender, reader=READER, messages=messages, **way)
    mailbox = f"-u {MAILBOX} mailbox '*' header Subject {mark}"
    try:
        yield found
        wanted = sum(code == attached.ACCEPTED for code, _ in found.values())
        arrived, deadline = -1, time.monotonic() + 120
        while arrived != wanted and time.monotonic() < deadline:
            arrived = int(lab.ssh("store1", f"doveadm search {mailbox} | wc -l"))
        assert wanted == arrived
    finally:
        lab.ssh("store1", f"doveadm expunge {mailbox}")
        # Rspamd logs each field that it cannot read itself; no probe is to wonder about those.
        forget_journals(lab)


@pytest.fixture(scope="module")
def from_outside(centre: Lab) -> Iterator[dict[str, Answer]]:
    """The answers of our MX to a server outside."""
    way = {"host": "10.88.0.11", "port": 25, "password": ""}
    with answers(centre, ROWS, "cong-dan@example.org", "internet", **way) as found:
        yield found


@pytest.fixture(scope="module")
def from_inside(centre: Lab) -> Iterator[dict[str, Answer]]:
    """The answers to somebody of ours who hands mail in."""
    way = {"host": "10.88.0.21", "port": 587, "password": centre.passwords[MAILBOX]}
    with answers(centre, SOME, READER, "client", **way) as found:
        yield found


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_from_outside(from_outside: dict[str, Answer], row: Row) -> None:
    """Refused in words, or in the mailbox: nothing waits, and nothing passes unread."""
    code, said = from_outside[row.name]
    assert row.code == code, said


@pytest.mark.parametrize("row", SOME.values(), ids=SOME)
def test_from_inside(from_inside: dict[str, Answer], row: Row) -> None:
    """Our own people's mail is looked through as everybody's."""
    code, said = from_inside[row.name]
    assert row.code == code, said
