"""A foreign IMAP server on the host `internet`: Debian's Dovecot, with its own configuration."""

import imaplib
import json
import random
import shlex
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from labs import Lab

from hopthu.remote.utf7 import encode

HOST, FQDN, ADDRESS = "internet", "mx.example.org", "10.88.0.101"
ADMINISTRATOR = "quản-trị"
VIETNAM = timezone(timedelta(hours=7))

SETTINGS = r"""
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = imap
ssl = required
ssl_server_cert_file = /etc/dovecot/old.pem
ssl_server_key_file = /etc/dovecot/old.key
auth_mechanisms = plain
auth_username_chars =
mail_driver = maildir
mail_path = ~/Maildir
passdb masters {
  driver = passwd-file
  passwd_file_path = /etc/dovecot/masters
  master = yes
}
passdb passwd-file {
  passwd_file_path = /etc/dovecot/users
}
userdb static {
  fields {
    uid = old
    gid = old
    home = /srv/old/%{user}
  }
}
namespace inbox {
  inbox = yes
  prefix = INBOX.
  separator = .
  mailbox "Gui di" {
    special_use = \Sent
    auto = create
  }
  mailbox Tat-ca {
    special_use = \All
    auto = create
  }
}
"""
INSTALL = """set -e
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends dovecot-imapd >/dev/null
id old >/dev/null 2>&1 || useradd --system --home /srv/old old
mkdir -p /srv/old
chown old:old /srv/old
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN={fqdn} \
    -addext subjectAltName=DNS:{fqdn} -keyout /etc/dovecot/old.key -out /etc/dovecot/old.pem \
    2>/dev/null
printf %s {settings} >/etc/dovecot/dovecot.conf
printf %s {users} >/etc/dovecot/users
printf %s {masters} >/etc/dovecot/masters
systemctl restart dovecot
"""
REMOVE = """export DEBIAN_FRONTEND=noninteractive
apt-get purge -y -q dovecot-imapd dovecot-core >/dev/null
userdel old
rm -rf /srv/old /etc/dovecot"""

FOLDERS = {
    "INBOX": "INBOX",
    "INBOX.Gui di": "Sent",
    "INBOX.Bản nháp": "Drafts",
    "INBOX.Hồ sơ.Năm 2024": "Hồ sơ/Năm 2024",
    "INBOX.Đơn vị.Công văn đến": "Đơn vị (cũ)/Công văn đến",
}
"""Folders there, and what each becomes."""
KEYWORDS = ("$Forwarded", "quan-trong", "NonJunk")

Look = tuple[str, str, tuple[str, ...], str]
"""A message as both sides tell of it: folder here, Message-ID, flags, date in UTC."""


@dataclass
class OldServer:
    """The server; `passwords` by user, `held` what was put there, by user."""

    lab: Lab
    passwords: Mapping[str, str]
    administrator: str
    certificate: str = ""
    held: dict[str, list[Look]] = field(default_factory=dict)
    _number: int = 0

    def session(self, user: str) -> imaplib.IMAP4_SSL:
        """Sign in from the lab's network."""
        context = ssl.create_default_context(cadata=self.certificate)
        context.check_hostname = False
        imap = imaplib.IMAP4_SSL(ADDRESS, 993, ssl_context=context, timeout=30)
        words = f"\0{user}\0{self.passwords[user]}".encode()
        imap.authenticate("PLAIN", lambda _: words)
        return imap

    def put(self, user: str, folder: str, chance: random.Random, number: int = 1) -> list[str]:
        """Put messages into a folder; return their Message-IDs."""
        names = []
        with self.session(user) as imap:
            imap.create(quoted(folder))
            imap.subscribe(quoted(folder))
            for _ in range(number):
                self._number += 1
                names.append(f"<{self._number}@old.example>")
                flags = [f for f in ("\\Seen", "\\Answered", "\\Flagged") if chance.random() < 0.4]
                flags += [word for word in KEYWORDS if chance.random() < 0.2]
                at = datetime(2012, 1, 1, tzinfo=VIETNAM) + timedelta(
                    seconds=chance.randrange(14 * 365 * 86400)
                )
                code, said = imap.append(
                    quoted(folder), f"({' '.join(flags)})", at.strftime('"%d-%b-%Y %H:%M:%S %z"'),
                    letter(names[-1], chance),
                )  # fmt: skip
                assert "OK" == code, said
                self.held.setdefault(user, []).append(
                    (FOLDERS[folder], names[-1], tuple(sorted(flags)),
                     at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"))
                )  # fmt: skip
        return names


def quoted(folder: str) -> str:
    """Return the name of a folder for IMAP."""
    return f'"{encode(folder)}"'


def letter(name: str, chance: random.Random) -> bytes:
    """Return a message of some size with lines that mail programs write."""
    body = "Kính gửi: Sở Tài chính\r\n.\r\nFrom here on\r\n" + "x" * chance.randrange(8000)
    return (
        f"From: Văn thư <vanthu@old.example>\r\nMessage-ID: {name}\r\nSubject: CV\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


@contextmanager
def running(lab: Lab, passwords: Mapping[str, str], administrator: str) -> Iterator[OldServer]:
    """Have the server for the time of a `with` block."""
    users = "".join(f"{user}:{{PLAIN}}{word}\n" for user, word in passwords.items())
    lab.ssh(
        HOST,
        INSTALL.format(
            fqdn=FQDN,
            settings=shlex.quote(SETTINGS),
            users=shlex.quote(users),
            masters=shlex.quote(f"{ADMINISTRATOR}:{{PLAIN}}{administrator}\n"),
        ),
    )
    try:
        certificate = lab.ssh(HOST, "cat /etc/dovecot/old.pem")
        yield OldServer(lab, passwords, administrator, certificate)
    finally:
        lab.ssh(HOST, REMOVE)


def found(lab: Lab, store: str, mailbox: str) -> list[Look]:
    """Return the messages of a mailbox here that came from the old server."""
    fields = "mailbox hdr.message-id flags date.received"
    line = f"TZ=UTC doveadm -f json fetch -u {mailbox} '{fields}' mailbox '*'"
    messages: Sequence[Mapping[str, str]] = json.loads(lab.ssh(store, line))
    return [
        (m["mailbox"], m["hdr.message-id"],
         tuple(sorted(set(m["flags"].split()) - {"\\Recent"})), m["date.received"])
        for m in messages if m["hdr.message-id"].endswith("@old.example>")
    ]  # fmt: skip
