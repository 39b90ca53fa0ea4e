"""Health checks of this host after a change; no mail is delivered."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypedDict

from hopthu.remote.host.mail_sessions import over_tls
from hopthu.remote.host.state import FAILURES, run

CA = "/etc/hopthu/tls/ca.pem"
PDFS = "/run/hopthu-pdf/socket"
# The test virus that every scanner detects (eicar.org), split so that this file is not detected.
VIRUS = r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NOBODY = "nobody.at.all"
_NO_SUCH_USER = 67  # EX_NOUSER
_SECONDS = 100
"""Timeout of one answer; a scan times out earlier (milter_content_timeout)."""

Check = Callable[[], str]


class Question(TypedDict):
    """What is asked of a host, by its DNS name, its address and the mail domain.

    `units` are systemd units that must run, `checks` names of checks below, or `port N` for one
    that must accept connections. `known` is an address that accepts mail, on this host if it is a
    store, empty if there is none. Daemons may need `patience` seconds after a reload or restart,
    which was within `since` seconds if at all.
    """

    units: list[str]
    checks: list[str]
    name: str
    address: str
    domain: str
    known: str
    patience: float
    since: float


class Host:
    """The host to check, and its checks; each returns a fault, or an empty text."""

    def __init__(self, asked: Question) -> None:
        """Take what the checks need."""
        self.name, self.address = asked["name"], asked["address"]
        self.domain, self.known = asked["domain"], asked["known"]
        self.since = time.monotonic() - asked["since"]

    def trust(self) -> ssl.SSLContext:
        """Return TLS settings like those of other hosts and clients: our CA and the host name."""
        return ssl.create_default_context(cafile=CA)

    def connected(self, port: int) -> socket.socket:
        """Return a connection to a port of this host."""
        return socket.create_connection((self.address, port), timeout=_SECONDS)

    def encrypted(self, port: int) -> socket.socket:
        """Return a TLS connection to a port of this host."""
        return over_tls(partial(self.connected, port), self.name, self.trust())()

    def listening(self, port: int) -> str:
        """Check that a port accepts connections."""
        with self.connected(port):
            return ""

    def reading(self) -> str:
        """Check the greeting of IMAP."""
        with self.encrypted(993) as connection:
            greeting = connection.recv(4096)
        return "" if greeting.startswith(b"* OK") else f"IMAP greets with {greeting[:80]!r}"

    def filters(self) -> str:
        """Check the greeting of ManageSieve, which comes before TLS (RFC 5804)."""
        with self.connected(4190) as connection:
            greeting = connection.recv(4096)
        return "" if greeting.startswith(b'"') else f"ManageSieve greets with {greeting[:80]!r}"

    def lmtp(self) -> str:
        """Check that LMTP accepts an existing mailbox and rejects an unknown one."""
        with self.encrypted(24) as connection:
            lines = connection.makefile("rb")

            def ask(line: str) -> bytes:
                if line:
                    connection.sendall(f"{line}\r\n".encode())
                reply = lines.readline()
                while reply[3:4] == b"-":
                    reply = lines.readline()
                return reply

            greeting = ask("")
            ask(f"LHLO {self.name}")
            ask("MAIL FROM:<>")
            unknown = ask(f"RCPT TO:<{NOBODY}@{self.domain}>")
            known = ask(f"RCPT TO:<{self.known}>") if self.known else b"250"
            ask("QUIT")
        if not greeting.startswith(b"220"):
            return f"LMTP greets with {greeting!r}"
        if not known.startswith(b"250"):
            return f"LMTP does not accept mail for {self.known}: {known!r}"
        if not unknown.startswith(b"5"):
            return f"LMTP accepts mail for an unknown address: {unknown!r}"
        return ""

    def directory(self) -> str:
        """Check that the directory of this host returns its top entry."""
        top = ",".join(f"dc={label}" for label in self.domain.split("."))
        search = ["ldapsearch", "-Q", "-LLL", "-Y", "EXTERNAL", "-H", "ldapi:///"]
        search += ["-o", "nettimeout=10", "-b", top, "-s", "base", "contextCSN"]
        done = run(*search, fine=None, timeout=60)
        if "contextCSN:" in done.stdout:
            return ""
        return f"the directory does not answer: {done.stderr.strip() or 'it is empty'}"

    def pdfs(self) -> str:
        """Check that the reader of PDFs answers."""
        message = b"Subject: health check\r\n\r\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(PDFS)
            connection.sendall(len(message).to_bytes(4, "big") + message)
            said = connection.recv(80)
        return "" if said == b"NONE\n" else f"the reader of PDFs answers {said!r}"

    def sign_in(self) -> str:
        """Check that the sign-in of an unknown user is rejected, and not for want of an answer."""
        lookup = ("doveadm", "auth", "lookup", "-x", "service=smtp", NOBODY)
        done = run(*lookup, fine=None, timeout=60)
        if done.returncode != _NO_SUCH_USER:
            return f"sign-in cannot be looked up: {(done.stderr or done.stdout).strip()}"
        with smtplib.SMTP_SSL(self.address, 465, timeout=_SECONDS, context=self._loose()) as smtp:
            smtp.ehlo("health.invalid")
            if not smtp.has_extn("auth"):
                return "sign-in is not offered for submission"
            # Dovecot delays a rejection by seconds, and daemons that were not restarted still work.
            return self._rejection(smtp) if self.restarted("slapd", "dovecot", "postfix") else ""

    def _rejection(self, smtp: smtplib.SMTP) -> str:
        """Check that an unknown login is rejected permanently, not deferred."""
        try:
            smtp.login(NOBODY, "not a password of anybody")
        except smtplib.SMTPAuthenticationError as error:
            return "" if error.smtp_code == 535 else f"sign-in is answered with {error.smtp_code}"
        return "the password of an unknown user is accepted"

    def restarted(self, *units: str) -> bool:
        """Return whether units were started, stopped or reloaded within `since`."""
        show = ("systemctl", "show", "--value", "-p", "StateChangeTimestampMonotonic")
        done = run(*show, *units, timeout=60)
        return any(int(moment) / 1e6 >= self.since for moment in done.stdout.split())

    def incoming(self) -> str:
        """Send a virus from outside; its rejection shows that mail is accepted and scanned."""
        with self._from_outside() as smtp:
            code, reply = smtp.mail("")
            if code == 250 and self.known:
                code, reply = smtp.rcpt(self.known)
            if code != 250:
                return f"port 25 does not accept mail for {self.known}: {code} {reply!r}"
            if self.known:
                code, reply = smtp.data(_virus(self.known))
                if not 500 <= code < 600:
                    return f"a virus is answered with {code} {reply!r}"
        # In a second session: under stress Postfix closes a session at its first error.
        with self._from_outside() as smtp:
            smtp.mail("")
            code, reply = smtp.rcpt(f"{NOBODY}@{self.domain}")
        return "" if 500 <= code < 600 else f"an unknown address is answered with {code} {reply!r}"

    @contextlib.contextmanager
    def _from_outside(self) -> Iterator[smtplib.SMTP]:
        """Open a TLS session with port 25; errors at its end are ignored."""
        smtp = smtplib.SMTP(self.address, 25, timeout=_SECONDS)
        try:
            smtp.ehlo("health.invalid")
            smtp.starttls(context=self._loose())
            smtp.ehlo("health.invalid")
            yield smtp
            with contextlib.suppress(smtplib.SMTPException):
                smtp.quit()
        finally:
            smtp.close()

    def _loose(self) -> ssl.SSLContext:
        """Return TLS settings without a check of the name, for connections by address."""
        context = self.trust()
        context.check_hostname = False
        return context


def _virus(to: str) -> str:
    return (
        f"From: Health check <health@example.org>\r\nTo: <{to}>\r\nSubject: health check\r\n"
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n"
        f"Message-ID: <{time.time_ns()}@example.org>\r\n\r\n{VIRUS}\r\n"
    )


def running(unit: str) -> str:
    """Check that a systemd unit is active."""
    state = run("systemctl", "is-active", unit, fine=None).stdout.strip()
    return "" if state == "active" else f"{unit} is {state}"


def checks(units: list[str], names: list[str], host: Host) -> dict[str, Check]:
    """Return the checks to run, by name; raise `KeyError` for an unknown one."""
    known: dict[str, Check] = {
        "directory": host.directory,
        "delivery": host.lmtp,
        "reading": host.reading,
        "filters": host.filters,
        "PDFs": host.pdfs,
        "sign-in": host.sign_in,
        "mail from outside": host.incoming,
    }
    found: dict[str, Check] = {unit: partial(running, unit) for unit in units}
    for name in names:
        word, _, port = name.partition(" ")
        found[name] = partial(host.listening, int(port)) if word == "port" else known[name]
    return found


def outcome(check: Check) -> str:
    """Return the fault found by a check; an error of the check itself is a fault too."""
    try:
        return check()
    except (*FAILURES, smtplib.SMTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def faults(asked: Question) -> list[str]:
    """Repeat the checks until all pass or patience ends; return what is wrong then."""
    host, deadline = Host(asked), time.monotonic() + asked["patience"]
    left = checks(asked["units"], asked["checks"], host)
    while True:
        with ThreadPoolExecutor(len(left)) as pool:
            found = dict(zip(left, pool.map(outcome, left.values()), strict=True))
        wrong = {name: fault for name, fault in found.items() if fault}
        if not wrong or time.monotonic() > deadline:
            return [f"{name}: {fault}" for name, fault in wrong.items()]
        left = {name: left[name] for name in wrong}
        time.sleep(0.2)
