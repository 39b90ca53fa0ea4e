"""Who can sign in to this host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from hopthu.remote.host.state import Failed, output
from hopthu.remote.host.words import digest, word


def accounts() -> Iterator[str]:
    """Yield accounts and groups."""
    shadow = {name: secret for name, secret, *_ in _rows("/etc/shadow", 2)}
    for name, secret, uid, gid, _, home, shell in _rows("/etc/passwd", 7):
        known = shadow.get(name, "*") if secret == "x" else secret  # noqa: S105  (see passwd(5))
        place = f"{word(home or '-')} {word(shell or '-')}"
        yield f"account {word(name)}\t{uid} {gid} {place} {_password(known)}"
    for name, _, gid, members in _rows("/etc/group", 4):
        every = ",".join(sorted(set(members.split(","))))
        yield f"group {word(name)}\t{gid} {word(every) or '-'}"


def _rows(path: str, fields: int) -> Iterator[list[str]]:
    """Yield the lines of a table whose fields are separated by colons, with so many fields."""
    for line in Path(path).read_text(errors="surrogateescape").split("\n"):
        row = [*line.split(":", fields - 1), *[""] * fields][:fields]
        if row[0]:
            yield row


def _password(secret: str) -> str:
    """Return the kind of a password field; a changed password shows, but the hash does not."""
    if not secret:
        return "empty"
    return "locked" if secret[0] in "!*" else f"set:{digest(secret)[:16]}"


def keys() -> Iterator[str]:
    """Yield the SSH keys that are accepted; the digest covers their options too."""
    patterns = [".ssh/authorized_keys", ".ssh/authorized_keys2"]
    if shutil.which("sshd"):
        try:
            settings = output("sshd", "-T").splitlines()
            found = [
                line.split()[1:] for line in settings if line.startswith("authorizedkeysfile ")
            ]
            patterns = found[0] if found else []
        except Failed:
            yield "sshd settings\trefused"
    for name, _, uid, _, _, home, _ in _rows("/etc/passwd", 7):
        for pattern in patterns if home else []:
            expanded = pattern.replace("%u", name).replace("%U", uid).replace("%h", home)
            file = Path(home, expanded.replace("%%", "%"))
            if file.is_file():
                for line in file.read_text(errors="surrogateescape").split("\n"):
                    if line.strip() and not line.lstrip().startswith("#"):
                        yield f"key {word(name)} {_fingerprint(line)}\t{digest(line)}"


def _fingerprint(line: str) -> str:
    try:
        return output("ssh-keygen", "-lf", "-", stdin=f"{line}\n").split()[1]
    except (Failed, IndexError):
        return f"unreadable:{digest(line)[:16]}"
