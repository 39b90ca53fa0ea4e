"""Letters that are handed to the Dovecot of this host, a store.

Each delivery is a connection of its own, as Postfix makes them; it can be held open before its
letter ends. A test puts its scene behind this program.
"""

import smtplib
import socket
import ssl
import subprocess
import time
from pathlib import Path
from types import TracebackType

DOMAIN = "thanhhoa.gov.vn"
SENDER = "cong-dan@example.org"


class Delivery(smtplib.LMTP):
    """A connection to port 24, and the process at its other end."""

    def __init__(self) -> None:
        """Connect and greet."""
        super().__init__("127.0.0.1", 24, local_hostname="localhost", timeout=60)
        self.ehlo()
        self.process = self._process()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection((host, port), timeout))

    def _process(self) -> int:
        assert self.sock
        here = f"src 127.0.0.1:24 and dst 127.0.0.1:{self.sock.getsockname()[1]}"
        words = ["ss", "--tcp", "--numeric", "--no-header", "--processes", "state", "established"]
        said = subprocess.run([*words, here], check=True, capture_output=True, text=True).stdout
        return int(said.partition("pid=")[2].partition(",")[0])

    def begin(self, name: str) -> "Delivery":
        """Begin a letter to an address, and do not end it."""
        for line in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{name}@{DOMAIN}>", "DATA"):
            code, said = self.docmd(line)
            assert code < 400, said
        self.send(f"From: {SENDER}\r\nTo: {name}@{DOMAIN}\r\nSubject: thu\r\n\r\n")
        return self

    def end(self) -> int:
        """End it; return the code of the answer, or 0 if there is none."""
        try:
            self.send("Thu.\r\n.\r\n")
            return self.getreply()[0]
        except (OSError, smtplib.SMTPServerDisconnected):
            return 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def deliver(name: str) -> tuple[int, int]:
    """Deliver a letter; return the code of the answer, and the process that gave it."""
    with Delivery() as delivery:
        return delivery.begin(name).end(), delivery.process


def waiting() -> list[int]:
    """Return the processes for deliveries, whether they have one or not."""
    found = subprocess.run(["pgrep", "-x", "lmtp"], check=False, capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


def held(process: int) -> list[str]:
    """Return what of anybody's mail a process has open, and each user it is other than root."""
    links = [f"/proc/{process}/cwd", *map(str, Path(f"/proc/{process}/fd").iterdir())]
    paths = [path for link in links if "/var/vmail" in (path := str(Path(link).readlink()))]
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    users = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    return paths + [user for user in users if user != "0"]


def found(person: str, folder: str) -> int:
    """Return how many of the letters are in a folder."""
    words = ["doveadm", "search", "-u", person, "mailbox", folder, "header", "subject", "thu"]
    return len(subprocess.run(words, check=True, capture_output=True).stdout.splitlines())


def gone(processes: list[int], within: float = 20) -> list[int]:
    """Wait until processes have ended; return those that have not."""
    deadline = time.monotonic() + within
    while (left := sorted({*processes} & {*waiting()})) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
