"""The Unix accounts as which daemons connect to ports of others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A Unix account without login, which a host has before the packages that use it.

    `home` is that of the package, if one brings the account; `number` its UID and GID, 0 for any.
    """

    name: str
    home: str = "/"
    number: int = 0


DIRECTORY = Account("openldap", "/var/lib/ldap")
LOGIN = Account("dovenull", "/nonexistent")
"""Dovecot's processes that strangers speak to, and its proxy."""
MAIL = Account("vmail", "/var/vmail", 5000)
"""Who owns all mail; its number is fixed, so that restored files keep their owner."""
POSTFIX = Account("postfix", "/var/spool/postfix")
PROMETHEUS = Account("prometheus", "/var/lib/prometheus")
"""Prometheus, and Alertmanager."""
# Not the name of a unit, of which systemd makes the name of an account for the time of a run.
ALARM = Account("_hopthu-alarm")
MISSED = Account("_hopthu-missed")
QUOTA = Account("_hopthu-quota")
