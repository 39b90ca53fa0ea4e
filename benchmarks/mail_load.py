"""What the measurement of mail runs on hosts of a lab; the standard library only.

Piped to a host's Python with the name of one of these functions; each reads what it needs as JSON,
for passwords have no place in arguments, and prints JSON.
"""

from __future__ import annotations

import imaplib
import json
import os
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

Asked = dict[str, Any]
LETTER = """\
From: {sender}
To: {recipient}
Subject: =?utf-8?q?B=C3=A1o_c=C3=A1o_th=C3=A1ng?=
Message-ID: <{token}-{number}@example.org>
Date: {date}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{body}
"""
SENTENCE = (
    "Kính gửi quý cơ quan, chúng tôi báo cáo tình hình thực hiện nhiệm vụ số {number}.{line} "
    "trong tháng và đề nghị xem xét.\n"
)


def letters(asked: Asked) -> Iterator[tuple[str, bytes]]:
    """Yield recipients in turn, each with a letter of its own of about 5 kB."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    for number in range(asked["letters"]):
        recipient = asked["recipients"][number % len(asked["recipients"])]
        body = "".join(SENTENCE.format(number=number, line=line) for line in range(36))
        text = LETTER.format(**asked, recipient=recipient, number=number, date=date, body=body)
        yield recipient, text.replace("\n", "\r\n").encode()


def send(asked: Asked) -> Asked:
    """Send letters over a few sessions at once, each letter a transaction; tell when."""
    kind = smtplib.LMTP if asked["lmtp"] else smtplib.SMTP
    share = list(letters(asked))

    def session(first: int) -> None:
        with kind(asked["address"], asked["port"], local_hostname=asked["name"]) as smtp:
            if asked["tls"]:
                smtp.starttls(context=_unverified())
            for recipient, letter in islice(share, first, None, asked["sessions"]):
                smtp.sendmail(asked["sender"], [recipient], letter)  # raises if refused

    return _timed(session, range(asked["sessions"]))


def sign_in(asked: Asked) -> Asked:
    """Sign people in and out by IMAP, a few at once; tell when."""
    people = asked["people"]

    def session(number: int) -> None:
        user, password = people[number % len(people)]
        context = _unverified()
        with imaplib.IMAP4_SSL(asked["address"], asked["port"], ssl_context=context) as imap:
            imap.login(user, password)

    return _timed(session, range(asked["sign_ins"]), asked["sessions"])


def drained(asked: Asked) -> Asked:
    """Wait until Postfix has handed over all it holds."""
    deadline = time.monotonic() + asked["within"]
    queues = [Path("/var/spool/postfix") / name for name in ("incoming", "active", "deferred")]
    while held := [name for q in queues for _, _, names in os.walk(q) for name in names]:
        if time.monotonic() > deadline:
            raise SystemExit(f"Postfix still holds {len(held)} letters")
        time.sleep(0.05)
    return {}


def stored(asked: Asked) -> Asked:
    """Tell of each letter that Dovecot stored when it did, and by which process."""
    words = ["journalctl", "-t", "dovecot", "-o", "json", "--since", f"@{asked['since']}"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found: list[tuple[str, float, str]] = []
    for line in said.splitlines():
        record = json.loads(line)
        text = str(record["MESSAGE"])
        _, mark, rest = text.partition(f"<{asked['token']}-")
        if mark and " stored mail into mailbox" in rest:
            process = text.partition(")<")[2].partition(">")[0]
            found.append(
                (rest.partition("@")[0], int(record["__REALTIME_TIMESTAMP"]) / 1e6, process)
            )
    return {"stored": found}


def cpu(_: Asked) -> Asked:
    """Tell the seconds of the processor of each service, and of each program of Dovecot."""
    used = {
        folder.name.removesuffix(".service"): _usage(folder)
        for folder in Path("/sys/fs/cgroup/system.slice").glob("*.service")
    }
    used["all"] = _usage(Path("/sys/fs/cgroup"))
    used.update(_programs("/sys/fs/cgroup/system.slice/dovecot.service"))
    return used


def _usage(folder: Path) -> float:
    usage = (folder / "cpu.stat").read_text(encoding="utf-8").split()[1]
    return int(usage) / 1e6


def _programs(group: str) -> Asked:
    """Return the seconds of Dovecot's programs; those of processes that ended are the master's."""
    ticks = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    procs = Path(group, "cgroup.procs")
    for pid in procs.read_text(encoding="utf-8").split() if procs.exists() else ():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):  # it has ended: now its parent's
            continue
        name = f"dovecot/{stat.partition('(')[2].rpartition(')')[0]}"
        times = stat.rpartition(")")[2].split()[11:15]
        own, ended = (sum(map(int, pair)) / ticks for pair in (times[:2], times[2:]))
        used[name] = used.get(name, 0.0) + own
        used["dovecot/ended"] = used.get("dovecot/ended", 0.0) + ended
    return used


def _timed(work: Callable[[int], None], items: range, workers: int | None = None) -> Asked:
    started = time.time()
    with ThreadPoolExecutor(workers or len(items)) as pool:
        list(pool.map(work, items))
    return {"started": started, "ended": time.time()}


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
