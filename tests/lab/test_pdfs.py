"""PDFs: one with a file inside is refused, an ordinary one arrives (Art. 5.1, 6.3)."""

import base64
import bz2
import io
import json
import lzma
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping

import pdfs
import pytest
from attached import ACCEPTED, REFUSED, Row, file, multipart, part, text, wrapped
from labs import CHECKOUT, Lab, forget_journals, in_network_of
from test_attachments import READER, Answer, letters, sent

from hopthu.verify import messages

SENDER = "cong-dan@example.org"
MARK = "thu-pdf"
HAS_FILE, CANNOT_READ, COME_AGAIN = "has other files inside", "needs a password", "try later"

# qpdf is on the hosts; here it may not be.
REWRITE = """
import base64, json, pathlib, shlex, subprocess, sys, tempfile
made = {}
with tempfile.TemporaryDirectory() as folder:
    old, new = (str(pathlib.Path(folder, name)) for name in ("old.pdf", "new.pdf"))
    for name, (content, options) in json.load(sys.stdin).items():
        pathlib.Path(old).write_bytes(base64.b64decode(content))
        subprocess.run(["qpdf", *shlex.split(options), old, new], check=True)
        made[name] = base64.b64encode(pathlib.Path(new).read_bytes()).decode()
print(json.dumps(made))
"""


def rewritten(lab: Lab, some: Mapping[str, bytes], ways: Mapping[str, str]) -> dict[str, bytes]:
    """Return PDFs as qpdf writes each of them in each way."""
    job = {
        f"{name}, {way}": (base64.b64encode(content).decode(), options)
        for name, content in some.items()
        for way, options in ways.items()
    }
    argv = [sys.executable, "-m", "hopthu", "lab", "ssh", "mail1", "--", f"python3 -c '{REWRITE}'"]
    environment = {**os.environ, "HOPTHU_LAB": str(lab.folder)}
    done = subprocess.run(
        argv, cwd=CHECKOUT, env=environment, input=json.dumps(job), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return {name: base64.b64decode(made) for name, made in json.loads(done.stdout).items()}


def answers(lab: Lab, attachments: Mapping[str, bytes]) -> dict[str, Answer]:
    """Send each PDF from outside; return what was said."""
    return offered(lab, {name: file("bao-cao.pdf", made) for name, made in attachments.items()})


def offered(lab: Lab, bodies: Mapping[str, bytes], turned: bool = False) -> dict[str, Answer]:
    """Send each message from outside, with its fields as they are or turned; return the answers."""
    rows = {name: Row(name, body, 0) for name, body in bodies.items()}
    with in_network_of(lab) as (known, _):
        host = known.host("mail1").address
    made = letters(rows, SENDER, READER, MARK)
    if turned:
        made = {name: backwards(letter) for name, letter in made.items()}
    way = {"sender": SENDER, "reader": READER, "host": host, "port": 25, "password": ""}
    return sent(lab, "internet", messages=made, **way)


def backwards(letter: str) -> str:
    """Return a letter with the last of its fields first, and all names in small letters."""
    head, _, body = letter.partition("\r\n\r\n")
    fields = [line.partition(":") for line in reversed(head.split("\r\n"))]
    return "".join(f"{name.lower()}:{value}\r\n" for name, _, value in fields) + f"\r\n{body}"


@pytest.fixture(scope="module", autouse=True)
def taken_away(single: Lab) -> Iterator[None]:
    """Take away what has arrived."""
    yield
    deadline = time.monotonic() + 60
    while single.ssh("mail1", "postqueue -f && postqueue -j").strip():
        assert time.monotonic() < deadline, single.ssh("mail1", "postqueue -p")
    single.ssh("mail1", f"doveadm expunge -u nguyen-van-an mailbox '*' header Subject {MARK}")
    forget_journals(single)


def wrong(found: Mapping[str, Answer], code: int, words: str = "") -> dict[str, Answer]:
    """Return the answers that are not this one."""
    return {name: said for name, said in found.items() if code != said[0] or words not in said[1]}


@pytest.fixture(scope="module")
def ordinary(single: Lab) -> dict[str, bytes]:
    """Return PDFs as offices send them."""
    made = pdfs.ordinary()
    return made | rewritten(single, {name: made[name] for name in pdfs.SOME}, pdfs.REWRITTEN)


def test_ordinary_ones_arrive(single: Lab, ordinary: dict[str, bytes]) -> None:
    """Signed ones, forms, those that only forbid printing; alone, in archives, called anything."""
    bodies = {name: file("bao-cao.pdf", made) for name, made in ordinary.items()}
    for name, made in pdfs.stored(ordinary["signed"]).items():
        bodies[name] = file(f"bao-cao.{name.partition(',')[0].replace(' in ', '.')}", made)
    bodies["text that is about PDFs"] = file("thu.txt", b"x" * 1100 + b" %PDF-1.7 startxref 0")
    bodies["words alone"] = text("Moi tep PDF ket thuc bang startxref va %%EOF.\r\n" * 30)
    assert len(bodies) >= 40
    assert {} == wrong(offered(single, bodies), ACCEPTED)


def test_a_file_inside_is_refused(single: Lab) -> None:
    """Whoever wrote the PDF, however it is packed and called, and harmless files too."""
    made = pdfs.with_files(b"Kinh gui")
    attach = "--add-attachment /etc/hostname --"
    some = {name: made[name] for name in ("attached", "annotation", "portfolio")}
    made |= rewritten(single, some, {w: o for w, o in pdfs.HIDDEN.items() if "user" not in w})
    made |= rewritten(single, {"by qpdf": messages.pdf()}, {"attached": attach})
    bodies = {name: file("bao-cao.pdf", content) for name, content in made.items()}
    attached_one = made["attached"]
    for name, content in pdfs.stored(attached_one).items():
        bodies[name] = file("bao-cao.dat", content)
    bodies |= {
        "another name": file("bao-cao.docx", attached_one),
        "no name": multipart(text(), part("Content-Type: image/png", content=attached_one)),
        "as words": multipart(text(), part("Content-Type: text/plain", content=attached_one)),
        "as words, no header": part("Content-Type: text/plain", content=made["no header"]),
        "as words, xz": part("Content-Type: text/plain", content=lzma.compress(attached_one)),
        "called words, bz2": part(
            'Content-Type: text/html; name="bao-cao.pdf.bz2"', content=bz2.compress(attached_one)
        ),
        "in RTF": part("Content-Type: text/rtf", body=pdfs.in_rtf(attached_one)),
        "in RTF, called words": part(
            'Content-Type: text/plain; name="thu.rtf"', body=pdfs.in_rtf(attached_one)
        ),
        "alone": part("Content-Type: application/pdf", content=attached_one),
        "behind others": attached_behind(attached_one),
    }
    found = offered(single, bodies)
    # clamd takes these for a virus.
    assert REFUSED == found.pop("encoded names")[0]
    assert {} == wrong(found, REFUSED, HAS_FILE)
    viruses = pdfs.with_files(messages.eicar())
    viruses |= rewritten(single, {"attached": viruses["attached"]}, pdfs.REWRITTEN)
    assert {} == wrong(answers(single, viruses), REFUSED)


def test_a_message_is_one_however_it_begins(single: Lab) -> None:
    """Names of fields in small letters, in any order: clamd and the reader take it apart."""
    kind = "content-type: application/octet-stream"
    virus = part(kind, "subject: x", content=messages.eicar())
    inside = part("Content-Type: message/rfc822", body=virus)
    paper = part(kind, "subject: x", content=pdfs.with_files(b"thu")["attached"])
    paper_inside = part("Content-Type: message/rfc822", body=paper)
    two_inside = part(
        "Content-Type: message/rfc822", body=part("content-type: message/rfc822", content=virus)
    )
    found = offered(
        single,
        {
            "virus": multipart(text(), part(kind, content=messages.eicar())),
            "PDF": multipart(text(), part(kind, content=pdfs.with_files(b"thu")["attached"])),
            "virus, alone": part(kind, content=messages.eicar()),
            "virus, in a message inside": multipart(text(), inside),
            "virus, two messages inside": multipart(text(), two_inside),
            "PDF, in a message inside": multipart(text(), paper_inside),
            "PDF, alone": part(kind, content=pdfs.with_files(b"thu")["attached"]),
        },
        turned=True,
    )
    assert {} == wrong(found, REFUSED)
    assert {} == wrong({n: a for n, a in found.items() if "PDF" in n}, REFUSED, HAS_FILE)


def test_a_message_attached_as_a_file_is_taken_apart(single: Lab) -> None:
    """However it begins, in archives too; what only looks like one, or speaks of mail, arrives."""
    kind, paper = "content-type: application/octet-stream", pdfs.with_files(b"thu")["attached"]
    long = "".join(f"x-{number}: {'y' * 60}\r\n" for number in range(400))

    def messages_with(content: bytes) -> dict[str, bytes]:
        plain = part("x: y", kind, content=content)
        return {
            "in small letters": part(
                kind, "content-transfer-encoding: base64", body=wrapped(content)
            ),
            "an unknown field first": plain,
            "in mixed letters": plain.replace(b"Transfer", b"tRaNsFeR"),
            "many fields": long.encode() + plain,
            "in UTF-8": "x: tỉnh\r\n".encode() + plain,
            "of parts": b"x: y\r\n" + multipart(text(), part(kind, content=content)),
        }

    def letters_with(content: bytes) -> dict[str, bytes]:
        made = messages_with(content)
        zipped = {f"{name}, zip": zip_of("thu.eml", each) for name, each in made.items()}
        return {
            **{name: file("thu.eml", each) for name, each in made.items()},
            **{name: file("thu.zip", each) for name, each in zipped.items()},
        }

    assert {} == wrong(offered(single, letters_with(messages.eicar())), REFUSED)
    assert {} == wrong(offered(single, letters_with(paper)), REFUSED, HAS_FILE)
    field = b"Content-Transfer-Encoding: base64"
    texts = {
        "a note": b"Note: nothing\r\n",
        "about the field": b"Note: " + field + b" is a field.\r\n\r\nA text.\r\n",
        "a program": b'import email\nmessage["Content-Transfer-Encoding"] = "base64"\n\n' * 40,
        "many fields": b"x: y\r\n" + (field + b"\r\n\r\n") * 12,
        "a page": b"<html><p>" + field + b"</p>\r\n\r\n<p>A page</p></html>",
    }
    harmless = letters_with(b"Kinh gui\r\n" * 9)
    for name, each in texts.items():
        harmless |= {name: file("thu.txt", each), f"{name}, zip": file("a.zip", zip_of("a", each))}
    assert {} == wrong(offered(single, harmless), ACCEPTED)


def zip_of(name: str, content: bytes) -> bytes:
    """Return a zip with one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def attached_behind(content: bytes) -> bytes:
    """Return a letter with ordinary PDFs before this one."""
    fields = 'Content-Disposition: attachment; filename="bao-cao.pdf"'
    return multipart(
        text(), *[part(fields, content=messages.pdf())] * 5, part(fields, content=content)
    )


def test_what_nobody_can_read_is_refused(single: Lab) -> None:
    """A password is needed, or qpdf had to guess; what takes too much is not read to its end."""
    made = pdfs.unreadable()
    locked = {"user's password": pdfs.HIDDEN["user's password"]}
    found = answers(single, made | rewritten(single, {"text": messages.pdf()}, locked))
    assert {} == wrong(found, REFUSED)
    # clamd knows passwords as well.
    assert {} == wrong(
        {n: a for n, a in found.items() if "password" not in n}, REFUSED, CANNOT_READ
    )


DROP_IN = "/run/systemd/system/hopthu-pdf@.service.d"
FREEZE = (
    f"mkdir {DROP_IN}; printf '[Service]\\nExecStart=\\nExecStart=sleep 99\\n' "
    f">{DROP_IN}/frozen.conf; systemctl daemon-reload"
)
# More than the reader takes (MaxConnections in hopthu-pdf.socket).
HOLD = """
import socket, time
held = [socket.socket(socket.AF_UNIX) for _ in range(99)]
for one in held:
    one.connect("/run/hopthu-pdf/socket")
time.sleep(99)
"""


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("systemctl stop hopthu-pdf.socket", "systemctl start hopthu-pdf.socket"),
        (FREEZE, f"rm -r {DROP_IN}; systemctl daemon-reload"),
        ("chmod 600 /usr/bin/qpdf", "chmod 755 /usr/bin/qpdf"),
        (f"systemd-run --unit=hold --collect python3 -c '{HOLD}'; sleep 2", "systemctl stop hold"),
    ],
    ids=["down", "frozen", "no qpdf", "full"],
)
def test_without_the_reader_mail_waits(single: Lab, broken: str, mended: str) -> None:
    """Only mail with files; once it is back they are taken."""
    with_file = {"file": file("bao-cao.pdf", messages.pdf())}
    single.ssh("mail1", broken)
    try:
        found = offered(single, with_file | {"words": text()})
    finally:
        single.ssh("mail1", mended)
    assert (250, {}) == (found.pop("words")[0], wrong(found, 451, COME_AGAIN))
    assert {} == wrong(offered(single, with_file), ACCEPTED)


def test_hostile_ones_do_not_keep_others_waiting(single: Lab) -> None:
    """Several at once, several in a letter; the ordinary one behind them has its answer."""
    bomb = pdfs.unreadable()["bomb"]
    four = [part("Content-Type: application/pdf", content=bomb)] * 4
    bodies = {f"bomb {number}": file("bao-cao.pdf", bomb) for number in range(4)}
    bodies |= {"four bombs": multipart(text(), *four)}
    found = offered(single, bodies | {"ordinary": file("bao-cao.pdf", messages.pdf())})
    assert 250 == found.pop("ordinary")[0]
    assert {} == wrong(found, REFUSED, CANNOT_READ)
    assert "active\n" == single.ssh("mail1", "systemctl is-active hopthu-pdf.socket")
