"""What a mailbox has, as a Dovecot finds it that serves nobody: taken from a copy, never live.

Run by the owner of all mail. https://doc.dovecot.org/2.4.1/core/man/doveadm-fetch.1.html
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NotRequired, TypedDict

from hopthu.remote.host.files import unless_gone
from hopthu.remote.host.state import Failed, run

CONFIGURATION = "/etc/hopthu/backup/dovecot.conf"
MESSAGES = ("cur", "new")
MADE_ANEW, RIGHTS = "dovecot", "dovecot-acl"
_OWN = (MADE_ANEW, "maildirfolder", "subscriptions.lock")
"""How the names of files begin that Dovecot makes for itself, but for that with access rights."""
WORDS, _LETTERS = "dovecot-keywords", 26
"""The file with the words that letters in names of messages stand for, and how many there are."""
KEPT = (RIGHTS, WORDS)
"""Those of Dovecot's own files that it cannot make anew."""
READERS, LISTS = "units", "unit-lists"
"""The folders in a person's mailbox with what they have seen, and list, of units' mailboxes."""

Message = list[str]
"""Folder, UID, name, time of arrival, flags, size, SHA-256 of the content, Message-ID.

The name is the part of the file's name that never changes: Dovecot's GUID, unless the list of UIDs,
which is not restored, has another.
"""
_FIELDS = 8


class Manifest(TypedDict):
    """All messages; other files by path, with digest or target; and what each reader has seen.

    `seen` has, for a unit's mailbox, folder and name of messages by reader. `folders` are those of
    mail, also without a message; manifests of earlier versions lack them.
    """

    messages: list[Message]
    files: dict[str, str]
    seen: dict[str, list[list[str]]]
    folders: NotRequired[list[str]]


def parsed(text: str) -> Manifest:
    """Return the manifest of a copy; raise `Failed` if it is none, or names folders elsewhere.

    A host that was taken over can have sent anything.
    """
    try:
        found: Manifest = json.loads(text)
        pairs = [*found["files"].items(), *(row for rows in found["seen"].values() for row in rows)]
        sound = all(_are_texts(row, 2) for row in pairs)
        sound &= all(_are_texts(message, _FIELDS) for message in found["messages"])
        sound &= all(message[5].isdecimal() for message in found["messages"])
        folders = [message[0] for message in found["messages"]]
        sound &= all(_is_below(folder) for folder in (*folders, *found.get("folders", [])))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Failed("the copy has no manifest that can be read") from error
    if not sound:
        raise Failed("the manifest is none of a mailbox")
    return found


def _are_texts(row: object, number: int) -> bool:
    return (
        isinstance(row, list | tuple)
        and len(row) == number
        and all(isinstance(each, str) for each in row)
    )


def _is_below(folder: str) -> bool:
    """Return whether a folder is in its mailbox wherever it is put."""
    return {"", ".", ".."}.isdisjoint(folder.split("/"))


def manifest(home: Path, index: Path, readers: Mapping[str, Path]) -> Manifest:
    """Return what a mailbox has; raise `Failed` if Dovecot does not find every message there.

    Dovecot may write to `home` and to `index`, a folder of its own. `readers` are the folders with
    what people have seen of a unit's mailbox.
    """
    top = home / "Maildir"
    digests = _digests(home)
    named = [folder for folder, _ in folders(home)]
    if not digests:  # of many mailboxes doveadm would take longer to start than the rest takes
        return {"messages": [], "files": files(home), "seen": {}, "folders": named}
    messages = [
        [m["mailbox"], m["uid"], m["storageid"], m["date.received"], _flags(m["flags"]),
         m["size.physical"], digests.get((m["mailbox"], m["storageid"]), "missing"),
         m["hdr.message-id"]]
        for m in _fetch(top, index, "mailbox", "*")
    ]  # fmt: skip
    if len(messages) != len(digests):
        raise Failed(f"{home}: Dovecot finds {len(messages)} of {len(digests)} messages")
    seen = {reader: _seen(top, index, private) for reader, private in readers.items()}
    return {"messages": messages, "files": files(home), "seen": seen, "folders": named}


def _seen(top: Path, index: Path, private: Path) -> list[list[str]]:
    """Return what a reader has seen: the folder with a unit's name is its INBOX, above others."""
    with TemporaryDirectory(dir=index.parent, prefix=".") as above:
        Path(above, "INBOX").symlink_to(private)
        inbox = _fetch(top, index, "mailbox", "INBOX", "SEEN", private=Path(above))
    below = ("mailbox", "*", "NOT", "mailbox", "INBOX", "SEEN")
    others = _fetch(top, index, *below, private=private)
    return [[m["mailbox"], m["storageid"]] for m in (*inbox, *others)]


def readers(people: Path) -> dict[str, dict[str, Path]]:
    """Return the folders with what people have seen, by unit and reader."""
    found: dict[str, dict[str, Path]] = {}
    for folder in people.glob(f"*/{READERS}/*"):
        found.setdefault(folder.name, {})[folder.parent.parent.name] = folder
    return found


def differences(expected: Sequence[Message], found: Sequence[Message]) -> list[str]:
    """Return how messages that were found differ from those expected; not in their UIDs."""
    wanted, there = _by_message(expected), _by_message(found)
    return [
        *(f"{name} in {folder} is missing or another" for folder, name, *_ in wanted - there),
        *(f"{name} in {folder} is not expected" for folder, name, *_ in there - wanted),
    ]


def fingerprint(manifest: Manifest) -> str:
    """Return the digest of what a mailbox has: the same wherever it is, and whatever its UIDs."""
    messages = sorted([folder, *rest] for folder, _uid, *rest in manifest["messages"])
    inside = [messages, sorted(manifest["files"].items()), sorted(manifest.get("folders", []))]
    return hashlib.sha256(json.dumps(inside).encode()).hexdigest()


def _by_message(messages: Sequence[Message]) -> Counter[tuple[str, ...]]:
    return Counter((folder, *rest) for folder, _uid, *rest in messages)


def _fetch(top: Path, index: Path, *what: str, private: Path | None = None) -> list[dict[str, str]]:
    index.mkdir(parents=True, exist_ok=True)
    options = [f"mail_path={top}", f"mail_index_path={index}"]
    if private:
        options.append(f"mail_index_private_path={private}")
    fields = "mailbox uid storageid date.received flags size.physical hdr.message-id"
    done = run(
        *("doveadm", "-c", CONFIGURATION, *(word for each in options for word in ("-o", each))),
        *("-f", "json", "fetch", "--no-userdb-lookup", fields, *what),
        env={"HOME": str(index), "USER": "manifest", "TZ": "UTC0"},
    )
    if done.stderr.strip():
        raise Failed(done.stderr.strip().splitlines()[-1])
    found: list[dict[str, str]] = json.loads(done.stdout or "[]")
    return found


def _flags(text: str) -> str:
    return " ".join(sorted(set(text.split()) - {"\\Recent"}))


def folders(home: Path) -> Iterator[tuple[str, Path]]:
    """Yield the folders of mail, each with its path."""
    top = home / "Maildir"
    for path, names, _ in os.walk(top, onerror=unless_gone):
        if set(names) & {*MESSAGES}:
            yield "INBOX" if Path(path) == top else str(Path(path).relative_to(top)), Path(path)
        names[:] = sorted(name for name in names if name not in (*MESSAGES, "tmp"))


def _digests(home: Path) -> dict[tuple[str, str], str]:
    """Return the digest of every message, by folder and the part of its name that never changes."""
    return {
        (folder, message.name.partition(":")[0]): digest(message)
        for folder, path in folders(home)
        for part in MESSAGES
        if (path / part).is_dir()
        for message in (path / part).iterdir()
    }


def full(home: Path) -> list[Path]:
    """Return the folders with a word for each letter: of further words nothing is copied.

    They are in Dovecot's index alone, which is left out.
    """
    lists = sorted(path for path in home.rglob(WORDS) if path.is_file())  # or a folder's name
    texts = {path: path.read_text(errors="replace") for path in lists}
    return [path.parent for path, text in texts.items() if len(text.splitlines()) >= _LETTERS]


def files(home: Path) -> dict[str, str]:
    """Return what is worth keeping beside messages: scripts, subscriptions, access rights."""
    found = {}
    for path, names, inside in os.walk(home, onerror=unless_gone):
        names[:] = [name for name in names if name not in (*MESSAGES, "tmp")]
        if Path(path) == home:
            names[:] = [name for name in names if name not in (READERS, LISTS)]
        for file in (Path(path, name) for name in inside):
            if is_kept(file.name):
                what = str(file.readlink()) if file.is_symlink() else digest(file)
                found[str(file.relative_to(home))] = what
    return found


def is_kept(name: str) -> bool:
    """Return whether a file is worth keeping, and none that Dovecot makes for itself."""
    return name == RIGHTS or not name.startswith(_OWN)


def digest(path: Path) -> str:
    """Return the SHA-256 of the content of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
