"""What a person who has a lab is told: how to sign in, what to try, how to end it."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.lab.state import LabState
from hopthu.validate import Loaded

_SHOWN = ("on_store1", "on_store2", "head", "delegate")


def passwords(made: Mapping[str, str], loaded: Loaded) -> str:
    """Return the first passwords of some people, just made, as lines to keep."""
    people = loaded.organisation.people
    ids = sorted({getattr(loaded.policy.probe, part) for part in _SHOWN} & set(made))
    lines = [f"{len(made)} first passwords were made. Some of them, shown this once:"]
    for person in (people[i] for i in ids):
        address = f"{person.mailbox.address}@{loaded.policy.domain}" if person.mailbox else ""
        lines.append(f"  {address:32} {made[person.id]:16} {person.name}")
    return "\n".join(lines)


def next_steps(lab: LabState) -> str:
    """Return what to do with a lab that works."""
    access = next((h for h in lab.hosts.values() if "access" in h.roles), None)
    address = access.address if access else "?"
    return f"""
The data centre is up: {", ".join(h.name for h in lab.hosts.values() if h.ours)}.

Sign in as an official, from the workstation `client` inside the lab:
  .venv/bin/hopthu lab ssh client
  IMAP {address}:993, submission {address}:465 (TLS), directory ldaps://{address}:636
  addresses and first passwords: shown above by `lab up`; all of them in {lab.directory}/

Try next:
  edit data/people.yaml (a new person, a transfer, a lock), then
  .venv/bin/hopthu check          what is wrong with it, if anything
  .venv/bin/hopthu plan           what would change
  .venv/bin/hopthu apply lab      do it
  .venv/bin/hopthu verify lab     prove it again

Take it down: .venv/bin/hopthu lab down"""
