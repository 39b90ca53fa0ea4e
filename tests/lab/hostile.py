"""What scanners, broken mail programs and people of ill will say to a server; for stranger.py."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator

MAIL = b"MAIL FROM:<nguoi-la@example.org>"
NOBODY = b"RCPT TO:<khong-co@thanhhoa.gov.vn>"
READER = b"RCPT TO:<annv2@thanhhoa.gov.vn>"
TALKS = (
    [b"GET / HTTP/1.1", b"Host: x", b"", b""],
    [b"CONNECT example.org:25 HTTP/1.0", b""],
    [
        b"EHLO " + b"x" * 9000,
        b"HELO 1.2.3.4",
        b"HELO [",
        b"HELO a/b",
        b"HELO \xff\xfe",
        b"HELO -a.b",
    ],
    [b"HELO 1234", b"HELO a..b", b"HELO " + b"a" * 300 + b".example", MAIL, NOBODY],
    [b"panic: fatal: error: warning: segfault", b"warning: No space left on device", b"fatal: x"],
    [b"EHLO fatal:", b"MAIL FROM:<warning:@example.org>", b'MAIL FROM:<"panic: x"@example.org>'],
    [b"EHLO x", *[b"XYZZY"] * 30],
    [b"EHLO x", b"AUTH PLAIN AGEAYg==", b"AUTH LOGIN", b"XCLIENT ADDR=10.88.0.11", b"ETRN x"],
    [b"EHLO x", b"VRFY root", b"EXPN root", b"HELP", b"TURN", b"BDAT 99999999999999999999 LAST"],
    [b"EHLO x", MAIL, *[NOBODY] * 30],
    [b"EHLO x", MAIL, *[b"RCPT TO:<ai-do@example.net>"] * 30],
    [
        b"EHLO x",
        b"MAIL FROM:<@a,@b:c@example.org>",
        b"MAIL FROM:<a@" + b"b" * 400 + b">",
        b"MAIL FROM:<a b>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@[1.2.3.4]>",
        b"RCPT TO:<a@[127.0.0.1]>",
        b"RCPT TO:<|id@x>",
        b"RCPT TO:<>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@example.org> SIZE=99999999999999",
        b"MAIL FROM:<a@1.2.3.4>",
        b"MAIL FROM:<a@b/c>",
    ],
    [
        b"EHLO x",
        b"MAIL FROM:<a@nowhere.example>",
        b"MAIL FROM:<a@-x-.example>",
        b"MAIL FROM:<a@\xff>",
    ],
    [b"EHLO x", b"MAIL FROM:<>", READER, b"DATA", b"half a letter"],
    [
        b"EHLO x",
        b"MAIL FROM:<a@example.org> BODY=8BITMIME",
        READER,
        b"BDAT 5",
        b"abcdeXX",
        b"BDAT 3 LAST",
    ],
    [b"EHLO x\r\n" + MAIL + b"\r\n" + READER + b"\r\nDATA\r\nx\r\n.\r\nQUIT"],
    [b"EHLO x\nMAIL FROM:<a@example.org>\nRSET\n\n\n"],
    [b"\0\0\0\0", b"\xff" * 3000, b"EHLO \0", b"STARTTLS x", b"NOOP", *[b"RSET"] * 110],
)

NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(300)
)
IMAP = (
    b"\xff\0 LOGIN x y\r\n* x\r\n+ y\r\n\r\n" + b"z" * 70000 + b"\r\n",
    b'a LOGIN "annv@thanhhoa.gov.vn" "x"\r\n',
    b'a LOGIN "fatal: panic" "error: x"\r\na LOGIN {99999999999}\r\n',
    b'a LOGIN {5+}\r\n\xff\xfe\xfd\xfc\xfb "x"\r\n',
    b"a AUTHENTICATE PLAIN !!!!\r\nb AUTHENTICATE PLAIN\r\n" + b"QQ==" * 30000 + b"\r\n",
    b'a AUTHENTICATE GSSAPI\r\na STARTTLS\r\na ID ("x" {10}\r\na SELECT INBOX\r\n',
    b"a LOGIN " + b"u" * 3000 + b"@thanhhoa.gov.vn x\r\n",
    b'a LOGIN "*" "x"\r\na LOGIN "%(uid=*)" "x"\r\na LOGIN "a*b@thanhhoa.gov.vn" "x"\r\n',
    b'a LOGIN "x, rip=10.88.0.11, lip=" "x"\r\n',
    *[b"a%d NONSENSE\r\n" % n * 30 for n in range(2)],
)
SUBMIT = (
    b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\n",
    b"EHLO x\r\nAUTH PLAIN !!!!\r\nAUTH LOGIN\r\n*\r\nAUTH CRAM-MD5\r\nAUTH XOAUTH2 =\r\n",
    b"EHLO x\r\nAUTH LOGIN\r\n" + b"QQ==" * 5000 + b"\r\n",
    b"EHLO x\r\nAUTH LOGIN\r\n//79\r\n//79\r\n",
    b"EHLO x\r\n" + MAIL + b"\r\nGET / HTTP/1.0\r\n" + b"\xff" * 5000 + b"\r\n",
)
SIEVE = (
    b'AUTHENTICATE "PLAIN" "AGEAYg=="\r\nAUTHENTICATE "PLAIN" {99999999999+}\r\n',
    b"GET / HTTP/1.0\r\n\r\n" + b"\xff" * 5000 + b"\r\n",
    b'PUTSCRIPT "x" {5+}\r\nabcde\r\nLOGOUT\r\n',
)
SSH = (
    b"SSH-1.0-x\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"\xff" * 300,
    b"SSH-2.0-x\r\n" + b"\xff" * 300,
    b"SSH-2.0-x\r\n" + struct.pack(">IBB", 12, 4, 20) + b"\0" * 10,
)
LDAP = (
    bytes.fromhex("300c020101600702010304008000"),
    bytes.fromhex("300c020101600702010204008000"),
    bytes.fromhex("3084ffffffff"),
    bytes.fromhex("3000"),
    bytes.fromhex("30050201014200") * 50,
    b"\xff" * 900,
)

FROM = b"From: a@example.org\n"
MIME = FROM + b"MIME-Version: 1.0\n"
LETTERS = {
    "no header": b"\n\n\nxx\n",
    "odd header": b"From: \xff\xfe\nTo\nSubject: =?utf-8?b?!!!?=\nDate: never\n: x\n\nx\n",
    "log words": FROM + b"Message-ID: <warning:fatal:panic:@x>\nSubject: panic: x\n\nx\n",
    "long header": FROM + b"Subject: " + b"x" * 200_000 + b"\n\nx\n",
    "long address": b"From: " + b"(" * 500 + b"a@b" + b")" * 500 + b"\nTo: " + b"a@b, " * 9000,
    "loop": b"Received: x\n" * 120 + FROM + b"\nx\n",
    "nested": MIME + NESTED,
    "bad parts": MIME + b'Content-Type: multipart/mixed; boundary=""\n\n--\n',
    "bad base64": MIME + b"Content-Type: application/zip; name=a.zip\n"
    b"Content-Transfer-Encoding: base64\n\nUEsDBBQ!!!\xff\xff\n",
    "bad charset": MIME + b'Content-Type: text/html; charset="x-x"\n\n<a href="http://[::">\xff\n',
    "bad dkim": b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; b=!!!; bh=;\n"
    b"ARC-Seal: i=9; x\nDKIM-Signature: v=9\n" + FROM + b"\nx\n",
    "from ours": b"From: <a@thanhhoa.gov.vn>\nFrom: b\n\nx\n",
}


def handshakes(hello: bytes) -> tuple[bytes, ...]:
    """Return what is sent in place of a handshake, or of the rest of one that `hello` begins."""
    alert = b"\x15\x03\x03\x00\x02\x02\x30"  # unknown CA
    return (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + os.urandom(512),
        b"\x16\x03\x00" + hello[3:9] + b"\x03\x00" + hello[11:],  # SSL 3
        b"\x80\x2e\x01\x00\x02" + os.urandom(41),  # SSL 2
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x18\x03\x03\x00\x03\x01\x40\x00",  # heartbeat
        alert,
        hello[:50],
        hello + alert,
        hello + b"\x14\x03\x03\x00\x01\x02" + os.urandom(64),
        hello + hello,
        os.urandom(4096),
    )


def broken_files() -> Iterator[tuple[str, bytes]]:
    """Yield files that begin like something and are not: scanners look into them."""
    junk = os.urandom(3000)
    yield "a.zip", b"PK\x03\x04\x14\0\0\0\x08\0" + junk + b"PK\x05\x06" + b"\xff" * 18
    yield "a.pdf", b"%PDF-1.7\n1 0 obj << /Length 99999999 /Filter /FlateDecode >> stream\n" + junk
    yield "a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + junk
    yield "a.exe", b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + junk
    yield "a.rar", b"Rar!\x1a\x07\x01\0" + junk
    yield "a.7z", b"7z\xbc\xaf\x27\x1c" + junk
    yield "a.gz", b"\x1f\x8b\x08\0" + junk
    yield "a.bz2", b"BZh9" + junk
    yield "a.xz", b"\xfd7zXZ\0" + junk
    yield "a.cab", b"MSCF" + junk
    yield "a.chm", b"ITSF\x03\0\0\0" + junk
    yield "a.png", b"\x89PNG\r\n\x1a\n" + junk
    yield "a.gif", b"GIF89a" + junk
    yield "a.jpg", b"\xff\xd8\xff\xe0" + junk
    yield "a.tiff", b"II*\0" + junk
    yield "a.swf", b"CWS\x08" + junk
    yield "a.elf", b"\x7fELF\x01\x01\x01" + junk
    yield "a.tar", b"x" * 257 + b"ustar\0" + b"00" + b"\xff" * 247 + junk
    yield "a.iso", bytes(32768) + b"\x01CD001\x01" + junk
    yield "a.rtf", b"{\\rtf1" + b"{\\object\\objdata " * 200 + junk
    yield "a.html", b"<html><script>" + b"<div>" * 3000 + junk
    yield "a.tnef", b"\x78\x9f\x3e\x22" + junk
    yield "a.arj", b"\x60\xea" + junk
    yield "a.egg", b"EGGA" + junk
    yield "a.eml", b"From: x\nContent-Type: message/rfc822\n\n" * 40
    yield "a.one", bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + junk


def attached(name: str, content: bytes) -> bytes:
    """Return a letter with one attachment."""
    return (
        b"From: a@b\nSubject: %s\nMIME-Version: 1.0\nContent-Type: application/octet-stream;"
        b" name=%s\nContent-Disposition: attachment; filename=%s\n"
        b"Content-Transfer-Encoding: base64\n\n" % ((name.encode(),) * 3)
    ) + base64.encodebytes(content)
