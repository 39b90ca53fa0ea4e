"""The policy: what the operator has decided where the regulation is silent.

Every key of data/policy.yaml has its default here; schemas/policy.yaml has its meaning and the
article it serves.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from hopthu.diagnostics.regulation import Regulation
from hopthu.model.competence import Competence
from hopthu.model.facts import TECHNICAL
from hopthu.model.former_domains import FormerDomain
from hopthu.model.guard_limits import Allowance, Guards
from hopthu.model.reserved import RESERVED
from hopthu.model.review_settings import Review

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Network:
    """A network that reaches the centre: its address ranges and what may be done from it.

    `may` holds any of `read` (IMAP, ManageSieve), `submit` (send mail after signing in),
    `directory` (look people up), `deliver` (deliver mail on port 25) and `administer` (SSH).
    `of` is the unit that owns the network, if any. `sign_in` says which passwords sign in to read
    and send: `either`, people's own or one of a mail program, or only a `client` password.
    """

    ranges: tuple[str, ...]
    may: tuple[str, ...]
    of: str = ""
    sign_in: str = "either"


def _networks() -> dict[str, Network]:
    return {
        "thanhhoanet": Network(("10.38.0.0/16",), ("read", "submit", "directory")),
        "cpnet": Network(("10.0.0.0/8",), ("read", "submit", "deliver"), sign_in="client"),
        "internet": Network(("0.0.0.0/0", "::/0"), ("read", "submit", "deliver"), sign_in="client"),
    }


@dataclass(frozen=True, slots=True)
class Site:
    """Where the servers stand (Art. 4): the centre's address ranges, and each host's address.

    Empty if the operator has not declared it.
    """

    ranges: tuple[str, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Documentation:
    """What is asked of the documents that changes rest on (Art. 5.1).

    `without` lists what may change without one: facts of records (`hopthu.model.facts`), or
    `created` for new units that no decision creates. `oldest` is how many days before the first
    day of a change its documents may be dated.
    """

    without: tuple[str, ...] = TECHNICAL
    oldest: int = 365


@dataclass(frozen=True, slots=True)
class UnitKind:
    """A kind of unit that a province adds: `name` begins the names of such units (Art. 4).

    The rules and settings of the built-in kind it is `like` apply to it.
    """

    name: str
    like: str


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Lists that are alike, one of each unit of `kinds` and `units` that has a mailbox (Art. 7.1).

    `who` is on them, seen from `top`, or from the list's own unit if that is empty: `members`, who
    has a post in it; `all`, in it or below it; the `heads` of these units; or the `units`
    themselves. Of the units only the kinds `among` count, if there are any.
    """

    name: str
    who: str
    kinds: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    top: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """The naming profile (Art. 4): a pattern for each kind of unit.

    A pattern may use `{short}`, the unit's short name, `{place}`, its name without the words of
    its kind, and `{parent}`, the primary address of the unit above; all folded.
    """

    unit: Mapping[str, str] = field(
        default_factory=lambda: {
            "commune": "xa.{place}",
            "special_zone": "dackhu.{place}",
            "township": "thitran.{place}",
            "ward": "phuong.{place}",
            "division": "{place}.{parent}",
            "branch": "{place}.{parent}",
        }
    )
    otherwise: str = "{short}"
    before: tuple[tuple[str, Naming], ...] = ()
    """Each earlier profile with the first day on which it was over, the latest first."""

    def of(self, kind: str) -> str:
        """Return the pattern of a kind of unit."""
        return self.unit.get(kind, self.otherwise)

    def since(self, day: str) -> list[Naming]:
        """Return the profile, and each one before it that was in force on a day or later."""
        return [self, *(profile for until, profile in self.before if day < until)]


@dataclass(frozen=True, slots=True)
class Storage:
    """In how many places a store keeps mail, and who answers for it; one of them is set.

    `replicated` names who promises that what is written is in two places before it is confirmed:
    the platform below the disks does that, and hopthu cannot see it. `single` names who accepts
    that it is in one. `drbd` names the host that serves it, of the two that have it.
    """

    replicated: str = ""
    single: str = ""
    drbd: str = ""


@dataclass(frozen=True, slots=True)
class Stores:
    """On which data store a unit, its people and its mailbox live; values are labels.

    A unit's own `store` decides, then its kind here, then the unit above it, then the default.
    `storage` says how a store keeps mail.
    """

    default: str = "store1"
    by_kind: Mapping[str, str] = field(
        default_factory=lambda: dict.fromkeys(
            ("commune", "special_zone", "township", "ward"), "store2"
        )
    )
    storage: Mapping[str, Storage] = field(default_factory=dict)

    @property
    def serving(self) -> Mapping[str, str]:
        """The host that serves each store that is on two, by label."""
        return {label: kept.drbd for label, kept in self.storage.items() if kept.drbd}

    def kept(self, label: str) -> Storage:
        """Return how a store keeps mail; of one that the policy does not name nobody says it."""
        return self.storage.get(label, Storage())


@dataclass(frozen=True, slots=True)
class Quotas:
    """Quotas in bytes, those that one mailbox may have of its own, and when the owner is warned.

    `steps` are sizes as written, `warn` percentages (Art. 5.1, 6.1). `readers` is the percentage of
    a unit mailbox that its readers can fill: the rest is for mail that arrives.
    """

    personal: int = 2 * GIB
    unit: int = 10 * GIB
    steps: tuple[str, ...] = ("5 GiB", "10 GiB", "20 GiB", "50 GiB")
    warn: tuple[int, ...] = (80, 95)
    readers: int = 90


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Days between the states of a mailbox (Art. 5.1, 5.2)."""

    keep_closed_days: int = 90
    keep_archived_days: int = 3650
    redirect_days: int = 180
    due_working_days: int = 3
    without_post_days: int = 30
    delegation_days: int = 1826
    foreseen_days: int = 30
    idle_days: int = 180


@dataclass(frozen=True, slots=True)
class Limits:
    """How much mail may be sent at once (Art. 6.3, 6.5); sizes in bytes.

    `external_messages` and `internal_messages` are recipients outside and inside within
    `external_minutes`, `external_daily` and `internal_daily` within a day, of a person and of a
    mailbox. A list is one recipient. After `refused_letters` of a day, for viruses or these
    limits, a sender is stopped.
    Of one person a colleague gets one vacation notice in `vacation_days`; with 0 there are none.
    Of what one person moves into or out of Junk, scanners learn `trained_letters` in 24 hours; so
    many can be reported, too.
    """

    message: int = 30 * MIB
    external_messages: int = 250
    external_minutes: int = 10
    external_daily: int = 1000
    internal_messages: int = 1000
    internal_daily: int = 5000
    refused_letters: int = 20
    failed_sign_ins: int = 12
    sessions: int = 30
    vacation_days: int = 7
    trained_letters: int = 20


@dataclass(frozen=True, slots=True)
class Passwords:
    """What is asked of a password that its owner chooses, and how long one lasts (Art. 5.1, 6.4).

    `classes` counts small letters, capitals, digits and signs; `history` is how many earlier
    passwords are refused. With `max_age_days` 0 a password lasts.
    """

    first_days: int = 30
    min_length: int = 9
    classes: int = 4
    history: int = 5
    max_age_days: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long logs are kept, and copies of mail and directory (Art. 5.1)."""

    mail_log_days: int = 180
    backup_days: int = 90


@dataclass(frozen=True, slots=True)
class Dns:
    """DNS settings; without `resolvers` each host uses its own."""

    resolvers: tuple[str, ...] = ()
    dkim_selector: str = "hopthu"
    dmarc: str = "reject"


@dataclass(frozen=True, slots=True)
class Daily:
    """Who applies what dates in the data bring about: `timer`, `pipeline` or `nobody`."""

    by: str = "timer"


@dataclass(frozen=True, slots=True)
class Outside:
    """The mail server outside that probes use: its address, and the domain whose mail it takes.

    It alone may write to the accounts for probing from outside, and they to its domain.
    """

    server: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What `verify` may use: whether there are accounts for it, and a mail server outside."""

    accounts: bool = False
    outside: Outside = Outside()


PARTICIPATING = (
    "board", "commune", "department", "inspectorate", "office", "special_zone", "ward",
)  # fmt: skip
OUTSIDE_AUTHORITIES = (
    "Quốc hội", "Ủy ban Thường vụ Quốc hội", "Chủ tịch nước", "Chính phủ", "Thủ tướng Chính phủ",
    "Bộ Nội vụ", "Ban Chấp hành Trung ương Đảng", "Bộ Chính trị", "Ban Bí thư",
)  # fmt: skip
FREE_MAIL = (
    "aol.com", "gmail.com", "gmx.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "mail.com", "mail.ru", "msn.com", "outlook.com", "outlook.com.vn", "proton.me",
    "protonmail.com", "qq.com", "rocketmail.com", "yahoo.com", "yahoo.com.vn", "yandex.com",
    "ymail.com", "zoho.com",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """The content of data/policy.yaml, with a default for each absent key."""

    domain: str = "thanhhoa.gov.vn"
    former_domains: tuple[FormerDomain, ...] = ()
    operator: str = "van-phong-ubnd-tinh"
    regulation: Regulation = field(default_factory=Regulation)
    networks: Mapping[str, Network] = field(default_factory=_networks)
    centre: Site = Site()
    unit_kinds: Mapping[str, UnitKind] = field(default_factory=dict)
    participating: tuple[str, ...] = PARTICIPATING
    citing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    documents: Documentation = Documentation()
    competence: Competence = field(default_factory=Competence)
    outside_authorities: tuple[str, ...] = OUTSIDE_AUTHORITIES
    naming: Naming = Naming()
    lists: Mapping[str, ListQuery] = field(default_factory=dict)
    stores: Stores = Stores()
    quotas: Quotas = Quotas()
    lifecycle: Lifecycle = Lifecycle()
    daily: Daily = Daily()
    limits: Limits = Limits()
    passwords: Passwords = Passwords()
    guards: Guards = field(default_factory=Guards)
    allowances: tuple[Allowance, ...] = ()
    review: Review = field(default_factory=lambda: Review(kinds=PARTICIPATING))
    retention: Retention = Retention()
    dns: Dns = Dns()
    reserved: tuple[str, ...] = RESERVED
    free_mail: tuple[str, ...] = FREE_MAIL
    probe: Probe = Probe()

    def like(self, kind: str) -> str:
        """Return the built-in kind whose rules apply to units of `kind`: mostly itself."""
        return self.unit_kinds[kind].like if kind in self.unit_kinds else kind

    def begins(self, kind: str) -> tuple[str, ...]:
        """Return the words with which names of units of `kind` begin, if the policy says it."""
        return (self.unit_kinds[kind].name,) if kind in self.unit_kinds else ()

    def named_kind(self, kind: str, among: Container[str]) -> str:
        """Return the kind in `among` that decides on units of `kind`, an empty text if none does.

        A kind of the policy has settings of its own, or those of the kind that it is like.
        """
        return next((each for each in (kind, self.like(kind)) if each in among), "")
