"""The files of the data, and their text.

Each kind is read from `data/<kind>.yaml` or from every `.yaml` file below the folder
`data/<kind>/`, with the same result.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hopthu.diagnostics.file_rules import FILE
from hopthu.diagnostics.problem import Mark, Problem
from hopthu.i18n.message import Message
from hopthu.i18n.terms import RECORDS
from hopthu.source.values import HIDDEN

KINDS = ("policy", "units", "people", "documents", "expectations")
OPTIONAL = ("policy", "expectations")
"""The kinds of which there need not be a file."""
# A province of 600,000 people is about 250 MB. More than this is not a data file.
LARGEST = 512 * 1024 * 1024


class FileProblem(Exception):
    """A file cannot be used; has the problem to report. It is always caught in `load`."""

    def __init__(self, problem: Problem) -> None:
        """Store the `problem`."""
        super().__init__(problem.what)
        self.problem = problem


def listing(root: Path) -> tuple[dict[str, list[Path]], list[Problem]]:
    """Return the files of each kind below `root/data`, sorted, and problems of the folder.

    A file that would not be read is a problem: its author expects it to have an effect.
    """
    folder = root / "data"
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    try:
        entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except FileNotFoundError:
        what = Message("there is no folder data/ here")
        fix = Message("run it in a checkout, or name one with --root")
        return found, [FILE.violation(Mark("data"), what, fix=fix)]
    except OSError as error:
        return found, [_unreadable("data", error)]
    if folder.is_symlink():
        return found, [_linked("data")]
    problems: list[Problem] = []
    for entry in entries:
        if entry.is_symlink():
            problems.append(_linked(name_of(root, entry)))
        elif entry.name in KINDS and entry.is_dir():
            files, wrong = _folder(root, entry)
            found[entry.name] += files
            problems += wrong
        elif entry.suffix == ".yaml" and entry.stem in KINDS:
            found[entry.stem].append(entry)
        elif entry.suffix.lower() in (".yaml", ".yml") or entry.is_dir():
            problems.append(_unused(name_of(root, entry)))
    linked = {p.file for p in problems}
    return found, problems + [p for p in _missing_or_double(found) if p.file not in linked]


def name_of(root: Path, path: Path) -> str:
    """Return the name of a file in reports: relative to `root`, with slashes."""
    return path.relative_to(root).as_posix()


def kind_of(name: str) -> str:
    """Return the kind of record that a file holds, by its name in reports."""
    return name.split("/")[1].removesuffix(".yaml")


def read_bytes(path: Path, name: str) -> bytes:
    """Return the content of a file; raise `FileProblem` if it cannot be read.

    The type is checked before opening: opening a FIFO would block.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileProblem(_not_a_file(name, path))
        if status.st_size > LARGEST:
            raise FileProblem(
                FILE.violation(
                    Mark(name),
                    Message("the file is larger than {size} MiB", size=LARGEST // 2**20),
                    fix=Message("split it into a folder of files, one for each unit"),
                )
            )
        return path.read_bytes()
    except OSError as error:
        raise FileProblem(_unreadable(name, error)) from error


def normal(raw: bytes) -> bytes:
    """Return a file's text without a byte order mark, and with Unix line ends.

    Windows editors add both; neither is part of the text.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    return raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw


def hidden_characters(text: str, name: str) -> Iterator[Problem]:
    """Report the first hidden character of each line that has any."""
    if not HIDDEN.search(text):
        return
    for number, line in enumerate(text.split("\n"), start=1):
        match = HIDDEN.search(line)
        if match:
            yield FILE.violation(
                Mark(name, number, match.start() + 1),
                Message(
                    "the line contains the hidden character U+{code}",
                    code=f"{ord(match.group()):04X}",
                ),
                fix=Message("delete it, or type the line again by hand"),
            )


def _folder(root: Path, folder: Path) -> tuple[list[Path], list[Problem]]:
    files: list[Path] = []
    problems: list[Problem] = []

    def closed(error: OSError) -> None:
        problems.append(_unreadable(name_of(root, Path(error.filename)), error))

    for here, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [path for name in folders if (path := Path(here) / name).is_symlink()]
        problems += [_linked(name_of(root, path)) for path in linked]
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(here) / name
            if path.is_symlink():
                problems.append(_linked(name_of(root, path)))
            elif path.suffix == ".yaml":
                files.append(path)
            else:
                problems.append(_unused(name_of(root, path)))
    return files, problems


def _missing_or_double(found: dict[str, list[Path]]) -> Iterator[Problem]:
    for kind, files in found.items():
        single = [f for f in files if f.parent.name == "data" and f.name == f"{kind}.yaml"]
        if not files and kind not in OPTIONAL:
            yield FILE.violation(
                Mark(f"data/{kind}.yaml"),
                Message("the file is missing"),
                fix=Message("create it, or a folder data/{kind}/ of .yaml files", kind=kind),
            )
        elif single and len(files) > 1:
            yield FILE.violation(
                Mark(f"data/{kind}.yaml"),
                Message("there is a file and a folder for {kind}", kind=RECORDS[kind]),
                fix=Message("move the file into the folder data/{kind}/", kind=kind),
            )


def decode(raw: bytes, name: str) -> str:
    """Decode `raw` as UTF-8; raise `FileProblem` if it is not text."""
    if b"\x00" in raw:
        before = raw[: raw.index(b"\x00")]
        at = _place(name, before)
        raise FileProblem(
            FILE.violation(
                at,
                Message("the file has a NUL byte: it is not UTF-8 text"),
                fix=Message("save it as UTF-8"),
            )
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        byte = raw[error.start] if error.start < len(raw) else 0
        raise FileProblem(
            FILE.violation(
                _place(name, raw[: error.start]),
                Message("byte 0x{byte} is not UTF-8", byte=f"{byte:02x}"),
                fix=Message("save the file as UTF-8 (Unicode), not as TCVN3, VNI or Windows-1258"),
            )
        ) from error


def _place(name: str, before: bytes) -> Mark:
    line = before.rsplit(b"\n", 1)[-1].decode("utf-8", errors="replace")
    return Mark(name, before.count(b"\n") + 1, len(line) + 1)


def _linked(name: str) -> Problem:
    """Refuse a link: its target is not reviewed and may be outside the repository."""
    return FILE.violation(
        Mark(name),
        Message("this is a symbolic link"),
        fix=Message("put the file or folder itself there"),
    )


def _unused(name: str) -> Problem:
    return FILE.violation(
        Mark(name),
        Message("nothing reads this file"),
        fix=Message(
            "name it after its content ({kinds}), ending in .yaml, or move it away",
            kinds=", ".join(KINDS),
        ),
    )


def _not_a_file(name: str, path: Path) -> Problem:
    what = Message("a folder") if path.is_dir() else Message("a pipe, socket or device")
    return FILE.violation(
        Mark(name),
        Message("this is {what}, not a file", what=what),
        fix=Message("put a file of YAML text in its place"),
    )


def _unreadable(name: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    return FILE.violation(
        Mark(name),
        Message("cannot be read: {reason}", reason=reason.lower()),
        fix=Message("check that the path exists and that you may read it"),
    )
