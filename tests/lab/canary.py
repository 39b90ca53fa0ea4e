"""Looks for a password wherever it might have been written down."""

import base64
import contextlib
import subprocess
import threading
from pathlib import Path

from labs import Lab

from hopthu.fan_out import on_all_hosts
from hopthu.lab import remote, state


def spellings(password: str) -> list[str]:
    """Return how a password may be written down: as it is, in base64 at any offset, in percent."""
    raw = password.encode()
    coded = [base64.b64encode(b"x" * n + raw).decode()[4 if n else 0 : -4] for n in range(3)]
    return [password, *coded, "".join(f"%{byte:02X}" for byte in raw), password.replace("-", "%2D"),
            raw.hex()]  # fmt: skip


SEARCH = (
    "find {0} -xdev -type f -newerct @{1} -print0 2>/dev/null | "
    "xargs -0 -r grep -lsaF -D skip -f {2} || true"
)
"""Lists the files below folders that were changed since a moment and have one of some words."""


def told(lab: Lab, since: int, ways: list[str], *hosts: str) -> dict[str, str]:
    """Return by host the files, and its journal, that have one of `ways`."""
    known = state.recorded(lab.folder)
    assert known is not None
    search = SEARCH.format("/etc /var /root /home /srv /opt", since, "/run/canary")
    line = (
        f"umask 077; cat >/run/canary; {search}; "
        f"journalctl -o export --since @{since} | grep -qaF -f /run/canary && echo journal; "
        "rm /run/canary"
    )
    words = "\n".join(ways).encode()
    return on_all_hosts(
        hosts or lab.hosts,
        lambda host: remote.run(known, known.host(host), line, stdin=words),
    )


def here(folder: Path, since: int, words: Path) -> str:
    """Return the files of this machine below a folder that have one of the lines of `words`.

    The hosts' own folders are left out: those are searched on the hosts.
    """
    search = SEARCH.format(f"{folder} -path '*/hosts/*' -prune -o", since, words)
    return subprocess.run(["bash", "-c", search], check=True, capture_output=True, text=True).stdout


class Processes(threading.Thread):
    """Reads the arguments and environments of all processes again and again.

    Those of hosts are among them: the lab's namespaces are below this machine's.
    """

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.over = threading.Event()

    def run(self) -> None:
        """Read until it is over."""
        while not self.over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(path.read_bytes())
                    self.seen.add(path.with_name("environ").read_bytes())

    def __enter__(self) -> "Processes":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()
