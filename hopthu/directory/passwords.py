"""First passwords: made at random, kept as Argon2id, told once (Art. 5.1, 6.4).

Only the directory keeps a hash. The YAML never holds one, and a deploy never overwrites one: a
hash made here is used only where an entry has none yet.
"""

from __future__ import annotations

import json
import os
import secrets
import string
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from passlib.hash import argon2

from hopthu.errors import HopthuError

# The figures OWASP gives for Argon2id; 26 ms a sign-in, where the library's defaults take 125 ms
# and 64 MiB each, too much when whole offices sign in at eight o'clock.
_ARGON2 = argon2.using(type="ID", memory_cost=19456, time_cost=2, parallelism=1)

_CLASSES = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", string.digits[2:], "-+=:.,")
"""What passwords are drawn from: no 0 O o, 1 l I i, nothing a keyboard layout hides."""


def random_password(length: int = 14) -> str:
    """Return a password of `length` characters with at least one of each class."""
    while True:
        password = "".join(secrets.choice("".join(_CLASSES)) for _ in range(length))
        if all(any(c in password for c in kind) for kind in _CLASSES):
            return password


def directory_hash(password: str) -> str:
    """Return `password` as OpenLDAP's argon2 module reads it (slapd-pw-argon2(5))."""
    return "{ARGON2}" + str(_ARGON2.hash(password))


def read_passwords(path: Path) -> Mapping[str, str]:
    """Read a file of passwords by person id; an absent file holds none."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HopthuError(f"cannot read the passwords in {path}: {error}") from error
    if not isinstance(held, dict):
        raise HopthuError(f"{path} is not a JSON object of person id → password")
    return {str(person): str(password) for person, password in held.items()}


def make_first_passwords(folder: Path, people: Iterable[str]) -> Mapping[str, str]:
    """Make passwords for those of `people` who have none in `folder`; return the new ones.

    For the lab only: there the probes sign in as many people, so `passwords.json` keeps what in
    production only the person knows; `first_passwords.json` holds the hashes for the directory.
    """
    clear, hashed = folder / "passwords.json", folder / "first_passwords.json"
    held = dict(read_passwords(clear))
    hashes = dict(read_passwords(hashed))
    new = {person: random_password() for person in people if person not in held}
    if new:
        # argon2 lets other threads run while it works.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made = dict(zip(new, pool.map(directory_hash, new.values()), strict=True))
        _write(hashed, hashes | made)
        _write(clear, held | new)
    return new


def _write(path: Path, content: Mapping[str, str]) -> None:
    """Replace a private file at once, readable by its owner alone from the first byte."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        # A line each; `indent` would take json's slow way.
        file.write(json.dumps(dict(sorted(content.items())), separators=(",\n ", ": ")))
    fresh.replace(path)
