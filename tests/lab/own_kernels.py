"""Hosts of a lab with kernels of their own, for what containers cannot have: a replicated disk.

They are User-Mode Linux (Debian's `user-mode-linux`, which has drbd.ko) on the lab's own image and
bridge, and the lab knows them like its other hosts. Measured in docs/decisions/pairs.md.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from labs import Lab
from pair_hosts import BASE, MODULES, run

from hopthu.errors import LabError
from hopthu.lab import holder, machine, remote
from hopthu.lab.layout import NETWORK
from hopthu.lab.state import LabHost, LabState

_BOOT = 600.0
_SPACES = (("mount", "mnt"), ("net", "net"))
"""What such a host has of the lab's namespaces; in that of processes it would be nobody's child."""
_IDENTITY = """\
[Unit]
Description=What tells this host from others of its image
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup-dev-early.service
Before=sysinit.target systemd-networkd.service ssh.service
ConditionPathExists=!/etc/identity
[Service]
Type=oneshot
ExecStart=/usr/bin/tar -xf /dev/ubdc -C / --no-overwrite-dir
ExecStart=/usr/bin/touch /etc/identity
[Install]
WantedBy=sysinit.target
"""
_MAKE = """
set -eu
mount -t tmpfs tmpfs "$AT"
mkdir -p "$AT/upper" "$AT/work" "$AT/root"
mount -t overlay overlay "$AT/root" \
    -o "lowerdir=$IMAGES/stack:$IMAGES/base,upperdir=$AT/upper,workdir=$AT/work"
mkdir -p "$AT/root/usr/lib/modules"
cp -a "$KERNEL" "$AT/root/usr/lib/modules/"
chroot "$AT/root" depmod "$(basename "$KERNEL")"
printf '%s' "$UNIT" >"$AT/root/etc/systemd/system/identity.service"
systemctl --root "$AT/root" enable identity.service
echo '/dev/ubda / ext4 defaults 0 1' >"$AT/root/etc/fstab"
echo 'KERNEL=="ubdb", SYMLINK+="disk/by-partlabel/store1"' >"$AT/root/etc/udev/rules.d/90-uml.rules"
printf 'PerSourcePenalties no\\nUseDNS no\\n' >"$AT/root/etc/ssh/sshd_config.d/lab.conf"
# This kernel has no tables for IP, so these hosts have no packet filter.
ln -sf /usr/bin/true "$AT/root/usr/sbin/nft"
mke2fs -q -t ext4 -d "$AT/root" "$IMAGE" 1900M
"""


def base(state: LabState) -> Path:
    """Return the disk that such hosts boot from: the image of the lab, made once for each."""
    image = BASE / f"lab-{state.images.name}.ext4"
    if not image.exists():
        (kernel,) = MODULES.iterdir()
        staged, place = image.with_suffix(".new"), BASE / "made"
        place.mkdir(parents=True, exist_ok=True)
        staged.unlink(missing_ok=True)
        settings = {
            "AT": str(place), "IMAGES": str(state.images), "KERNEL": str(kernel),
            "UNIT": _IDENTITY, "IMAGE": str(staged),
        }  # fmt: skip
        run(*holder.UNSHARE, "sh", "-c", _MAKE, env={**os.environ, **settings})
        staged.rename(image)
    return image


@dataclass
class OwnKernel:
    """A host of a lab on its own kernel; `process` is that, or None while it is off."""

    lab: Lab
    host: LabHost
    process: subprocess.Popen[bytes] | None = None

    @property
    def tap(self) -> str:
        """Its port on the bridge."""
        return f"tap-{self.host.name}"

    @property
    def folder(self) -> Path:
        """The folder of its disks and console."""
        return self.lab.folder / "kernels"

    def make(self) -> None:
        """Make its disks, and have the lab know it."""
        state = self.lab.state
        self.folder.mkdir(exist_ok=True)
        private, public = machine.host_key()
        authorized = run("ssh-keygen", "-y", "-f", str(state.key)).strip()
        resolver = state.hosts["internet"].address
        files = machine.identity(
            self.host, resolver=resolver, domain=state.domain, key=private, authorized=authorized
        )
        card = f"[Match]\nName=vec0\n[Network]\nAddress={self.host.address}/{NETWORK.prefixlen}\n"
        files["etc/systemd/network/10-host0.network"] = machine.Entry(card.encode())
        (self.folder / f"{self.host.name}.identity").write_bytes(machine.archive(files))
        with (self.folder / f"{self.host.name}.data").open("xb") as disk:
            disk.truncate(512 << 20)
        with state.known_hosts.open("a", encoding="utf-8") as known:
            known.write(f"{self.host.address} {public}\n")
        for words in (
            ("tuntap", "add", self.tap, "mode", "tap"),
            ("link", "set", self.tap, "master", holder.BRIDGE, "up"),
        ):
            holder.run(state, ["ip", *words])
        replace(state, hosts={**state.hosts, self.host.name: self.host}).save()

    def start(self) -> None:
        """Boot it, without waiting."""
        state, name = self.lab.state, self.host.name
        last = self.host.address.rpartition(".")[2]
        card = f"ifname={self.tap},mac=02:00:00:00:01:{int(last):02x}"
        console = (self.folder / f"{name}.console").open("ab")
        argv = [
            "linux.uml", f"ubd0={self.folder / name}.cow,{base(state)}",
            f"ubd1={self.folder / name}.data", f"ubd2={self.folder / name}.identity",
            "root=/dev/ubda", "rw", "mem=1024M", f"umid={state.name}-{name}",
            f"vec0:transport=tap,{card},gro=1,depth=256", "con0=null,fd:1", "con=null", "ssl=null",
            f"systemd.hostname={name}", f"systemd.machine_id={uuid.uuid4().hex}",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            ["nsenter", *(f"--{space}=/proc/{state.holder}/ns/{of}" for space, of in _SPACES),
             "--", *argv],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            env={**os.environ, "TMPDIR": str(self.folder), "HOME": str(self.folder)},
        )  # fmt: skip

    def wait(self) -> None:
        """Return once it has booted and answers."""
        until = time.monotonic() + _BOOT
        while True:
            assert self.process
            assert self.process.poll() is None, f"{self.host.name} has ended"
            try:
                remote.run(self.lab.state, self.host, "systemctl is-system-running --wait || true")
            except LabError:
                assert time.monotonic() < until, f"{self.host.name} does not answer"
                time.sleep(0.5)
            else:
                return

    def kill(self) -> None:
        """Pull its plug: nothing that it has in memory is written."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def isolate(self, *, on: bool) -> None:
        """Cut it off from the others like it; all other hosts reach it."""
        words = ["bridge", "link", "set", "dev", self.tap, "isolated", "on" if on else "off"]
        holder.run(self.lab.state, words)
