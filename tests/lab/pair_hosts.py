"""Two hosts with kernels of their own, for what containers cannot try: a replicated disk.

They are User-Mode Linux (Debian's `user-mode-linux`, which has drbd.ko), on a bridge in a network
namespace without any way out. Measured in docs/decisions/pairs.md.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shlex
import signal
import subprocess
import tarfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

NETWORK = "10.88.1"
BRIDGE = f"{NETWORK}.1"
MODULES = Path("/usr/lib/uml/modules")
BASE = Path.home() / ".cache" / "hopthu-tests" / "uml"
"""The folder with the disk that both boot from."""
CALLED = "/usr/local/lib/hopthu/called"
"""The folder on a host with the functions that tests call there."""
_BOOT = 600.0
_UP = """\
import os, subprocess
words = dict(each.partition("=")[::2] for each in open("/proc/cmdline").read().split())
address = words["hopthu.address"]
for line in (f"addr add {address}/24 dev vec0", "link set vec0 up"):
    subprocess.run(["ip", *line.split()], check=True)
"""
_UNIT = """\
[Unit]
Description=The address of this host
Before=network-online.target ssh.service
Wants=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 /usr/local/lib/address.py
[Install]
WantedBy=multi-user.target
"""
_INCLUDE = (
    "systemd", "systemd-sysv", "udev", "dbus", "drbd-utils", "dovecot-core", "dovecot-lmtpd",
    "dovecot-imapd", "dovecot-sieve", "openssh-server", "python3-minimal", "python3", "nftables",
    "iproute2", "kmod", "e2fsprogs",
)  # fmt: skip

_UNUSED = (
    "e2scrub_reap.service", "systemd-logind.service", "getty@tty1.service", "apt-daily.timer",
    "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer", "e2scrub_all.timer",
)  # fmt: skip


def run(*argv: str, **options: object) -> str:
    """Run a program; return its output."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise AssertionError(f"{shlex.join(argv)}: {done.returncode}: {done.stdout}{done.stderr}")
    return str(done.stdout)


def image(folder: Path) -> Path:
    """Return the disk that both hosts boot from, made once: a minimal Debian with its keys."""
    folder /= sha256(" ".join(_INCLUDE).encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    base, tree = folder / "base.ext4", folder / "root"
    if base.exists():
        return base
    if not (tree / "usr/sbin/drbdadm").exists():
        run(
            "mmdebstrap",
            "--variant=minbase",
            f"--include={','.join(_INCLUDE)}",
            "trixie",
            str(tree),
        )
    if not (folder / "key").exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key"))
    (kernel,) = MODULES.iterdir()
    (tree / "usr/lib/modules").mkdir(parents=True, exist_ok=True)
    run("cp", "-a", str(kernel), f"{tree}/usr/lib/modules/")
    run("chroot", str(tree), "depmod", kernel.name)
    keys = tree / "root/.ssh"
    keys.mkdir(mode=0o700, exist_ok=True)
    (keys / "authorized_keys").write_text((folder / "key.pub").read_text())
    (tree / "usr/local/lib/address.py").write_text(_UP)
    (tree / "etc/systemd/system/address.service").write_text(_UNIT)
    (tree / "etc/fstab").write_text("/dev/ubda / ext4 defaults 0 1\n")
    # While one boots, attempts that are given up would count as attacks.
    (tree / "etc/ssh/sshd_config.d/lab.conf").write_text("PerSourcePenalties no\nUseDNS no\n")
    for unit in _UNUSED:
        run("systemctl", "--root", str(tree), "mask", unit)
    run("systemctl", "--root", str(tree), "enable", "address.service", "ssh.service")
    run("systemctl", "--root", str(tree), "disable", "dovecot.service")
    staged = folder / "base.new"
    staged.unlink(missing_ok=True)
    run("mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(staged), "1200M")
    staged.rename(base)
    return base


@dataclass
class UmlHost:
    """One host; `process` is its kernel, or None while it is off."""

    name: str
    number: int
    pair: PairHosts
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Its address."""
        return f"{NETWORK}.{self.number}"

    @property
    def tap(self) -> str:
        """Its port on the bridge."""
        return f"tap{self.number}"

    def start(self) -> None:
        """Boot it, without waiting."""
        folder = self.pair.folder
        disk = folder / f"{self.name}.data"
        if not disk.exists():
            with disk.open("xb") as made:
                made.truncate(512 << 20)
        card = f"ifname={self.tap},mac=02:00:00:00:00:{self.number:02x}"
        console = (folder / f"{self.name}.console").open("ab")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.pair.space, "linux.uml",
             f"ubd0={folder / self.name}.cow,{self.pair.base}", f"ubd1={disk}",
             "root=/dev/ubda", "rw", "mem=512M", f"umid={self.pair.space}-{self.name}",
             f"vec0:transport=tap,{card},gro=1,depth=256",
             "con0=null,fd:1", "con=null", "ssl=null", f"systemd.hostname={self.name}",
             f"hopthu.address={self.address}"],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            env={**os.environ, "TMPDIR": str(folder), "HOME": str(folder)},
        )  # fmt: skip

    def wait(self) -> None:
        """Return once it answers."""
        until = time.monotonic() + _BOOT
        while self.try_run("systemctl is-system-running --wait").returncode > 1:
            assert self.process
            assert self.process.poll() is None, f"{self.name} has ended"
            assert time.monotonic() < until, f"{self.name} does not answer"
            time.sleep(0.5)

    def kill(self) -> None:
        """Pull its plug: nothing that it has in memory is written."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def isolate(self, *, on: bool) -> None:
        """Cut it off from the other host, or connect it; this machine reaches it always."""
        self.pair.inside(
            "bridge", "link", "set", "dev", self.tap, "isolated", "on" if on else "off"
        )

    def try_run(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script there as root."""
        return subprocess.run(
            ["ip", "netns", "exec", self.pair.space, "ssh", "-i", f"{self.pair.base.parent}/key",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=5",
             f"root@{self.address}", script],
            input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def run(self, script: str, stdin: str = "") -> str:
        """Run a script that has to succeed; return its output."""
        done = self.try_run(script, stdin)
        assert done.returncode == 0, f"{self.name}: {script}: {done.stdout}{done.stderr}"
        return done.stdout

    def put(self, texts: Mapping[str, str]) -> None:
        """Write files there, by path; all in one go, for each connection takes such a host long."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path, text in texts.items():
                member = tarfile.TarInfo(path.lstrip("/"))
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self.run("base64 -d | tar -x -C /", base64.encodebytes(packed.getvalue()).decode())

    def call(self, function: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call a function of hopthu.remote.host.pairs there, as `hopthu.ssh.OnHost` does."""
        line = json.dumps(["pairs", function, arguments, {}])
        code = (
            f"import sys; sys.path.insert(0, '{CALLED}'); "
            "from hopthu.remote.host.main import main; main()"
        )
        return self.try_run(f"python3 -IS -c {shlex.quote(code)}", line + "\n")


@dataclass
class PairHosts(AbstractContextManager["PairHosts"]):
    """The two hosts, `store-a` and `store-b`, their disks in `folder`."""

    folder: Path
    base: Path
    space: str = field(default_factory=lambda: f"hopthu-pair-{os.getpid()}")

    def __enter__(self) -> PairHosts:
        run("ip", "netns", "add", self.space)
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "add", "br0", "type", "bridge")
        self.inside("ip", "addr", "add", f"{BRIDGE}/24", "dev", "br0")
        self.inside("ip", "link", "set", "br0", "up")
        self.a, self.b = UmlHost("store-a", 11, self), UmlHost("store-b", 12, self)
        try:
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _boot(self) -> None:
        for host in (self.a, self.b):
            self.inside("ip", "tuntap", "add", host.tap, "mode", "tap")
            self.inside("ip", "link", "set", host.tap, "master", "br0", "up")
            host.start()
        for host in (self.a, self.b):
            host.wait()

    def __exit__(self, *_: object) -> None:
        for host in (self.a, self.b):
            with suppress(ProcessLookupError):
                host.kill()
        run("ip", "netns", "del", self.space)

    def inside(self, *argv: str) -> str:
        """Run a program in the network of the hosts."""
        return run("ip", "netns", "exec", self.space, *argv)


def python_inside(pair: PairHosts, code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program in the network of the hosts."""
    argv: Sequence[str] = ["ip", "netns", "exec", pair.space, "python3", "-c", code, *arguments]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
