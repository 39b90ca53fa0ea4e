"""Who may decide what: for each act, whose documents it may rest on (Art. 5.1, 5.2, 7.2, 7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Act = Literal[
    "post",
    "transfer",
    "head",
    "delegate",
    "lock",
    "hold",
    "created",
    "ended",
    "left",
    "regulation",
    "reorganised",
    "details",
    "correction",
    "exception",
    "allowance",
    "former_domain",
    "policy",
]
GRANTED = frozenset(("correction", "exception", "allowance", "former_domain"))
"""The acts that permit what is otherwise refused: a document serves them only if it names them."""

OF_UNITS = frozenset(("created", "reorganised", "ended"))
"""The acts on units: `Policy.outside_authorities` lists who outside decides on them."""
FIXED = {"delegate": ("unit",), "regulation": ("unit", "superior")}
"""The acts that the regulation itself leaves to the unit and its head (Art. 7.2, 7.3)."""


@dataclass(frozen=True, slots=True)
class Competence:
    """The issuers of each act: ids of units, or words (`hopthu.schema.formats.ISSUERS`).

    - `unit`: the unit concerned; of acts on a person, that of their main post on that day; of
      `transfer`, by which they go to another unit, the one they leave.
    - `superior`: every unit above it; of a unit without one, an authority that policy lists.
    - `province`: the council, People's Committee or party committee at the top of the province.
    - `operator`: the unit that runs the system.
    - `inspectorate`: any inspectorate.
    - `outside`: an authority that is not a unit of the province, such as a court; for acts in
      `OF_UNITS` one that policy lists, such as the Government.

    Issuers of acts that are `FIXED` are not a matter of policy.
    """

    post: tuple[str, ...] = ("unit", "superior", "province")
    transfer: tuple[str, ...] = ("unit", "superior", "province")
    head: tuple[str, ...] = ("superior", "province")
    lock: tuple[str, ...] = ("unit", "superior", "province", "operator")
    hold: tuple[str, ...] = (
        "unit", "superior", "province", "operator", "inspectorate", "outside",
    )  # fmt: skip
    created: tuple[str, ...] = ("superior", "province", "outside")
    ended: tuple[str, ...] = ("superior", "province", "outside")
    left: tuple[str, ...] = ("unit", "superior", "province")
    reorganised: tuple[str, ...] = ("superior", "province", "outside")
    details: tuple[str, ...] = ("unit", "superior", "province", "operator")
    correction: tuple[str, ...] = ("unit", "superior", "province", "operator")
    exception: tuple[str, ...] = ("operator", "province")
    allowance: tuple[str, ...] = ("operator", "province")
    former_domain: tuple[str, ...] = ("province", "outside")
    policy: tuple[str, ...] = ("operator", "province")

    def of(self, act: Act) -> tuple[str, ...]:
        """Return the issuers of an act."""
        issuers: tuple[str, ...] = FIXED[act] if act in FIXED else getattr(self, act)
        return issuers
