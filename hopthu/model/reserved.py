"""Local parts that nobody may hold: whoever writes to them means who runs the domain."""

from __future__ import annotations

ALWAYS = ("abuse", "admin", "administrator", "hostmaster", "postmaster", "webmaster")
"""Those a policy cannot give away: RFC 2142 §4 and §5, RFC 5321 §4.5.1, and the five of the
CA/Browser Forum (Baseline Requirements §3.2.2.4.4): whoever reads one of them can have a
certificate for the domain issued."""
RESERVED = (
    # Certificate authorities ask these whether a certificate for the domain may be issued
    # (CA/Browser Forum, Baseline Requirements §3.2.2.4.4), and asked the others in the past
    # (CERT/CC VU#591120); `is`, `it` and `mis` are left to units that are called so.
    "admin", "administrator", "hostmaster", "postmaster", "webmaster",
    "ssladmin", "ssladministrator", "sslwebmaster", "sysadmin",
    # RFC 2142: whoever writes to the domain expects somebody there.
    "abuse", "ftp", "info", "marketing", "news", "noc", "sales", "security", "support", "usenet",
    "uucp", "www",
    # The system writes as these.
    "mailer-daemon", "no-reply", "noreply", "root",
)  # fmt: skip
