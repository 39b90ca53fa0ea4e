"""What the operator has decided where the regulation is silent.

Every key of data/policy.yaml has its default here; schemas/policy.yaml says what each means and
which article it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hopthu.model.guard_limits import Allowance, Guards
from hopthu.model.reserved import RESERVED
from hopthu.model.reviewers import Review

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Network:
    """A network that reaches the centre: its address ranges and what may be done from it.

    `may` holds any of `read` (IMAP, ManageSieve), `submit` (send through us after signing in),
    `directory` (look people up) and `deliver` (hand us mail on port 25).
    `of` is the unit whose own network it is, empty where it is nobody's own.
    """

    ranges: tuple[str, ...]
    may: tuple[str, ...]
    of: str = ""


def _networks() -> dict[str, Network]:
    return {
        "thanhhoanet": Network(("10.38.0.0/16",), ("read", "submit", "directory")),
        "cpnet": Network(("10.0.0.0/8",), ("read", "submit", "deliver")),
        "internet": Network(("0.0.0.0/0", "::/0"), ("read", "submit", "deliver")),
    }


@dataclass(frozen=True, slots=True)
class Site:
    """Where the servers stand (Art. 4): the centre's address ranges, and each host's address.

    Empty where the operator has not declared it.
    """

    ranges: tuple[str, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Naming:
    """How addresses are made (Art. 4): the profile's name, and one pattern a kind of unit.

    A pattern may use `{short}`, the unit's short name, `{place}`, its name without the words of
    its kind, and `{parent}`, the primary address of the unit above; all folded.
    """

    profile: str = "thanhhoa"
    unit: Mapping[str, str] = field(
        default_factory=lambda: {
            "commune": "xa.{place}",
            "ward": "phuong.{place}",
            "division": "{place}.{parent}",
            "branch": "{place}.{parent}",
        }
    )
    otherwise: str = "{short}"


@dataclass(frozen=True, slots=True)
class Stores:
    """On which data store a unit, its people and its mailbox live; values are labels.

    A unit's own `store` decides, then its kind here, then the unit above it, then the default.
    """

    default: str = "store1"
    by_kind: Mapping[str, str] = field(
        default_factory=lambda: {"commune": "store2", "ward": "store2"}
    )


@dataclass(frozen=True, slots=True)
class Quotas:
    """Space of a mailbox in bytes, and at which percentages its owner is warned (Art. 6.1)."""

    personal: int = 2 * GIB
    unit: int = 10 * GIB
    warn: tuple[int, ...] = (80, 95)


@dataclass(frozen=True, slots=True)
class Passwords:
    """What a password must be, and for how long a first one works (Art. 5.1, 6.4)."""

    min_length: int = 9
    classes: int = 4
    first_valid_days: int = 14
    max_age_days: int = 180


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Days between the states of a mailbox (Art. 5.1, 5.2)."""

    keep_closed_days: int = 90
    keep_archived_days: int = 3650
    redirect_days: int = 180
    due_working_days: int = 3
    idle_days: int = 180
    foreseen_days: int = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """How much mail may be sent at once (Art. 6.3, 6.5); sizes in bytes."""

    message: int = 30 * MIB
    attachment: int = 20 * MIB
    external_messages: int = 250
    external_minutes: int = 10
    failed_sign_ins: int = 12


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is not mail is kept (Art. 5.1)."""

    mail_log_days: int = 180
    header_days: int = 180
    backup_days: int = 35


@dataclass(frozen=True, slots=True)
class Dns:
    """How the world finds and trusts the domain; no resolvers means those of each host."""

    resolvers: tuple[str, ...] = ()
    dkim_selector: str = "hopthu"
    dmarc: str = "reject"


@dataclass(frozen=True, slots=True)
class Probe:
    """Whose mailboxes `verify` may use; each is a person's id, or empty where there is none.

    `head`, `delegate` and `stranger` are of one unit: its head, its delegate, and a third person
    who is neither.
    """

    on_store1: str = ""
    on_store2: str = ""
    colleague: str = ""
    head: str = ""
    delegate: str = ""
    stranger: str = ""
    locked: str = ""
    closed: str = ""


PARTICIPATING = ("board", "commune", "department", "inspectorate", "office", "ward")
FREE_MAIL = (
    "aol.com", "gmail.com", "gmx.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "mail.com", "mail.ru", "msn.com", "outlook.com", "outlook.com.vn", "proton.me",
    "protonmail.com", "qq.com", "rocketmail.com", "yahoo.com", "yahoo.com.vn", "yandex.com",
    "ymail.com", "zoho.com",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole of data/policy.yaml, every absent key filled in."""

    domain: str = "thanhhoa.gov.vn"
    operator: str = "van-phong-ubnd-tinh"
    networks: Mapping[str, Network] = field(default_factory=_networks)
    centre: Site = Site()
    participating: tuple[str, ...] = PARTICIPATING
    citing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    naming: Naming = Naming()
    stores: Stores = Stores()
    quotas: Quotas = Quotas()
    passwords: Passwords = Passwords()
    lifecycle: Lifecycle = Lifecycle()
    limits: Limits = Limits()
    guards: Guards = field(default_factory=Guards)
    allowances: tuple[Allowance, ...] = ()
    review: Review = field(default_factory=lambda: Review(kinds=PARTICIPATING))
    retention: Retention = Retention()
    dns: Dns = Dns()
    reserved: tuple[str, ...] = RESERVED
    free_mail: tuple[str, ...] = FREE_MAIL
    probe: Probe = Probe()
