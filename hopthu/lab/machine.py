"""One host of the lab: its disks, the files of its identity, and its power switch."""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab import holder
from hopthu.lab.layout import NETWORK
from hopthu.lab.libraries import LIBRARIES
from hopthu.lab.state import LabHost, LabState

# Seconds a host may take, under load, until its first process runs.
_SECONDS = 60

# The cgroup first, then the host: systemd creates its tree below the cgroup it is started in, so
# `systemctl kill` on one host cannot reach the same service of another. nspawn exits with 133 if
# the host was rebooted (systemd-nspawn(1), --keep-unit).
_BOOT = """
set -eu
switch="/sys/fs/cgroup/$LAB/switches/$NAME"
mkdir -p "$switch" "/sys/fs/cgroup/$LAB/$NAME"
echo 0 >"$switch/cgroup.procs"
on() (
    echo 0 >"/sys/fs/cgroup/$LAB/$NAME/cgroup.procs"
    exec setsid systemd-nspawn --quiet --register=no --keep-unit --settings=no \
        --directory="$ROOT" --machine="$NAME" --network-bridge="$BRIDGE" \
        --bind-ro="$REPOSITORY:/srv/apt" ${LIBRARIES:+--bind-ro="$LIBRARIES"} \
        ${MAIL:+--bind="$MAIL"} \
        --resolv-conf=off --timezone=off --link-journal=no --console=read-only --boot
)
{
    code=133
    while [ "$code" = 133 ]; do
        code=0
        on || code=$?
    done
} </dev/null >>"$CONSOLE" 2>&1 &
"""

_DISK = """
set -eu
mkdir -p "$FOLDER/upper" "$FOLDER/mail" "$FOLDER/work" "$FOLDER/root"
[ -z "$KEPT" ] ||
    tar --extract --acls --xattrs --xattrs-include='*' --file="$KEPT" --directory="$FOLDER"
mount -t overlay overlay "$FOLDER/root" \\
    -o "lowerdir=$LOWER,upperdir=$FOLDER/upper,workdir=$FOLDER/work"
tar --extract --directory="$FOLDER/root" --no-overwrite-dir
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to write to a host's disk; `link` makes it a symbolic link instead.

    A path that ends in a slash is a folder.
    """

    content: bytes = b""
    mode: int = 0o644
    link: str = ""


def make(state: LabState, host: LabHost, files: Mapping[str, Entry]) -> None:
    """Create the disks of `host`, as a snapshot has them; write `files` to the one of its system.

    That one lies over the host's image. A store has another for its mail, as servers do.
    """
    environment = {
        "FOLDER": str(folder(state, host)),
        "LOWER": ":".join(_layers(state, host)),
        "KEPT": str(kept_disks(Path(state.snapshot), host)) if state.snapshot else "",
    }
    holder.run(state, ["sh", "-c", _DISK], environment=environment, stdin=archive(files))


def boot(state: LabState, host: LabHost) -> LabHost:
    """Power `host` on; return it with the pid of its init as soon as that runs."""
    environment = {
        "LAB": state.name,
        "NAME": host.name,
        "ROOT": str(folder(state, host) / "root"),
        "BRIDGE": holder.BRIDGE,
        "REPOSITORY": str(state.images / "apt"),
        "LIBRARIES": f"{state.libraries}:{LIBRARIES}" if host.operates else "",
        "MAIL": f"{folder(state, host) / 'mail'}:/var/vmail" if host.stores_mail else "",
        "CONSOLE": str(console(state, host)),
    }
    holder.run(state, ["sh", "-c", _BOOT], environment=environment)
    deadline = time.monotonic() + _SECONDS
    while not (leader := holder.leader(state, host.name)):
        off = not holder.members(state, f"switches/{host.name}")
        if off or time.monotonic() > deadline:
            last = _last_line(console(state, host))
            raise LabError(Message("{host} does not boot: {reason}", host=host.name, reason=last))
        time.sleep(0.05)
    return replace(host, leader=leader)


def folder(state: LabState, host: LabHost) -> Path:
    """Return the folder of the host's disks, as seen inside the holder's namespaces."""
    return holder.hosts_folder(state) / host.name


def kept_disks(snapshot: Path, host: LabHost) -> Path:
    """Return the archive of the host's disks in `snapshot`."""
    return snapshot / "hosts" / f"{host.name}.tar"


def console(state: LabState, host: LabHost) -> Path:
    """Return the log of the host's console."""
    return state.directory / "console" / f"{host.name}.log"


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else Message("its console is empty")


def host_key() -> tuple[bytes, str]:
    """Return a new SSH host key: the private file, and the public key in one line."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private, public.decode()


def identity(
    host: LabHost, *, resolver: str, domain: str, key: bytes, authorized: str
) -> dict[str, Entry]:
    """Return the files that give a host its identity: name, addresses and keys."""
    network = f"[Match]\nName=host0\n[Network]\nAddress={host.address}/{NETWORK.prefixlen}\n"
    names = f"127.0.0.1 localhost\n::1 localhost\n{host.address} {host.fqdn} {host.name}\n"
    return {
        "etc/hostname": Entry(f"{host.name}\n".encode()),
        "etc/machine-id": Entry(f"{uuid.uuid4().hex}\n".encode(), 0o444),
        "etc/hosts": Entry(names.encode()),
        "etc/resolv.conf": Entry(f"nameserver {resolver}\nsearch {domain}\n".encode()),
        "etc/systemd/network/10-host0.network": Entry(network.encode()),
        "etc/ssh/ssh_host_ed25519_key": Entry(key, 0o600),
        "root/.ssh/": Entry(mode=0o700),
        "root/.ssh/authorized_keys": Entry(f"{authorized}\n".encode(), 0o600),
    }


def _layers(state: LabState, host: LabHost) -> list[str]:
    base = str(state.images / "base")
    if not host.ours:
        return [str(state.images / "outside"), base]
    return [base] if state.bare else [str(state.images / "stack"), base]


def archive(files: Mapping[str, Entry]) -> bytes:
    """Return `files` as a tar archive in which root owns everything."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for path, entry in files.items():
            info = tarfile.TarInfo(path)
            info.mode = entry.mode
            info.mtime = int(time.time())
            info.size = len(entry.content)
            if entry.link:
                info.type, info.linkname = tarfile.SYMTYPE, entry.link
            elif path.endswith("/"):
                info.type = tarfile.DIRTYPE
            packed.addfile(info, io.BytesIO(entry.content))
    return buffer.getvalue()
