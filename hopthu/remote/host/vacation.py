"""The place where this store hands in vacation notices, as it finds it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence

_TLS = "/etc/hopthu/tls"


def answers(host: str, port: int, sender: str, recipients: Sequence[str]) -> list[str]:
    """Return the answer to each recipient of a notice, of which none is sent.

    The last one is what a client without a certificate gets. Raises `OSError` if nobody answers.
    """
    return [
        *(_answer(host, port, sender, each, certified=True) for each in recipients),
        _answer(host, port, sender, recipients[0], certified=False),
    ]


def _answer(host: str, port: int, sender: str, recipient: str, *, certified: bool) -> str:
    context = ssl.create_default_context(cafile=f"{_TLS}/ca.pem")
    if certified:
        context.load_cert_chain(f"{_TLS}/host.pem", f"{_TLS}/host.key")
    try:
        with smtplib.SMTP_SSL(host, port, timeout=30, context=context) as smtp:
            smtp.ehlo()
            code, text = smtp.mail(sender)
            if code < 400:
                code, text = smtp.rcpt(recipient)
            return f"{code} {text.decode(errors='replace')}"
    except smtplib.SMTPConnectError as error:
        return f"{error.smtp_code} {error.smtp_error!r}"
