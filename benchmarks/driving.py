"""A lab with a generated province, driven as an administrator would: hopthu beside Ansible."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.directory.passwords import directory_hash, random_password
from hopthu.lab import remote, state
from hopthu.lab.holder import BRIDGE
from hopthu.validate import read

ROOT = Path(__file__).resolve().parents[1]
ON = date(2026, 11, 25)
_CODE = ("benchmarks", "deploys", "hopthu", "inventory", "lab", "schemas", "templates")
_ANSIBLE = Path(__file__).parent / "ansible"
_DAEMONS = ("clamav-daemon", "dovecot", "nftables", "postfix", "rspamd", "slapd", "valkey-server")


@dataclass(frozen=True)
class Centre:
    """A lab that is up, and a checkout with a province of its own, under git."""

    folder: Path
    on: date = ON

    @property
    def root(self) -> Path:
        """The checkout."""
        return self.folder / "checkout"

    @property
    def lab(self) -> state.LabState:
        """The lab."""
        known = state.recorded(self.folder / "lab")
        if known is None:
            raise SystemExit("the lab is not up")
        return known

    @property
    def environment(self) -> dict[str, str]:
        """What programs that know the lab are run with."""
        paths = {"HOPTHU_LAB": str(self.folder / "lab"), "PYTHONPATH": str(self.root)}
        return {**os.environ, **paths, "PYTHONUNBUFFERED": "1"}

    def hopthu(self, *arguments: str) -> tuple[float, list[tuple[float, str]]]:
        """Run the command line; return seconds, and each line with the second it came."""
        started = time.monotonic()
        program = subprocess.Popen(
            [sys.executable, "-m", "hopthu", *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if program.stdout is None:
            raise TypeError("a pipe was asked for")
        lines = [(time.monotonic() - started, line.rstrip()) for line in program.stdout]
        if program.wait():
            said = "\n".join(line for _, line in lines)
            sys.exit(f"hopthu {' '.join(arguments)} exited {program.returncode}:\n{said}")
        return time.monotonic() - started, lines

    def apply(self) -> tuple[float, list[tuple[float, str]]]:
        """Apply the checkout."""
        return self.hopthu("apply", "lab", "--yes", "--on", self.on.isoformat())

    def ssh(self, host: str, line: str, stdin: bytes = b"") -> str:
        """Run a shell line on a host."""
        return remote.run(self.lab, self.lab.host(host), line, stdin=stdin)

    def commit(self, why: str) -> None:
        """Keep the state of the data, as reviewed data is."""
        self.hopthu("format")
        git = [
            "git",
            "-C",
            str(self.root),
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=b@example.org",
        ]
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", why], check=True)

    def sent(self) -> int:
        """Return how many bytes this machine has sent to hosts, with all that protocols add."""
        words = ["nsenter", f"--net=/proc/{self.lab.holder}/ns/net"]
        said = subprocess.run(
            [*words, "ip", "-s", "-j", "link", "show", BRIDGE], check=True, capture_output=True
        )
        return int(json.loads(said.stdout)[0]["stats64"]["tx"]["bytes"])

    def states(self) -> Mapping[str, str]:
        """Return when each daemon of each host last changed its state: a reload is one too."""
        ask = f"systemctl show -p Id -p InvocationID -p StateChangeTimestamp {' '.join(_DAEMONS)}"
        return {
            host.name: self.ssh(host.name, ask) for host in self.lab.hosts.values() if host.ours
        }

    def ansible(self) -> tuple[float, str]:
        """Export, then run the playbook; return the seconds of the playbook, and what it says."""
        out = self.folder / "exported"
        shutil.rmtree(out, ignore_errors=True)
        program = [sys.executable, "-m", "benchmarks.ansible.export", "lab", str(out)]
        subprocess.run(
            [*program, "--on", self.on.isoformat()], cwd=self.root, env=self.environment, check=True
        )
        settings = {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_HOME": str(self.folder / "ansible")}
        net = ["nsenter", f"--net=/proc/{self.lab.holder}/ns/net", f"--wd={_ANSIBLE}"]
        playbook = str(self.folder / "venv" / "bin" / "ansible-playbook")
        started = time.monotonic()
        done = subprocess.run(
            [*net, playbook, "-i", str(out / "hosts.json"), "site.yml"],
            env={**os.environ, **settings, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"ansible-playbook exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return time.monotonic() - started, done.stdout


@contextmanager
def up(folder: Path, write: Callable[[Path], object], on: date = ON) -> Iterator[Centre]:
    """Yield a lab that is up, with a checkout whose data `write` writes, nothing applied yet."""
    centre = Centre(folder, on)
    centre.root.mkdir(parents=True)
    for name in _CODE:
        shutil.copytree(ROOT / name, centre.root / name)
    write(centre.root)
    subprocess.run(["git", "-C", str(centre.root), "init", "-q"], check=True)
    centre.commit("A province")
    # With the shipped people: a password each for 61,000 takes Argon2 half an hour.
    centre.hopthu("lab", "up", "--root", str(ROOT))
    try:
        give_passwords(centre)
        yield centre
    finally:
        centre.hopthu("lab", "down")


def give_passwords(centre: Centre) -> None:
    """Give everybody of the province who has none the same password."""
    loaded = read(centre.root, centre.on)
    live = desired(loaded.organisation, loaded.policy, centre.on).live()
    password = random_password()
    hash_ = directory_hash(password)
    for name, value in (("passwords.json", password), ("first_passwords.json", hash_)):
        path = centre.lab.directory / name
        held = json.loads(path.read_text(encoding="utf-8"))
        new = {m.id: value for m in live if m.kind == "personal" and m.id not in held}
        path.write_text(json.dumps({**held, **new}), encoding="utf-8")


def install_ansible(centre: Centre) -> None:
    """Make a venv with the pinned Ansible."""
    venv = centre.folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(_ANSIBLE / "requirements.txt")], check=True)
