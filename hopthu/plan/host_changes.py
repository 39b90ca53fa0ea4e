"""What only a plan against servers says: their files and services, and entries nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hopthu.daemons.record import FileSet
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


@dataclass(frozen=True, slots=True)
class OnHost:
    """What changes on one host: `files` maps each to `create`, `change` or `remove`.

    `services` are the file sets that daemons take up, by name; `new_mailboxes` counts the folders
    of mail that are made there.
    """

    host: str
    files: Mapping[str, str]
    services: Mapping[str, FileSet]
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
                {"set": name, "how": each.activation, "summary": translate(each.phrase, language)}
                for name, each in self.services.items()
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
