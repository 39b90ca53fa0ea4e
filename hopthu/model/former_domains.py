"""Former domains: those of provinces that merged into ours, which only receive (Art. 4, 5.2).

An address at a former domain is written in full, `annv@cu.gov.vn`, and is its holder's alone: the
same local part at our domain may be somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hopthu.i18n.vietnamese import fold


@dataclass(frozen=True, slots=True)
class FormerDomain:
    """A former domain: mail to it is accepted from `start` to `until`, both included.

    `document` is the decision on which this is based. After `until` mail to it is refused, with a
    reply that names the present address.
    """

    domain: str
    start: date
    until: date
    document: str = ""

    def receives_on(self, day: date) -> bool:
        """Return whether mail to the domain is accepted on `day`."""
        return self.start <= day <= self.until

    def over_on(self, day: date) -> bool:
        """Return whether mail to the domain is no longer accepted on `day`."""
        return self.until < day


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, empty if it has none: then it is at ours."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def in_full(address: str, domain: str) -> str:
    """Return an address with its domain; one without is at `domain`."""
    return address if "@" in address else f"{address}@{domain}"


def compared(address: str) -> str:
    """Return what an address is compared by.

    At our domain dots, capitals and diacritics make no difference. A former domain was somebody
    else's: there `an.nv` and `annv` may be two people.

    >>> compared("Văn.Phòng"), compared("Van.Phong@Cu.gov.vn")
    ('vanphong', 'van.phong@cu.gov.vn')
    """
    return address.lower() if "@" in address else fold(address)
