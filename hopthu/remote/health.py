"""Whether this host serves: run by its own Python, without any library; nothing is delivered.

Standard input is JSON: `units` (systemd units that must run), `checks` (names of checks below, or
`port N` for one that must take connections), `name` (FQDN), `address`, `domain`, `known` (an
address that takes mail, living here if this is a store; empty where there is none), `patience`
(seconds that a daemon which was just told to take its files may need) and `since` (the seconds in
which daemons may have been told so). Prints what is wrong, a line each.
"""

from __future__ import annotations

import contextlib
import json
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

CA = "/etc/hopthu/tls/ca.pem"
# The test file every scanner knows (eicar.org), in two parts so that this file is not one.
VIRUS = r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NOBODY = "nobody.at.all"
_NO_SUCH_USER = 67  # EX_NOUSER
_SECONDS = 100
"""For one answer; a scan gives up earlier (milter_content_timeout)."""

Check = Callable[[], str]


class Host:
    """What was asked about, and how to reach it."""

    def __init__(self, asked: dict[str, object]) -> None:
        """Keep what is needed."""
        self.name, self.address, self.domain, self.known = (
            str(asked[key]) for key in ("name", "address", "domain", "known")
        )
        self.since = time.monotonic() - float(str(asked["since"]))

    def trust(self) -> ssl.SSLContext:
        """TLS as other hosts and mail programs want it: our authority, and the right name."""
        return ssl.create_default_context(cafile=CA)

    @contextlib.contextmanager
    def encrypted(self, port: int) -> Iterator[ssl.SSLSocket]:
        """Yield a TLS connection to a port of this host."""
        with (
            socket.create_connection((self.address, port), timeout=_SECONDS) as plain,
            self.trust().wrap_socket(plain, server_hostname=self.name) as safe,
        ):
            yield safe

    def listening(self, port: int) -> str:
        """Connect to a port."""
        with socket.create_connection((self.address, port), timeout=_SECONDS):
            return ""

    def reading(self) -> str:
        """Look at what IMAP says first."""
        with self.encrypted(993) as connection:
            said = connection.recv(4096)
        return "" if said.startswith(b"* OK") else f"IMAP says {said[:80]!r}"

    def filters(self) -> str:
        """Look at what ManageSieve says first, before TLS (RFC 5804)."""
        with socket.create_connection((self.address, 4190), timeout=_SECONDS) as connection:
            said = connection.recv(4096)
        return "" if said.startswith(b'"') else f"ManageSieve says {said[:80]!r}"

    def lmtp(self) -> str:
        """Ask the store about a mailbox that is here, and one that is nowhere."""
        with self.encrypted(24) as connection:
            lines = connection.makefile("rb")

            def ask(line: str) -> bytes:
                if line:
                    connection.sendall(f"{line}\r\n".encode())
                said = lines.readline()
                while said[3:4] == b"-":
                    said = lines.readline()
                return said

            greeting = ask("")
            ask(f"LHLO {self.name}")
            ask("MAIL FROM:<>")
            nobody = ask(f"RCPT TO:<{NOBODY}@{self.domain}>")
            known = ask(f"RCPT TO:<{self.known}>") if self.known else b"250"
            ask("QUIT")
        if not greeting.startswith(b"220"):
            return f"LMTP says {greeting!r}"
        if not known.startswith(b"250"):
            return f"LMTP does not take mail for {self.known}: {known!r}"
        return "" if nobody.startswith(b"5") else f"LMTP takes mail for nobody: {nobody!r}"

    def directory(self) -> str:
        """Ask the directory of this host for its top."""
        top = ",".join(f"dc={label}" for label in self.domain.split("."))
        search = ["ldapsearch", "-Q", "-LLL", "-Y", "EXTERNAL", "-H", "ldapi:///"]
        search += ["-o", "nettimeout=10", "-b", top, "-s", "base", "contextCSN"]
        done = subprocess.run(search, capture_output=True, text=True, timeout=60, check=False)
        if "contextCSN:" in done.stdout:
            return ""
        return f"the directory does not answer: {done.stderr.strip() or 'nothing of ours in it'}"

    def sign_in(self) -> str:
        """Ask whether nobody may sign in: they may not, which is another answer than none."""
        lookup = ["doveadm", "auth", "lookup", "-x", "service=smtp", NOBODY]
        done = subprocess.run(lookup, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != _NO_SUCH_USER:
            return f"sign-in cannot be looked up: {(done.stderr or done.stdout).strip()}"
        with smtplib.SMTP_SSL(self.address, 465, timeout=_SECONDS, context=self._loose()) as smtp:
            smtp.ehlo("health.invalid")
            if not smtp.has_extn("auth"):
                return "sign-in is not offered to those who send"
            # Dovecot takes seconds to refuse, on purpose; daemons left alone do as before.
            return self._refusal(smtp) if self.renewed("slapd", "dovecot", "postfix") else ""

    def _refusal(self, smtp: smtplib.SMTP) -> str:
        """Offer a password of nobody: it must be refused, not put off."""
        try:
            smtp.login(NOBODY, "not a password of anybody")
        except smtplib.SMTPAuthenticationError as error:
            return "" if error.smtp_code == 535 else f"sign-in answers {error.smtp_code}"
        return "a password of nobody is accepted"

    def renewed(self, *units: str) -> bool:
        """Tell whether units were started, stopped or told to load their files anew."""
        show = ["systemctl", "show", "--value", "-p", "StateChangeTimestampMonotonic", *units]
        said = subprocess.run(show, capture_output=True, text=True, timeout=60, check=True).stdout
        return any(int(moment) / 1e6 >= self.since for moment in said.split())

    def incoming(self) -> str:
        """Hand in a virus from outside: refused at its end means that mail flows and is scanned."""
        with self._from_outside() as smtp:
            code, said = smtp.mail("")
            if code == 250 and self.known:
                code, said = smtp.rcpt(self.known)
            if code != 250:
                return f"port 25 takes no mail for {self.known}: {code} {said!r}"
            if self.known:
                code, said = smtp.data(_virus(self.known))
                if not 500 <= code < 600:
                    return f"a virus is answered with {code} {said!r}"
        # Another session: where strangers hold the rest, Postfix ends one with its first error.
        with self._from_outside() as smtp:
            smtp.mail("")
            code, said = smtp.rcpt(f"{NOBODY}@{self.domain}")
        return "" if 500 <= code < 600 else f"nobody is answered with {code} {said!r}"

    @contextlib.contextmanager
    def _from_outside(self) -> Iterator[smtplib.SMTP]:
        """Open a session with port 25, in TLS; nothing depends on how it ends."""
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
        """TLS by our authority whatever the name: connections here go by address."""
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
    """Tell whether systemd runs a unit."""
    argv = ["systemctl", "is-active", unit]
    state = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
    return "" if state == "active" else f"{unit} is {state}"


def checks(units: list[str], names: list[str], host: Host) -> dict[str, Check]:
    """Return what to look at, by name; raise `KeyError` for a check that is not known."""
    known: dict[str, Check] = {
        "directory": host.directory,
        "delivery": host.lmtp,
        "reading": host.reading,
        "filters": host.filters,
        "sign-in": host.sign_in,
        "mail from outside": host.incoming,
    }
    found: dict[str, Check] = {unit: partial(running, unit) for unit in units}
    for name in names:
        word, _, port = name.partition(" ")
        found[name] = partial(host.listening, int(port)) if word == "port" else known[name]
    return found


def outcome(check: Check) -> str:
    """Return what a check finds wrong, whatever goes wrong with it."""
    try:
        return check()
    except (OSError, smtplib.SMTPException, subprocess.SubprocessError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def main() -> int:
    """Look until everything is well, or patience ends."""
    asked = json.load(sys.stdin)
    host, deadline = Host(asked), time.monotonic() + float(asked["patience"])
    left = checks(asked["units"], asked["checks"], host)
    while True:
        with ThreadPoolExecutor(len(left)) as pool:
            found = dict(zip(left, pool.map(outcome, left.values()), strict=True))
        wrong = {name: said for name, said in found.items() if said}
        if not wrong or time.monotonic() > deadline:
            break
        left = {name: left[name] for name in wrong}
        time.sleep(0.2)
    for name, said in wrong.items():
        print(f"{name}: {said}")  # noqa: T201  (a program of its own)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
