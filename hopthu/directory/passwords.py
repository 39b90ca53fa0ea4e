"""Issued passwords: random, stored as Argon2id hashes, shown once (Art. 5.1, 6.4).

Only the directory stores a hash. The YAML never contains one, and a deploy never overwrites one: a
hash made here is used only for an entry that has none yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import string
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from passlib.hash import argon2

from hopthu.errors import HopthuError
from hopthu.i18n.message import Message

# The parameters OWASP recommends for Argon2id: 26 ms per sign-in. The library's defaults take
# 125 ms and 64 MiB each, too much when whole offices sign in at eight o'clock.
_ARGON2 = argon2.using(type="ID", memory_cost=19456, time_cost=2, parallelism=1)

_CLASSES = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", string.digits[2:], "-+=:.,")
"""The characters of passwords: no 0 O o, 1 l I i, no sign that is hard to type on some keyboard."""


def random_password(length: int = 14) -> str:
    """Return a password of `length` characters with at least one of each class.

    It begins and ends with a letter or a digit: a program would take `-` for an option and `=` for
    a formula, and a reader the last full stop for the end of a sentence.
    """
    while True:
        password = "".join(secrets.choice("".join(_CLASSES)) for _ in range(length))
        every = all(any(c in password for c in kind) for kind in _CLASSES)
        if every and (password[0] + password[-1]).isalnum():
            return password


_CONSONANTS, _VOWELS, _FIGURES = "bhkmnstv", "aeou", "23456789"
"""What no Vietnamese dialect confuses when it is read aloud, and no typeface when it is printed."""
_GROUPS = 4


def spoken_password() -> str:
    """Return a password of 64 random bits that can be read aloud, such as `kuba27-meto49-…`.

    Each of its groups has two syllables and two digits, 16 bits.
    """
    return "-".join(_group() for _ in range(_GROUPS))


def _group() -> str:
    pattern = (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _FIGURES, _FIGURES)
    return "".join(map(secrets.choice, pattern))


_CLIENT = "abcdefghijkmnpqrstuvwxyz23456789"
"""The 32 characters of client passwords: no l and 1, no o and 0."""


def client_password() -> str:
    """Return a password for a mail program: 24 characters of 120 random bits, in four groups."""
    return "-".join("".join(secrets.choice(_CLIENT) for _ in range(6)) for _ in range(4))


def client_key(password: str) -> str:
    """Return the SHA-256 of a client password, in hexadecimal, as the directory keeps it.

    A slow hash protects what people think up. Of 120 random bits nobody tries a noticeable part.
    """
    return hashlib.sha256(password.encode()).hexdigest()


def directory_hash(password: str) -> str:
    """Return the hash of `password` as OpenLDAP's argon2 module reads it (slapd-pw-argon2(5))."""
    return "{ARGON2}" + str(_ARGON2.hash(password))


def read_passwords(path: Path) -> Mapping[str, str]:
    """Read a file of passwords by person id; return none if the file does not exist.

    Raises `HopthuError` if the file cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        what = Message("cannot read the passwords in {path}: {reason}", path=path, reason=error)
        raise HopthuError(what) from error
    if not isinstance(content, dict):
        raise HopthuError(
            Message("{path} is not a JSON object with a password for each person id", path=path)
        )
    return {str(person): str(password) for person, password in content.items()}


def make_first_passwords(folder: Path, people: Iterable[str]) -> Mapping[str, str]:
    """Make passwords for those of `people` who have none in `folder`; return the new ones.

    For the lab only, where the probes sign in as many people: `passwords.json` stores what in
    production only the person knows; `first_passwords.json` has the hashes for the directory.
    """
    clear, hashed = folder / "passwords.json", folder / "first_passwords.json"
    known = dict(read_passwords(clear))
    hashes = dict(read_passwords(hashed))
    new = {person: random_password() for person in people if person not in known}
    if new:
        # argon2 releases the interpreter lock while it works.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made = dict(zip(new, pool.map(directory_hash, new.values()), strict=True))
        _write(hashed, hashes | made)
        _write(clear, known | new)
    return new


def _write(path: Path, content: Mapping[str, str]) -> None:
    """Replace a private file atomically; only its owner can read it at any time."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        # One line per person; `indent` would select json's slow encoder.
        file.write(json.dumps(dict(sorted(content.items())), separators=(",\n ", ": ")))
    fresh.replace(path)
