"""Clean up what moves have left on this store, according to its directory."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import ldap, moves
from hopthu.remote.host.files import is_folder
from hopthu.remote.host.moves import Place
from hopthu.remote.host.state import Failed, comes, output, state

_PATIENCE = 60.0
_FRESH = 600.0
"""Seconds for which a placeholder stays: after a reboot a directory may lack its last change."""


class Settled(TypedDict):
    """Mailboxes that have left, with their host, and whose old copy is still here.

    `here` are those that have arrived, and for which `moves.finish` has not run yet.
    """

    left: dict[str, str]
    here: list[str]


def settle(here: str, units: str, provider: str) -> Settled:
    """Clean up once the directory here has caught up with the one at the address `provider`.

    Without an address this host is the provider. The systemd `units` are stopped first, if any.
    """
    if units:
        output("systemctl", "stop", units)
    if provider and not comes(lambda: _up_to_date(provider), _PATIENCE):
        raise Failed("its directory lags behind the provider's")
    left = settle_leaving(moves.places(moves.inside(moves.MAIL / "leaving")), here)
    arrived = moves.places(moves.inside(state() / "arrived"))
    for mailbox, place in arrived.items():
        if place.host != here and not place.frozen:
            _take_back(mailbox)
    for mailbox, place in moves.places(moves.inside(moves.MAIL / "arriving")).items():
        if place.target != here:
            moves.remove(moves.at(mailbox, "arriving"))
    _remove_placeholders()
    return {"left": left, "here": [m for m, place in arrived.items() if place.host == here]}


def settle_leaving(known: Mapping[str, Place], here: str) -> dict[str, str]:
    """Settle mailboxes that were set aside; return those that have left, with their host.

    Those that are still on this host are put back, and frozen ones are left alone.
    """
    free = {mailbox: place for mailbox, place in known.items() if not place.frozen}
    stay = [mailbox for mailbox, place in free.items() if place.host == here]
    if twice := [mailbox for mailbox in stay if not _put_back(mailbox)]:
        raise Failed(f"{twice[0]} exists twice: in {moves.MAIL} and in {moves.MAIL / 'leaving'}")
    return {mailbox: place.host for mailbox, place in free.items() if place.host != here}


def expect_placeholders() -> None:
    """Have the next `settle` look for placeholders of mailboxes that have left."""
    _no_placeholders().unlink(missing_ok=True)


def _put_back(mailbox: str) -> bool:
    """Put a mailbox back that was set aside, if it was; return whether there is only one now."""
    live, aside = moves.at(mailbox), moves.at(mailbox, "leaving")
    if os.path.lexists(aside) and moves.is_placeholder(live):
        moves.exchange(aside, live)
    if moves.is_placeholder(aside):
        aside.rmdir()
    return not os.path.lexists(aside)


def _take_back(mailbox: str) -> None:
    """Have a mailbox that was put in place, but never became valid, be a copy again."""
    live, copy = moves.at(mailbox), moves.at(mailbox, "arriving")
    if is_folder(live) and not moves.is_placeholder(live):  # else it has left again
        if is_folder(copy):
            moves.remove(live)
        else:
            moves.remove(copy)
            live.rename(copy)
    (state() / "arrived" / mailbox).unlink()


def _up_to_date(provider: str) -> bool:
    top = ldap.suffix()
    return ldap.position(top, provider) == ldap.position(top)


def _no_placeholders() -> Path:
    """Return the file that exists if there are none; a search takes long."""
    return state() / "no-placeholders"


def _remove_placeholders() -> None:
    if _no_placeholders().exists():
        return
    every = moves.inside(moves.MAIL)
    found = [moves.at(each) for each in every if moves.is_placeholder(moves.MAIL / each)]
    old = [each for each in found if time.time() - each.stat().st_mtime > _FRESH]
    for each in old:
        each.rmdir()
    if len(old) == len(found):
        _no_placeholders().touch()
