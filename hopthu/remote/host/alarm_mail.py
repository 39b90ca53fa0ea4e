"""Put alarms into the operator's mailbox: Alertmanager calls by HTTP, systemd starts this for it.

They go to the store itself (LMTP), so that they arrive whatever is wrong with queues and scanners.
The format is that of webhooks: https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

_MOST = 1_000_000
"""Bytes of a call; more is refused."""
_BEFORE = {"firing": "Cảnh báo", "resolved": "Đã hết"}
_OWN = ("alertname", "host", "instance", "job")


class Lmtp(smtplib.SMTP_SSL):
    """LMTP (RFC 2033) with TLS from the first byte, for one recipient a message."""

    ehlo_msg = "lhlo"


def letter(call: dict[str, Any], address: str, domain: str) -> EmailMessage:
    """Return the letter of a call: what is wrong where, and what to do while it goes on."""
    message = EmailMessage()
    state = _BEFORE[call["status"]]
    names = sorted({each["labels"]["alertname"] for each in call["alerts"]})
    hosts = sorted({each["labels"].get("host", "") for each in call["alerts"]} - {""})
    message["Subject"] = f"[{state}] {', '.join(names)}: {', '.join(hosts)}"
    message["From"], message["To"] = f"postmaster@{domain}", address
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # no vacation replies (RFC 3834)
    paragraphs = [*map(_paragraph, call["alerts"])]
    if more := call.get("truncatedAlerts"):
        paragraphs.append(f"Còn {more} cảnh báo khác cùng loại; xem trang trạng thái.\n")
    steps = {
        each["labels"]["alertname"]: each["annotations"]["steps"]
        for each in call["alerts"]
        if each["status"] == "firing"
    }
    paragraphs += [f"Cách xử lý {name}:\n\n{text}\n" for name, text in sorted(steps.items())]
    message.set_content("\n".join(paragraphs), cte="quoted-printable")
    return message


def _paragraph(alert: dict[str, Any]) -> str:
    labels, notes = alert["labels"], alert["annotations"]
    # A host chooses its labels: quoted and in ASCII they are one line, and no words of this letter.
    shown = {key: json.dumps(value) for key, value in labels.items()}
    more = ", ".join(f"{key}: {value}" for key, value in shown.items() if key not in _OWN)
    return f"""\
{_BEFORE[alert["status"]]}: {labels["alertname"]}
Máy chủ: {labels.get("host", "")}{f" ({more})" if more else ""}
{notes["summary"]}
Từ: {alert["startsAt"]}
Cách xử lý: {notes["runbook"]}
"""


def deliver(message: EmailMessage, settings: dict[str, Any]) -> None:
    """Give a letter to the store; raise `OSError` or `SMTPException`."""
    trust = ssl.create_default_context(cafile=settings["ca"])
    trust.check_hostname = False  # asked by address, as elsewhere in the centre
    with Lmtp(settings["store"], 24, timeout=settings["patience"], context=trust) as store:
        store.send_message(message, f"postmaster@{settings['domain']}", [settings["address"]])


class _Call(BaseHTTPRequestHandler):
    """One call."""

    settings: dict[str, Any]

    def do_POST(self) -> None:
        """Answer 200 once the letter is in the mailbox: Alertmanager calls again otherwise."""
        length = int(self.headers.get("Content-Length", 0))
        try:
            if length > _MOST:
                raise ValueError(f"{length} bytes")
            settings = self.settings
            call = json.loads(self.rfile.read(length))
            deliver(letter(call, settings["address"], settings["domain"]), settings)
        except (OSError, smtplib.SMTPException, ValueError, LookupError) as error:
            print(f"not delivered: {error}", file=sys.stderr)  # noqa: T201  (the unit's journal)
            self.send_error(502)
        else:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing of what went well."""


def main() -> None:
    """Answer the call on standard input, with the settings in the file of the first argument."""
    _Call.settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    _Call.timeout = _Call.settings["patience"]
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        _Call(connection, ("", 0), None)  # type: ignore[arg-type]
