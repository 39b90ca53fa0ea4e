"""Instructions for the owner of a lab: how to sign in, what to try, how to remove it."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.lab.state import LabState
from hopthu.validate import Loaded

_SHOWN = 4
"""So many are enough to begin with."""


def passwords(made: Mapping[str, str], loaded: Loaded, language: str = "en") -> str:
    """Return the new first passwords of some people, one line each."""
    people = loaded.organisation.people
    ids = sorted(made)[:_SHOWN]
    heading = Message(
        "{number} first passwords were made. Some of them, shown only once:", number=len(made)
    )
    lines = [translate(heading, language)]
    for person in (people[i] for i in ids):
        address = f"{person.mailbox.address}@{loaded.policy.domain}" if person.mailbox else ""
        lines.append(f"  {address:32} {made[person.id]:16} {person.name}")
    return "\n".join(lines)


def next_steps(lab: LabState, language: str = "en") -> str:
    """Return the next steps with a running lab."""
    access = next((h for h in lab.hosts.values() if "access" in h.roles), None)
    message = Message(
        """
The data centre is up: {hosts}.

Sign in as an official, from the workstation `client` inside the lab:
  .venv/bin/hopthu lab ssh client
  IMAP {address}:993, submission {address}:465 (TLS), directory ldaps://{address}:636
  addresses and first passwords: shown above by `lab up`; all of them in {folder}/

Try next:
  edit data/people.yaml (a new person, a transfer, a lock), then
  .venv/bin/hopthu check          find mistakes in the data
  .venv/bin/hopthu plan           show what would change
  .venv/bin/hopthu apply lab      apply the changes
  .venv/bin/hopthu credential issue --new --basis DOCUMENT lab   first passwords of new people
  .venv/bin/hopthu verify lab     test the servers again

Remove it: .venv/bin/hopthu lab down""",
        hosts=", ".join(h.name for h in lab.hosts.values() if h.ours),
        address=access.address if access else "?",
        folder=lab.directory,
    )
    return translate(message, language)
