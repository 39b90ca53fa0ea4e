"""A lab as the tests of this folder drive it: by the command line, as an administrator would."""

import fcntl
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hopthu.cli.clock import today
from hopthu.lab import images, network, remote, state
from hopthu.lab.state import LabState

CHECKOUT = Path(__file__).resolve().parents[2]
BACK = ("--back-to", "HEAD", "--without-document", "a test is over")
"""The options of an apply that brings back what is shipped."""
SHARED = ("data", "deploys", "hopthu", "inventory", "lab", "schemas", "templates")


@dataclass(frozen=True)
class Lab:
    """A lab that is up, and the command line pointed at it.

    `beside` are folders of installed packages that the command line finds as well.
    """

    folder: Path
    beside: tuple[Path, ...] = ()

    def hopthu(
        self, *arguments: str, expect: int = 0, root: Path = CHECKOUT
    ) -> subprocess.CompletedProcess[str]:
        """Run `hopthu` with the code and data of `root`; fail unless it exits with `expect`."""
        done = self.run([sys.executable, "-m", "hopthu", *arguments], root)
        report = (
            f"hopthu {' '.join(arguments)} exited {done.returncode}\n{done.stdout}{done.stderr}"
        )
        assert expect == done.returncode, report
        assert "Traceback" not in done.stderr, report
        return done

    def run(self, argv: list[str], root: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
        """Run a program in `root` as the operator would."""
        path = os.pathsep.join(map(str, (root, *self.beside)))
        environment = {**os.environ, "HOPTHU_LAB": str(self.folder), "PYTHONPATH": path}
        return subprocess.run(
            argv, cwd=root, env=environment, capture_output=True, text=True, check=False
        )

    def restore(self) -> None:
        """Bring the lab to what is shipped, back from whatever a test has applied.

        The directory forgets who held which address, as nobody does to that of a real centre.
        """
        self.ssh(
            self.provider,
            "ldapdelete -Q -Y EXTERNAL -H ldapi:/// -r ou=addresses,dc=thanhhoa,dc=gov,dc=vn "
            "2>/dev/null || true",
        )
        self.hopthu("apply", "lab", "--yes", *BACK)

    def ssh(self, host: str, command: str, stdin: bytes = b"") -> str:
        """Run a shell command on a host and return what it prints; fail unless it exits with 0."""
        known = self.state
        argv = remote.command(known, known.host(host), [command], *self._shared(host))
        done = subprocess.run(
            argv, cwd=self.folder / "ssh", input=stdin, capture_output=True, check=False
        )
        said = done.stdout.decode()
        report = f"{command} on {host} exited {done.returncode}\n{said}{done.stderr.decode()}"
        assert done.returncode == 0, report
        return said

    def _shared(self, host: str) -> list[str]:
        """Return the options by which all commands on a host share one connection (ssh_config(5)).

        Connecting takes longer than most commands do. A host that was killed is found out. The
        socket is in the current folder: its whole path may be too long for one (unix(7)).
        """
        settings = {
            "ControlMaster": "auto",
            "ControlPersist": "yes",
            "ControlPath": f"./shared-{host}",
            "ServerAliveInterval": 3,
            "ServerAliveCountMax": 2,
        }
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def disconnect(self) -> None:
        """End the shared connections: they outlive the commands, and a lab leaves nothing."""
        for path in (self.folder / "ssh").glob("shared-*"):
            known = self.state
            host = known.host(path.name.removeprefix("shared-"))
            argv = remote.command(known, host, [], *self._shared(host.name), "-O", "exit")
            subprocess.run(argv, cwd=path.parent, capture_output=True, check=False)

    @property
    def state(self) -> LabState:
        """What the lab has recorded of itself."""
        known = state.recorded(self.folder)
        assert known is not None, f"there is no lab in {self.folder}"
        return known

    @property
    def hosts(self) -> list[str]:
        """The names of our hosts."""
        return [host.name for host in self.state.hosts.values() if host.ours]

    @property
    def provider(self) -> str:
        """The host of the directory that others copy."""
        return next(name for name in ("dir1", "mail1", "store1") if name in self.hosts)

    @property
    def passwords(self) -> dict[str, str]:
        """The passwords of the lab's people, by id."""
        return json.loads((self.folder / "passwords.json").read_text())  # type: ignore[no-any-return]

    def probes(self, *only: str) -> dict[str, dict[str, object]]:
        """Run `hopthu verify` and return its probes by id, passed or not."""
        chosen = [word for probe in only for word in ("--probe", probe)]
        done = self.run(
            [sys.executable, "-m", "hopthu", "verify", "lab", "--format", "json", *chosen]
        )
        assert done.returncode in {0, 4}, done.stdout + done.stderr
        return {p["id"]: p for p in json.loads(done.stdout)["probes"]}


def environment(lab: Lab) -> dict[str, str]:
    """Return the environment in which a program of this checkout drives a lab."""
    return {**os.environ, "HOPTHU_LAB": str(lab.folder), "PYTHONPATH": str(CHECKOUT)}


def copied(root: Path) -> Path:
    """Copy code and data into a new checkout, whose history goes on from this one's."""
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(root)], check=True)
    for name in SHARED:
        shutil.rmtree(root / name)
        shutil.copytree(CHECKOUT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "As shipped")
    return root


def papers(root: Path, unit: str, symbol: str, number: int, day: date) -> str:
    """Record a decision and a request of a unit, once; return how a row of that day cites them."""
    decision, request = (f"{kind}-{number}-{symbol.lower()}-{day.year}" for kind in ("qd", "cv"))
    path = root / "data" / "documents.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    of = f"issuer: {unit}, date: {day.isoformat()}"
    for key, kind, named in (
        (decision, "decision", f"{number}/QĐ-{symbol}"),
        (request, "request", f"{number}/{symbol}-VP"),
    ):
        begin = f"- {{id: {key},"
        if not any(line.startswith(begin) for line in lines):
            later = (n for n, line in enumerate(lines) if line.startswith("- {") and line > begin)
            new = f"{begin} kind: {kind}, number: {named}, {of}}}\n"
            lines.insert(next(later, len(lines)), new)
    path.write_text("".join(lines), encoding="utf-8")
    return f"decision: {decision}, request: {request}"


def decide(root: Path, keys: str, number: int, day: date) -> None:
    """Record that keys of the policy change on a day, by a decision of the province."""
    basis = papers(root, "ubnd-tinh", "UBND", number, day)
    path = root / "data" / "policy.yaml"
    before, _, rows = path.read_text(encoding="utf-8").partition("\nchanges:\n")
    row = f"  - {{on: {day.isoformat()}, facts: [{keys}], {basis}}}\n"
    path.write_text(f"{before.rstrip()}\nchanges:\n{rows}{row}", encoding="utf-8")


def dismiss(lab: Lab, people: Iterable[str]) -> None:
    """Take people of a test out of the directory, as if they had never been; apply what is shipped.

    Nobody does so to a real centre, where nobody is ever taken out of the data.
    """
    lab.ssh(
        lab.provider,
        f"for id in {' '.join(people)}; do ldapdelete -Q -Y EXTERNAL -H ldapi:/// "
        "uid=$id,ou=people,dc=thanhhoa,dc=gov,dc=vn; done 2>/dev/null || true",
    )
    lab.restore()


def forget_journals(lab: Lab) -> None:
    """Have journals begin anew: operators that were killed leave marks that probes would find."""
    for host in lab.hosts:
        lab.ssh(host, "journalctl --quiet --rotate && journalctl --quiet --vacuum-time=1s")


def queues_are_empty(
    lab: Lab, hosts: Iterable[str] = ("edge1", "access1"), within: float = 120
) -> None:
    """Wait until whatever was put off has been delivered, so many seconds at most."""
    deadline = time.monotonic() + within
    for host in hosts:
        while lab.ssh(host, "postqueue -f && postqueue -j").strip():
            assert time.monotonic() < deadline, lab.ssh(host, "postqueue -p")
            time.sleep(1)


def git(root: Path, *arguments: str) -> None:
    """Run git in a checkout, as somebody who is nobody's real name."""
    somebody = ["-c", "user.name=Người quản trị", "-c", "user.email=quan-tri@example.org"]
    subprocess.run(["git", "-C", str(root), *somebody, *arguments], check=True)


def bring_up(
    folder: Path, *options: str, root: Path = CHECKOUT, beside: tuple[Path, ...] = ()
) -> Iterator[Lab]:
    """Yield a lab that is up, then take it down and see that nothing is left."""
    lab = Lab(folder, beside)
    lab.hopthu("lab", "up", *options, root=root)
    try:
        yield lab
    finally:
        lab.disconnect()
        lab.hopthu("lab", "down", root=root)


def applied(
    snapshots: Path,
    layout: str,
    folder: Path,
    root: Path = CHECKOUT,
    beside: tuple[Path, ...] = (),
) -> Iterator[Lab]:
    """Yield a lab that goes on from where one of `layout` was when the shipped data was applied."""
    kept = str(_snapshot(snapshots, layout))
    yield from bring_up(folder, "--from", kept, root=root, beside=beside)


def _snapshot(snapshots: Path, layout: str) -> Path:
    """Return the snapshot of a layout, made once for all workers, of what there is today."""
    folder = snapshots / f"{layout}-{_made_of()}"
    with (snapshots / f"{layout}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            lab = Lab(snapshots / f"{layout}-lab")
            lab.hopthu("lab", "up", "--layout", layout)
            try:
                lab.hopthu("apply", "lab", "--yes")
                lab.hopthu("lab", "down", "--keep", str(folder))
            finally:
                lab.hopthu("lab", "down")
    return folder


def _made_of() -> str:
    """Return a digest of all that an applied lab is made of, the day included."""
    digest = hashlib.sha256(f"{today()} {images.key()}".encode())
    for path in sorted(path for name in SHARED for path in (CHECKOUT / name).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(CHECKOUT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def in_network_of(lab: Lab) -> Iterator[tuple[state.LabState, ssl.SSLContext]]:
    """Be in a lab's network for the time of a `with` block, and trust its authority."""
    known = lab.state
    context = ssl.create_default_context(cafile=str(lab.folder / "secrets" / "ca.pem"))
    context.check_hostname = False  # asked by address; the certificate is still verified
    network.join(known)
    try:
        yield known, context
    finally:
        network.leave()


@contextmanager
def traffic(lab: Lab, root: Path = CHECKOUT) -> Iterator[dict[str, dict[str, object]]]:
    """Keep mail coming and going for the time of a `with` block, by the data of `root`.

    Yields what is filled at its end: for each path `accepted`, `missing`, `twice` and
    `longest_outage` in seconds.
    """
    with _at_work(lab, root, "traffic.py") as found:
        yield found


@contextmanager
def churn(
    lab: Lab,
    people: Iterable[str],
    addresses: Iterable[str],
    root: Path = CHECKOUT,
    share: float = 1.0,
) -> Iterator[dict[str, Any]]:
    """Have people work in their mailboxes, and mail come, for the time of a `with` block.

    Yields what is filled at its end, as `churn.py` prints it. They do a `share` of what they could.
    """
    with _at_work(lab, root, "churn.py", f"{share}", *people, "--", *addresses) as found:
        yield found


@contextmanager
def _at_work(lab: Lab, root: Path, name: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a program of this folder until the end of a `with` block; yield what it then prints."""
    program = str(Path(__file__).with_name(name))
    with subprocess.Popen(
        [sys.executable, program, *arguments],
        cwd=root,
        env=environment(lab),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stdout.readline() in ("walking\n", "working\n")
        found: dict[str, Any] = {}
        try:
            yield found
        finally:
            worker.stdin.close()
            said = worker.stdout.read()
        assert worker.wait() == 0, said
        found.update(json.loads(said))
