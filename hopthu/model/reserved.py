"""Reserved local parts: nobody may hold them, and mail to them reaches the operator."""

from __future__ import annotations

ALWAYS = ("abuse", "admin", "administrator", "hostmaster", "postmaster", "webmaster")
"""Those that are reserved, whatever policy lists: RFC 2142 §4 and §5, RFC 5321 §4.5.1, and the
five of the CA/Browser Forum (Baseline Requirements §3.2.2.4.4), whose reader can obtain a
certificate for the domain."""
RESERVED = (
    # Certificate authorities send requests for approval to the first five (CA/Browser Forum,
    # Baseline Requirements §3.2.2.4.4), and used the others in the past (CERT/CC VU#591120). `is`,
    # `it` and `mis` are not reserved, since they may be short names of units.
    "admin", "administrator", "hostmaster", "postmaster", "webmaster",
    "ssladmin", "ssladministrator", "sslwebmaster", "sysadmin",
    # RFC 2142: addresses that every domain should have.
    "abuse", "ftp", "info", "marketing", "news", "noc", "sales", "security", "support", "usenet",
    "uucp", "www",
    # Senders of automatic mail.
    "mailer-daemon", "no-reply", "noreply", "root",
)  # fmt: skip
