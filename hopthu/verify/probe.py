"""A probe: one thing that the service must do or refuse, and the test for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hopthu.inventory.topology import Centre, Host

if TYPE_CHECKING:
    from hopthu.verify.context import ProbeContext

MAIL = "mail"
"""Postfix and the scanners on all hosts."""
DIRECTORY = "directory"
"""The host whose directory is written to."""

EDGE, ACCESS, STORE = "edge", "access", "store"
"""Roles of hosts that probes go through; of stores, those with mailboxes."""

ACCOUNTS, INTERNET = "accounts", "internet"
"""What probes need: the accounts for probing, and the vantage outside."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe.

    - `id`: its name for tools and options; never changed.
    - `check`: the test. It returns a short description of what it saw; it raises `ProbeFailed`, or
      any other exception, if the probe fails.
    - `through`: the roles of hosts that it goes through; it is tried on every host of each.
    - `needs`: what it needs of the policy and the inventory.
    - `uses`: services that no other probe may disturb while it runs.
    - `disturbs`: services that it stops; such a probe runs only in a lab.
    - `last`: whether it runs after all others, and alone; it may take from them what they need.
    """

    id: str
    title: str
    article: str
    check: Callable[[ProbeContext], str]
    through: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = (MAIL,)
    disturbs: tuple[str, ...] = ()
    last: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A probe, the host of each role that it goes through this time, and the store if it is one."""

    probe: Probe
    through: Mapping[str, Host]
    store: str = ""


def trials(probe: Probe, centre: Centre, stores: Sequence[str]) -> Sequence[Trial]:
    """Return the trials of a probe: through every host of each of its roles at least once.

    A host may have several of the `stores`; each is tried. Other probes use the first.
    """
    used = stores if STORE in probe.through else stores[:1]
    hosts = {role: centre.with_role(role) for role in probe.through if role != STORE}
    number = max(map(len, (used, *hosts.values())), default=1) or 1
    found = []
    for n in range(number):
        through = {role: some[n % len(some)] for role, some in hosts.items()}
        store = used[n % len(used)] if used else ""
        if STORE in probe.through:
            through[STORE] = centre.store_host(store)
        found.append(Trial(probe, through, store))
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one probe.

    A skipped probe (`left_out`) has not passed; it is a failure only if it is `required`.
    """

    id: str
    title: str
    article: str
    passed: bool
    detail: str
    seconds: float = 0.0
    left_out: bool = False
    required: bool = False

    @property
    def failed(self) -> bool:
        """Whether this result makes the run fail."""
        return not self.passed and (self.required or not self.left_out)


def probe(
    title: str,
    article: str,
    *,
    through: tuple[str, ...] = (),
    needs: tuple[str, ...] | None = None,
    uses: tuple[str, ...] = (MAIL,),
    disturbs: tuple[str, ...] = (),
    last: bool = False,
) -> Callable[[Callable[[ProbeContext], str]], Probe]:
    """Return a decorator that makes a function a `Probe`; its id is the name with hyphens.

    Unless it says what it needs, that are accounts if it goes through hosts, and the vantage
    outside if these are edge hosts, to which it writes from there.
    """
    if needs is None:
        needs = (*([ACCOUNTS] if through else []), *([INTERNET] if EDGE in through else []))

    def make(check: Callable[[ProbeContext], str]) -> Probe:
        return Probe(
            id=check.__name__.replace("_", "-"),
            title=title,
            article=article,
            check=check,
            through=through,
            needs=needs,
            uses=uses,
            disturbs=disturbs,
            last=last,
        )

    return make
