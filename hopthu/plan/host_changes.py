"""What only a plan against servers says: their files and services, and entries nobody knows.

What daemons really do to take new files stands in `deploys/`, beside the reason; a lab test
compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

How = Literal["restart", "reload", "nothing"]


class Activation(NamedTuple):
    """What happens on a host once a set of files has changed there, and the sentence for it."""

    how: How
    told: Message


ACTIVATION: Mapping[str, Activation] = {
    "tls": Activation("reload", Message("Dovecot and Postfix reload the certificate")),
    "system": Activation("restart", Message("the packet filter is loaded, the journal restarts")),
    "units": Activation(
        "nothing", Message("restarts after a crash: nothing is restarted or reloaded now")
    ),
    "openldap": Activation("restart", Message("OpenLDAP restarts")),
    "clamav-units": Activation("restart", Message("ClamAV restarts; mail waits meanwhile")),
    "clamav-signatures": Activation("reload", Message("ClamAV reloads its signatures")),
    "clamav": Activation("restart", Message("ClamAV restarts; mail waits meanwhile")),
    "valkey": Activation("restart", Message("Valkey restarts")),
    "rspamd-units": Activation("nothing", Message("Rspamd: nothing is restarted or reloaded")),
    "rspamd": Activation("reload", Message("Rspamd reloads")),
    "dovecot": Activation("reload", Message("Dovecot reloads")),
    "moves": Activation("nothing", Message("moves of mailboxes: nothing is restarted or reloaded")),
    "postfix": Activation("reload", Message("Postfix reloads")),
    "postfix-tables": Activation("nothing", Message("Postfix: nothing is restarted or reloaded")),
}
"""By the name of each set of `hopthu.render.site.RENDERERS`."""


@dataclass(frozen=True, slots=True)
class OnHost:
    """What changes on one host: `files` maps each to `create`, `change` or `remove`.

    `services` says what daemons do, by set of files; `new_mailboxes` counts the folders of mail
    that are made there.
    """

    host: str
    files: Mapping[str, str]
    services: Mapping[str, Activation]
    new_mailboxes: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.files or self.services or self.new_mailboxes)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of `hosts` of `plan --live --format json`."""
        return {
            "host": self.host,
            "files": dict(self.files),
            "services": [
                {"set": name, "how": does.how, "summary": translate(does.told, language)}
                for name, does in self.services.items()
            ],
            "new_mailboxes": self.new_mailboxes,
        }


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of an inventory: `hosts` on which anything changes, and entries left alone.

    `strangers` are the names of the entries in the directory that the data knows nothing of;
    `refusals` say why an apply would be refused whatever its guards say.
    """

    inventory: str
    hosts: tuple[OnHost, ...] = ()
    strangers: tuple[str, ...] = ()
    refusals: tuple[Message, ...] = ()

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the keys that `plan --live --format json` has beside those of any plan."""
        return {
            "hosts": [host.as_dict(language) for host in self.hosts],
            "strangers": list(self.strangers),
            "refusals": [translate(text, language) for text in self.refusals],
        }
