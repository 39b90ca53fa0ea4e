"""Report whether a PDF in a message has a file inside it (Art. 5.1, 6.3).

systemd starts it anew for each connection, which it reads and answers as standard input and output.
It is sent the size of a message (4 bytes, network order) and the message, and answers "FILE" if a
PDF has a file inside, "UNREADABLE" if one cannot be read to its end, "FOUND" if clamd will refuse
the message, "NONE" otherwise. Where the answer is not certain there is none, nor when its time is
over (RuntimeMaxSec in hopthu-pdf@.service).

ClamAV takes the message and archives in it apart, as it does to scan them; qpdf reads the PDFs. A
PDF is unreadable if that takes more memory (LimitAS) or computing than any ordinary one.
"""

import mmap
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

HEADER = b"%PDF-"
# Programs open a file as PDF whose header begins within so many bytes (ISO 32000-1, annex H.3).
REACH = 1024 + len(HEADER)
# What begins so holds other files: zip, tar, compound files, TNEF. A PDF may stand in it as it is;
# its members are looked at by themselves.
HOLDERS = ((0, b"PK\3\4"), (257, b"ustar"), (0, b"\xd0\xcf\x11\xe0"), (0, b"\x78\x9f\x3e\x22"))
# Without a header some open a file by what stands at its end.
MARKS = (HEADER, b"startxref")
# A file specification with its file (ISO 32000-1, 7.11.3), as qpdf writes it: names are decoded,
# and a quotation mark within a text has a backslash before it. In a form that Reader may save, the
# rights to files are a list of this name. What is behind it counts, not what a stream calls itself:
# the packets of an XFA form are called /EmbeddedFile too.
FILE_KEY = b'"/EF": '
FILE_VALUES = (b"{", b'"')
CLAMSCAN = (
    "clamscan", "--database=/var/lib/clamav/hopthu.ndb", "--database=/var/lib/clamav/hopthu.ftm",
    "--leave-temps", "--force-to-disk", "--disable-cache", "--alert-exceeds-max", "--bytecode=no",
    "--scan-pdf=no", "--scan-html=no", "--scan-pe=no", "--scan-elf=no", "--scan-swf=no", "--quiet",
    "--no-summary",
)  # fmt: skip
QPDF = ("prlimit", "--cpu=5", "qpdf", "--json=2", "--json-key=qpdf", "--json-stream-data=none")
CLAMSCAN_FOUND = 1
QPDF_FAILED, QPDF_WARNED = (2, -signal.SIGXCPU), 3
# What qpdf has mended or left out may be read otherwise by others. This alone is harmless, and many
# programs that sign or change a PDF write it so.
HARMLESS = (
    rb"WARNING: %s: reported number of objects \(\d+\) "
    rb"is not one plus the highest object number \(\d+\)\n"
    rb"qpdf: operation succeeded with warnings\n"
)
MOST_HARMLESS = 10_000
# Lines may be as long as qpdf has memory. Where one is cut no key can seem to begin.
MOST_OF_A_LINE = 1 << 16


class NoAnswer(Exception):
    """It is not certain whether there is a file."""


def unpack(message: Path, folder: Path, limits: Sequence[str]) -> bool:
    """Take a message and the archives in it apart; return whether that is possible to the end."""
    command = (*CLAMSCAN, *limits, f"--tempdir={folder}", str(message))
    code = subprocess.run(command, check=False).returncode
    if code not in {0, CLAMSCAN_FOUND}:
        raise NoAnswer(f"clamscan exited {code}")
    return not code


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files in a folder and those below it."""
    for place, _, names in os.walk(folder, onerror=stop):
        yield from (Path(place, name) for name in names)


def stop(error: OSError) -> None:
    """Fail where a folder cannot be read."""
    raise error


def is_pdf(path: Path) -> bool | None:
    """Return whether a file is a PDF, or None if it has nothing of one."""
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        if all(content.find(mark) < 0 for mark in MARKS):
            return None
        is_holder = any(content[at : at + len(mark)] == mark for at, mark in HOLDERS)
        return content.find(HEADER, 0, REACH) >= 0 and not is_holder


def has_file(path: Path) -> tuple[bool, bool]:
    """Return whether a PDF has a file inside, and whether it was read to its end."""
    command = (*QPDF, str(path), "-")
    found = False
    with tempfile.TemporaryFile() as warnings:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=warnings) as qpdf:
            for line in iter(partial(qpdf.stdout.readline, MOST_OF_A_LINE), b""):
                key, _, value = line.strip().partition(FILE_KEY)
                found = found or (not key and value.startswith(FILE_VALUES))
        warnings.seek(0)
        if qpdf.returncode == QPDF_WARNED:
            harmless = HARMLESS % re.escape(os.fsencode(path))
            return found, bool(re.fullmatch(harmless, warnings.read(MOST_HARMLESS)))
    if qpdf.returncode and qpdf.returncode not in QPDF_FAILED:
        raise NoAnswer(f"qpdf exited {qpdf.returncode}")
    return found, not qpdf.returncode


def answer(message: Path, folder: Path, limits: Sequence[str]) -> str:
    """Return what is said of a message; the first PDF for which it is refused decides."""
    if not unpack(message, folder, limits):
        return "FOUND"
    for path in files_below(folder):
        pdf = is_pdf(path)
        if pdf is None:
            continue
        found, readable = has_file(path)
        if found:
            return "FILE"
        if pdf and not readable:
            return "UNREADABLE"
    return "NONE"


def receive(path: Path) -> None:
    """Write the message that is sent to a file."""
    size = sys.stdin.buffer.read(4)
    content = sys.stdin.buffer.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""
    if size != struct.pack(">I", len(content)):
        raise NoAnswer("the message is cut off")
    path.write_bytes(content)


def main() -> None:
    """Answer one connection."""
    with tempfile.TemporaryDirectory() as folder:
        message, parts = Path(folder, "message"), Path(folder, "parts")
        parts.mkdir()
        try:
            receive(message)
            print(answer(message, parts, sys.argv[1:]))  # noqa: T201  (the answer)
        except NoAnswer as reason:
            sys.stderr.write(f"<5>no answer: {reason}\n")


main()
