"""The part that only a plan against servers has: files, services, and unknown entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hopthu.daemons.record import FileSet
from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


@dataclass(frozen=True, slots=True)
class OnHost:
    """The changes of one host: `files` maps each path to `create`, `change` or `remove`.

    `services` are the file sets that daemons activate, by name; `stopped` are units that the host
    no longer runs; `new_mailboxes` is the number of mail folders that are created.
    """

    host: str
    files: Mapping[str, str]
    services: Mapping[str, FileSet]
    new_mailboxes: int = 0
    stopped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything changes."""
        return bool(self.files or self.services or self.new_mailboxes or self.stopped)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of `hosts` of `plan --live --format json`."""
        return {
            "host": self.host,
            "files": dict(self.files),
            "services": [
                {"set": name, "how": each.activation, "summary": translate(each.phrase, language)}
                for name, each in self.services.items()
            ],
            "stopped": list(self.stopped),
            "new_mailboxes": self.new_mailboxes,
        }


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of an inventory: `hosts` on which anything changes, and unknown entries.

    `strangers` are the names of directory entries that are not in the data; they stay unchanged.
    `take_overs` say which host serves a store from then on, and what is lost. `refusals` are those
    that an apply would meet with, other than of guards.
    """

    inventory: str
    hosts: tuple[OnHost, ...] = ()
    strangers: tuple[str, ...] = ()
    take_overs: tuple[Message, ...] = ()
    refusals: tuple[Refused, ...] = ()

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the additional keys of `plan --live --format json`."""
        return {
            "hosts": [host.as_dict(language) for host in self.hosts],
            "strangers": list(self.strangers),
            "take_overs": [translate(text, language) for text in self.take_overs],
            "refusals": [
                {
                    "what": translate(each.what, language),
                    "fix": translate(each.fix, language) if each.fix else "",
                }
                for each in self.refusals
            ],
        }
