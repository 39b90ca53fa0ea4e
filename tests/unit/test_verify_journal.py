"""What in a journal is ours, and what somebody outside has caused."""

import subprocess
from pathlib import Path

import pytest

from hopthu.errors import HostFailed
from hopthu.verify import journal
from hopthu.verify.journal import Line

OURS = {"10.88.0.11", "10.88.0.31"}
EDGE, LOGIN = "postfix/edge/smtpd", "dovecot"
TLS = "warning: TLS library problem: error:0A000418:SSL routines::tlsv1 alert unknown ca:x.c:9:"
ABORTED = "imap-login: Login aborted: Connection closed: SSL_accept() failed: error:0A0000F4:SSL "
ABORTED += "routines::unexpected message ({}) ({}): user=<{}>, rip={}, lip=10.88.0.21, session=<x>"
MKDIR = "imap(a-b)<7><x>: Error: mkdir(/{}) failed: Permission denied (euid=5000(vmail) x)"


def stands(program: str, text: str) -> bool:
    line = Line("edge1", "some.service", text, program)
    return any(rule.covers(line, OURS) for rule in journal.outside())


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (EDGE, "warning: non-SMTP command from unknown[203.0.113.9]: panic: fatal: x [10.88.0.11]"),
        (EDGE, "warning: Connection concurrency limit exceeded: 21 from a.b[2001:db8::1] for smtp"),
        (
            EDGE,
            "warning: unknown[203.0.113.9]: SASL PLAIN authentication failed: x, sasl_username=y",
        ),
        (EDGE, TLS),
        (EDGE, "warning: valid_hostname: invalid character 47(decimal): a/b"),
        ("postfix/smtp", TLS),
        ("postfix/master", 'warning: service "smtp" (25) has reached its process limit "100": x'),
        (LOGIN, ABORTED.format("x", "tls_handshake_not_finished", "", "203.0.113.9")),
        (LOGIN, ABORTED.format("x", "auth_failed", "x, rip=10.88.0.11, lip=", "203.0.113.9")),
        (
            "rspamd",
            "<02a9>; proxy; rspamd_message_parse: cannot construct full mime from stream: x",
        ),
        ("sshd-session", "error: kex_input_kexinit: discard cookie: incomplete message [preauth]"),
        (
            "sshd",
            "error: maximum authentication attempts exceeded for x from 203.0.113.9 port 7 ssh2",
        ),
    ],
)
def test_lines_caused_from_outside_are_allowed(program: str, text: str) -> None:
    """Whatever words they put into it."""
    assert stands(program, text)


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (EDGE, "panic: something nobody ever saw [203.0.113.9]"),
        (EDGE, "fatal: no SASL authentication mechanisms"),
        (EDGE, "warning: connect to Milter service inet:127.0.0.1:11332: Connection refused"),
        (EDGE, "warning: non-SMTP command from edge1.x[10.88.0.11]: x"),
        (EDGE, "warning: cannot get RSA private key from file /etc/hopthu/tls/host.key"),
        (EDGE, "warning: TLS library problem: error:8000000D:system library::Permission denied:x"),
        (EDGE, "warning: a[203.0.113.9]: SASL PLAIN authentication failed: Connection lost to it"),
        ("postfix/lmtp", TLS),
        ("postfix/cleanup", "warning: 4jb: queue file write error"),
        (
            "postfix/master",
            "warning: process /usr/lib/postfix/sbin/smtpd pid 7 killed by signal 11",
        ),
        (LOGIN, ABORTED.format("x", "internal_failure", "", "203.0.113.9")),
        (LOGIN, ABORTED.format("x", "internal_failure", "(auth_failed): user=<", "203.0.113.9")),
        (LOGIN, ABORTED.format("x", "tls_handshake_not_finished", "", "10.88.0.31")),
        (LOGIN, "imap-login: Error: write(/run/dovecot/x) failed: No space left on device"),
        (LOGIN, MKDIR.format("var/vmail/people/a-b/Maildir/x")),
        (LOGIN, "sieve(a-b)<7><x>: Fatal: master: service(managesieve): child 7 killed with x"),
        ("rspamd", "<02a9>; lua; hopthu_scan.lua:9: clamd does not answer: IO timeout"),
        ("rspamd", "<>; main; rspamd_main_heartbeat_cb: lost 1 heartbeat from worker type normal"),
        ("kernel", "smtpd[7]: segfault at 0 ip 0 sp 0 error 4 in libc.so.6"),
        ("kernel", "Out of memory: Killed process 7 (clamd)"),
        ("postfix", "warning: non-SMTP command from unknown[203.0.113.9]: x"),
    ],
)
def test_failures_of_the_servers_are_not_allowed(program: str, text: str) -> None:
    """Neither our daemons' failures nor what our hosts say of each other."""
    assert not stands(program, text)


@pytest.mark.parametrize(
    ("age", "expected"),
    [(3600, 3600), (30 * 86400, 86400), (None, 86400)],
)
def test_window(age: int | None, expected: int, tmp_path: Path) -> None:
    """Since the last apply began, and no longer than a day."""
    record = tmp_path / "record.json"
    script = journal._SINCE.replace("/var/lib/hopthu/deployed/record.json", str(record))
    if age is not None:
        began = f"$(date -u -d '-{age} seconds' +%Y-%m-%dT%H:%M:%SZ)"
        script = f'echo "{{\\"id\\": \\"x\\", \\"started\\": \\"{began}\\"}}" >{record}\n{script}'
    script += "echo $(($(date +%s) - since))"
    output = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert expected <= int(output) < expected + 60


def test_a_line_ends_where_the_journal_says() -> None:
    """Not at U+2028, which anybody may put into a message."""
    (line,) = journal.parse("edge1", '{"MESSAGE": "a\u2028b\x85c", "UNIT": "x.service"}\n')
    assert Line("edge1", "x.service", "a\u2028b\x85c") == line


def test_bytes_that_are_no_text_are_shown() -> None:
    """The journal has numbers in place of them, and nothing in place of what is long."""
    said = '{"MESSAGE": [97, 255], "SYSLOG_IDENTIFIER": [98]}\n{"MESSAGE": null, "UNIT": "c"}\n'
    assert [Line("e", "b", "a\ufffd", "b"), Line("e", "c", "")] == [*journal.parse("e", said)]


@pytest.mark.parametrize(
    "said",
    [
        "[]", "5", '{"MESSAGE": [256]}', '{"MESSAGE": {}}', '{"MESSAGE": "x"', "[" * 100_000,
        '{"UNIT": 1}',
    ],
)  # fmt: skip
def test_what_no_journal_says_is_the_failure_of_its_host(said: str) -> None:
    """A host that was taken over can say anything."""
    with pytest.raises(HostFailed, match=r"^edge1: "):
        [*journal.parse("edge1", said)]
