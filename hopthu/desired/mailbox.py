"""One mailbox, and access to one: the parts of the desired state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hopthu.i18n.message import Message
from hopthu.model.lifecycle import LIVE, State

_CAPACITIES = {"head": Message("head"), "delegate": Message("delegate")}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox, personal or a unit's (Art. 4).

    `id` is the permanent id of the person or unit and the daemons' user name; `addresses` are
    local parts, the primary one first; `unit` is where it belongs; `quota` is in bytes; `store`
    is a store's label. While it is redirected, mail to it leads to the mailbox `leads_to`;
    `refusal` is the reply to senders once it is closed. `former` are its full addresses at former
    domains that receive, `over` those at former domains that no longer do. `custodian` is the unit
    whose head and delegate can open a unit's mailbox, after its end the heir; empty if nobody can.
    """

    id: str
    kind: Literal["personal", "unit"]
    name: str
    addresses: tuple[str, ...]
    state: State
    store: str
    quota: int
    unit: str
    unit_name: str
    title: str = ""
    refusal: str = ""
    leads_to: str = ""
    former: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    custodian: str = ""

    @property
    def read_only(self) -> bool:
        """Whether nobody changes it any more: what an ended unit has left."""
        return self.state not in LIVE


@dataclass(frozen=True, slots=True)
class Access:
    """A person may read a unit mailbox and send as it, as its head or its delegate (Art. 7.2).

    `other` is never desired: it is a right found on a server that no record ever gave. That a head
    is only `acting` makes no other right of it. `heir` is the unit whose head or delegate they are
    if that unit has ended: then they only read.
    """

    unit: str
    person: str
    right: Literal["head", "delegate", "other"]
    acting: bool = field(default=False, compare=False)
    heir: str = ""

    @property
    def office(self) -> str:
        """The unit whose head or delegate the person is."""
        return self.heir or self.unit

    @property
    def capacity(self) -> Message:
        """In which capacity the person uses the mailbox (Art. 7.2)."""
        return Message("acting head") if self.acting else _CAPACITIES[self.right]

    @property
    def capacity_in_full(self) -> Message:
        """The capacity, with the unit if that is an heir's."""
        if not self.heir:
            return self.capacity
        return Message("{right} of {unit}", right=self.capacity, unit=self.heir)
