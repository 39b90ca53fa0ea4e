"""Report whether a PDF in a message has a file inside it (Art. 5.1, 6.3).

systemd hands over the socket. Whoever connects sends the size of a message (4 bytes, network order)
and the message, and reads the answer: "FILE" if a PDF has a file inside, "UNREADABLE" if one cannot
be read to its end, "FOUND" if clamd will refuse the message, "NONE" otherwise. Where the answer is
not certain there is none.

ClamAV takes the message and archives in it apart, as it does to scan them; qpdf reads the PDFs. A
PDF is unreadable if that takes more memory (LimitAS in hopthu-pdf.service) or computing than any
ordinary one.
"""

import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

WORKERS = 4
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
    "clamscan", "--database=/var/lib/clamav/hopthu.ndb", "--leave-temps", "--force-to-disk",
    "--disable-cache", "--alert-exceeds-max", "--bytecode=no", "--scan-pdf=no", "--scan-html=no",
    "--scan-pe=no", "--scan-elf=no", "--scan-swf=no", "--quiet", "--no-summary",
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


class NoAnswer(Exception):
    """It is not certain whether there is a file."""


def limited(deadline: float, command: Sequence[str]) -> Sequence[str]:
    """Return a command that is killed at the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoAnswer("no time left")
    return ("timeout", "--signal=KILL", f"{left:.3f}", *command)


def unpack(message: Path, folder: Path, limits: Sequence[str], deadline: float) -> bool:
    """Take a message and the archives in it apart; return whether that is possible to the end."""
    command = (*CLAMSCAN, *limits, f"--tempdir={folder}", str(message))
    code = subprocess.run(limited(deadline, command), check=False).returncode
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


def has_file(path: Path, deadline: float) -> tuple[bool, bool]:
    """Return whether a PDF has a file inside, and whether it was read to its end."""
    command = limited(deadline, (*QPDF, str(path), "-"))
    found = False
    with tempfile.TemporaryFile() as warnings:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=warnings) as qpdf:
            for line in qpdf.stdout or ():
                key, _, value = line.strip().partition(FILE_KEY)
                found = found or (not key and value.startswith(FILE_VALUES))
        warnings.seek(0)
        if qpdf.returncode == QPDF_WARNED:
            harmless = HARMLESS % re.escape(os.fsencode(path))
            return found, bool(re.fullmatch(harmless, warnings.read(MOST_HARMLESS)))
    if qpdf.returncode and qpdf.returncode not in QPDF_FAILED:
        raise NoAnswer(f"qpdf exited {qpdf.returncode}")
    return found, not qpdf.returncode


def answer(message: Path, folder: Path, limits: Sequence[str], seconds: float) -> str:
    """Return what is said of a message."""
    deadline = time.monotonic() + seconds
    if not unpack(message, folder, limits, deadline):
        return "FOUND"
    unreadable = False
    for path in files_below(folder):
        pdf = is_pdf(path)
        if pdf is None:
            continue
        found, readable = has_file(path, deadline)
        if found:
            return "FILE"
        unreadable = unreadable or (pdf and not readable)
    return "UNREADABLE" if unreadable else "NONE"


def received(stream: BinaryIO, path: Path) -> None:
    """Write the message that comes over a connection to a file."""
    size = stream.read(4)
    content = stream.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""
    if size != struct.pack(">I", len(content)):
        raise NoAnswer("the message is cut off")
    path.write_bytes(content)


def serve(listening: socket.socket, seconds: float, limits: Sequence[str]) -> None:
    """Answer one connection after another."""
    while True:
        connection, _ = listening.accept()
        with connection, tempfile.TemporaryDirectory() as folder:
            connection.settimeout(seconds)
            message, parts = Path(folder, "message"), Path(folder, "parts")
            parts.mkdir()
            try:
                with connection.makefile("rb") as stream:
                    received(stream, message)
                connection.sendall(answer(message, parts, limits, seconds).encode() + b"\n")
            except (NoAnswer, OSError) as reason:
                sys.stderr.write(f"no answer: {reason}\n")


def main() -> None:
    """Serve with several processes; the kernel keeps further connections waiting.

    Where one of them fails all end, and systemd starts them again.
    """
    seconds, *limits = sys.argv[1:]
    listening = socket.socket(fileno=3)
    for _ in range(WORKERS):
        if not os.fork():
            serve(listening, float(seconds), limits)
    os.wait()


main()
