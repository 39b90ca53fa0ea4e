"""What some people and units of a generated province have that others do not, by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from benchmarks.names import Registry
from benchmarks.papers import Papers
from benchmarks.units import OPERATOR, PROVINCE, Office

_BESIDE = date(2026, 1, 12)
"""The day posts beside the main one begin: everybody has come by then, and nobody left."""
_LEAVING = date(2026, 2, 2)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of all have it, from 0 for none to 1 for everybody who can.

    Units: a `delegate`, an `acting` head; `merged` is how many departments of before went into
    today's for every one there is. People: an `earlier` post elsewhere, a post `beside` the
    main one, an `alias`, an address given up (`former`), an address by `exception`, and that they
    have `left`, are `locked`, or under a legal `hold`.
    """

    delegate: float = 0.3
    acting: float = 0.0
    merged: float = 0.0
    earlier: float = 0.05
    beside: float = 0.0
    alias: float = 0.0
    former: float = 0.0
    exception: float = 0.0
    left: float = 0.02
    locked: float = 0.002
    hold: float = 0.0


USUAL = Shares()


class Variety:
    """Draws what somebody has; what nobody is to have is not drawn, and changes nothing else."""

    def __init__(self, random: Random, shares: Shares, papers: Papers, registry: Registry) -> None:
        """Draw from `random`; documents are issued in `papers`, addresses in the `registry`."""
        self._random, self._shares = random, shares
        self._papers, self._registry = papers, registry

    def has(self, share: float) -> bool:
        """Draw whether somebody has what such a share of all have."""
        return share > 0 and self._random.random() < share

    def mailbox(self, start: date, local: str) -> str:
        """Return the mailbox of somebody who came on a day, in braces."""
        fields = [f"address: {local}"]
        if self.has(self._shares.exception):
            address = self._registry.further(local, "tt")
            granted = self._papers.issue("decision", OPERATOR, start, "exception", address)
            fields = [f"address: {address}", f"exception: {granted}"]
        if self.has(self._shares.alias):
            fields.append(f"aliases: [{self._registry.further(local, 'cq')}]")
        if self.has(self._shares.former):
            fields.append(f"former: [{self._registry.further(local, 'cu')}]")
        return f"{{{', '.join(fields)}}}"

    def beside(self, peers: Sequence[Office], office: Office) -> str:
        """Return a post beside the main one, in another unit of the kind; the main one asks."""
        if not peers or not self.has(self._shares.beside):
            return ""
        other = self._random.choice(peers)
        if other.id == office.id:
            return ""
        basis = self._papers.basis(other, _BESIDE, office)
        post = f"unit: {other.id}, title: Kiêm nhiệm, from: {_BESIDE}, main: false, {basis}"
        return f"    - {{{post}}}\n"

    def leaving(self) -> date:
        """Draw the day on which those of a unit leave, or are locked, who do so."""
        return _LEAVING + timedelta(days=self._random.randrange(0, 140, 7))

    def ending(self, office: Office, leaving: date) -> str:
        """Return that somebody has left, or is locked."""
        chance, shares = self._random.random(), self._shares
        if chance >= shares.left + shares.locked:
            return ""
        basis = self._papers.basis(office, leaving)
        if chance >= shares.left:
            return f"  locked:\n    - {{from: {leaving}, {basis}}}\n"
        return f"  left: {{how: retired, on: {leaving}, {basis}}}\n"

    def hold(self, start: date) -> str:
        """Return a legal hold on somebody's mailbox."""
        if not self.has(self._shares.hold):
            return ""
        decision = self._papers.issue("decision", PROVINCE, start)
        return f"  hold: {{from: {start}, decision: {decision}}}\n"
