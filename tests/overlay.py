r"""Files of data made of those of a base and what a page says that differs.

A block names its file: ```` ```yaml title="data/people.yaml" ````. Where the base has that file,
the records of the block take the places of those with the same id; a record with a new id goes
where the order of ids puts it, and one without an id to the end. `# removed: ID` takes a record
out. In `data/policy.yaml` the keys are what ids are elsewhere, and new ones go to the end.
Everything else keeps its place: the line of a problem is that of the file that results.

Behind the title may stand

- `whole`: the block is the whole file, whatever the base has;
- `append`: it is put below the last line, as somebody does who pastes it there;
- `escaped`: `\xNN` is a byte, `\uNNNN` a character, `\r`, `\t` and `\\` what they are elsewhere,
  `\repeat{X}{N}` N times X, and a backslash at the end of a line joins it with the next;
- `utf-16`: the file that results is saved in that encoding, as old editors do.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pages import Fence

Files = Mapping[str, bytes]
"""The content of each file by its path from the root."""

_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-f]{2})|u(?P<short>[0-9a-f]{4})|U(?P<long>[0-9a-f]{8})"
    r"|repeat\{(?P<what>[^}]+)\}\{(?P<times>\d+)\}|(?P<sign>[rt\\\n])|)"
)
_SIGNS = {"r": "\r", "t": "\t", "\\": "\\", "\n": ""}
_BEGIN = re.compile(r"^(?:-(?=\s)|[a-z_]+:)", re.MULTILINE)
_ID = re.compile(r"^-?\s*\{?\s*id: *([^\s,}]+)|^([a-z_]+):", re.MULTILINE)
_REMOVED = re.compile(r"^# removed: (\S+)\n", re.MULTILINE)


def read(root: Path) -> Files:
    """Return the files of data of the repository `root`."""
    found = sorted(path for path in (root / "data").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def write(files: Files, root: Path) -> Path:
    """Write files below `root`, and return it."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def laid(files: Files, fence: Fence) -> Files:
    """Return `files` with what a block says laid over them; a folder takes the place of a file."""
    name, text = fence.title, fence.text
    if "escaped" in fence.options:
        text = _ESCAPE.sub(_meant, text)
    if name in files and "whole" not in fence.options:
        held = files[name].decode()
        text = held + text if "append" in fence.options else _merged(held, text)
    content = text.encode("utf-8", "surrogateescape")
    if "utf-16" in fence.options:
        content = codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    others = {path: held for path, held in files.items() if not name.startswith(f"{path}/")}
    return {**others, name: content}


def _meant(match: re.Match[str]) -> str:
    """Return what an escape stands for; bytes that are no UTF-8 come as lone surrogates."""
    if byte := match["byte"]:
        return bytes([int(byte, 16)]).decode("utf-8", "surrogateescape")
    if code := match["short"] or match["long"]:
        return chr(int(code, 16))
    if match["times"]:
        return match["what"] * int(match["times"])
    assert match["sign"], f"no escape: {match.string[match.start() :][:10]!r}"
    return _SIGNS[match["sign"]]


def _merged(held: str, text: str) -> str:
    gone, given, kept = _REMOVED.findall(text), parts(_REMOVED.sub("", text)), parts(held)
    known = {name for name, _ in kept}
    assert known.issuperset(gone), f"not there, so not removed: {gone}"
    result = []
    for name, part in kept:
        instead = [each for each in given if name and each[0] == name]
        result += instead or [(name, part)] if name not in gone else []
    in_order = re.search(r"^-\s", held, re.MULTILINE) is not None
    for name, part in given:
        if not name or name not in known:
            later = (n for n, (other, _) in enumerate(result) if name and other > name)
            result.insert(next(later, len(result)) if in_order else len(result), (name, part))
    return "".join(part for _, part in result)


def parts(text: str) -> list[tuple[str, str]]:
    """Return the records of a list, or the keys of a mapping, each with its id or name.

    Comments belong to the part below them; what is below the last one belongs to that.
    """
    begins = [_with_comments(text, match.start()) for match in _BEGIN.finditer(text)]
    if not begins:
        return [("", text)] if text else []
    edges = [0, *begins[1:], len(text)]
    found = (text[a:b] for a, b in pairwise(edges))
    return [(_name(part), part) for part in found]


def _with_comments(text: str, begin: int) -> int:
    while (above := text.rfind("\n", 0, max(begin - 1, 0)) + 1) < begin and text[above] == "#":
        begin = above
    return begin


def _name(part: str) -> str:
    match = _ID.search(part)
    return (match[1] or match[2]) if match else ""
