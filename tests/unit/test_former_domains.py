"""Addresses at the domain of a province that merged into ours receive for a time, and never send.

In the golden data `cu.gov.vn` receives from 2025-07-01 to 2026-12-31, and `xua.gov.vn` is over.
`annv@cu.gov.vn` is Trần Thị Hoa's, `annv` at our domain Nguyễn Văn An's.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_render_postfix import rows, text
from test_saved_plan import edit

from hopthu.cli.address import address
from hopthu.daemons import postfix, rspamd
from hopthu.daily.dated import dated
from hopthu.desired.state import desired
from hopthu.directory.entries import address_dn, entries
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import translate
from hopthu.inventory.topology import Centre, Host
from hopthu.model.dns_records import former_records
from hopthu.model.former_domains import FormerDomain, compared, domain_of, in_full
from hopthu.model.guard_limits import Guards, Limit
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.record_local import LONGEST_ADDRESS
from hopthu.plan.file import digests
from hopthu.plan.plan import Plan, make
from hopthu.plan.upcoming import due_until
from hopthu.render.context import Context
from hopthu.schema.formats import LONGEST_DOMAIN
from hopthu.servers.held_addresses import held, taken_from_holders
from hopthu.servers.plan import guarded
from hopthu.servers.state import ServerState, as_applied
from hopthu.show.report import show
from hopthu.validate import Loaded, read
from revisions import revision

GOLDEN = Path(__file__).parents[1] / "golden"
OURS, FORMER, OVER = "thanhhoa.gov.vn", "cu.gov.vn", "xua.gov.vn"
EVE, FIRST, LAST, AFTER = (
    date.fromisoformat(day) for day in ("2025-06-30", "2025-07-01", "2026-12-31", "2027-01-01")
)
"""The day before `cu.gov.vn` receives, its first day, its last one, and the day after."""
AN, HOA = "nguyen-van-an", "tran-thi-hoa"
KEYS = {"dkim.key": b"key", "host.pem": b"", "ca.pem": b""}
CENTRE = Centre(
    "lab",
    (
        Host("access1", f"access1.{OURS}", "10.88.0.12", frozenset({"access"})),
        Host("edge1", f"edge1.{OURS}", "10.88.0.11", frozenset({"edge"})),
        Host("store1", f"store1.{OURS}", "10.88.0.13", frozenset({"store", "directory"}),
             ("store1", "store2")),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def golden() -> Loaded:
    return read(GOLDEN, date(2026, 6, 1))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the golden data to edit."""
    shutil.copytree(GOLDEN / "data", tmp_path / "data")
    return tmp_path


def context(loaded: Loaded, host: str, on: date) -> Context:
    state = desired(loaded.organisation, loaded.policy, on)
    return Context(CENTRE.host(host), CENTRE, state, loaded.policy, KEYS)


def table(loaded: Loaded, name: str, on: date, domain: str = FORMER) -> Mapping[str, str]:
    """Return the rows of a table of an access host that are about a domain."""
    found = rows(postfix.tables(context(loaded, "access1", on)), name)
    return {key: value for key, value in found.items() if key.endswith(domain)}


def main_cf(loaded: Loaded, host: str, on: date) -> str:
    return text(postfix.files(context(loaded, host, on)), "main.cf")


def summaries(plan: Plan) -> list[str]:
    return [str(change.summary) for change in plan.lines()]


def replaced(loaded: Loaded, record: Person | Unit) -> Loaded:
    """Return the data with another record in place of the one of that id."""
    units, people = dict(loaded.organisation.units), dict(loaded.organisation.people)
    if isinstance(record, Person):
        people[record.id] = record
    else:
        units[record.id] = record
    documents = loaded.organisation.documents
    return revision(Organisation(units, people, documents), loaded.policy)


def test_an_address_without_a_domain_is_at_ours() -> None:
    assert ("", FORMER) == (domain_of("annv"), domain_of("Annv@CU.gov.vn"))
    assert ("annv@thanhhoa.gov.vn", "x@cu.gov.vn") == (
        in_full("annv", OURS),
        in_full("x@cu.gov.vn", OURS),
    )


def test_at_a_former_domain_dots_make_a_difference() -> None:
    """Its addresses were given by others, and `an.nv` and `annv` may be two people there."""
    assert compared("An.NV") == compared("annv")
    assert compared("an.nv@cu.gov.vn") != compared("annv@cu.gov.vn")
    assert "an.nv@cu.gov.vn" == compared("An.NV@Cu.gov.vn")


@pytest.mark.parametrize(
    ("day", "receives"), [(EVE, False), (FIRST, True), (LAST, True), (AFTER, False)]
)
def test_a_former_domain_receives_from_its_first_to_its_last_day(
    golden: Loaded, day: date, receives: bool
) -> None:
    """Each address leads to who held it there, whatever the local part means at our domain."""
    expected = HOA if receives else None
    assert expected == table(golden, "mailboxes", day).get("annv@cu.gov.vn")
    assert receives == ("annv@cu.gov.vn" in table(golden, "transport", day))
    assert AN == table(golden, "mailboxes", day, OURS)["annv@thanhhoa.gov.vn"]


def test_nobody_sends_from_a_former_domain(golden: Loaded) -> None:
    """Its addresses have no row of senders, so a signed-in holder is refused as well."""
    assert {} == table(golden, "senders", LAST)
    assert table(golden, "senders", LAST, OURS)


def test_reserved_names_of_a_former_domain_reach_the_operator(golden: Loaded) -> None:
    """Postmaster, and those to which certificate authorities write."""
    found = table(golden, "aliases", LAST)
    assert {f"{name}@{FORMER}" for name in golden.policy.reserved} == found.keys()
    assert {"vpubnd@thanhhoa.gov.vn"} == set(found.values())
    assert {} == table(golden, "aliases", AFTER)


def test_mail_of_a_merged_unit_leads_on_from_its_former_address(golden: Loaded) -> None:
    """As long as its own address does; then the reply names its successor."""
    assert "stc@thanhhoa.gov.vn" == table(golden, "aliases", FIRST)["so.kh@cu.gov.vn"]
    reply = table(golden, "refused", LAST)["so.kh@cu.gov.vn"]
    assert reply.startswith("550 5.1.6 Mailbox closed, please write to stc@thanhhoa.gov.vn")


def test_after_its_last_day_the_reply_names_the_present_address(golden: Loaded) -> None:
    """Of an open mailbox its primary one, of a closed one its unit's; it is readable ASCII."""
    assert "annv@cu.gov.vn" not in table(golden, "refused", LAST)
    found = table(golden, "refused", AFTER)
    assert {"annv@cu.gov.vn", "dung-pv@cu.gov.vn", "so.kh@cu.gov.vn"} == found.keys()
    assert (
        "550 5.1.6 Address moved, please write to hoatt@thanhhoa.gov.vn / "
        "Dia chi da doi, xin gui den hoatt@thanhhoa.gov.vn"
    ) == found["annv@cu.gov.vn"]
    assert "please write to stc@thanhhoa.gov.vn" in found["dung-pv@cu.gov.vn"]


def test_the_longest_address_fits_into_the_reply(golden: Loaded) -> None:
    """What `check` accepts can be rendered, in one line of SMTP."""
    state = context(golden, "access1", AFTER).desired
    longest = (f"{'a' * LONGEST_ADDRESS}",)
    mailboxes = tuple(replace(m, addresses=longest) if m.id == HOA else m for m in state.mailboxes)
    long = replace(state, mailboxes=mailboxes, domain=f"{'d' * (LONGEST_DOMAIN - 3)}.vn")
    found = dict(postfix.refused(long))["annv@cu.gov.vn"]
    assert f"{longest[0]}@{long.domain}" in found


@pytest.mark.parametrize("host", ["access1", "edge1"])
def test_any_other_address_of_a_domain_that_is_over_is_told_ours(golden: Loaded, host: str) -> None:
    """Before unknown addresses are refused as such."""
    of_domain = "{ /@cu[.]gov[.]vn$$/ 550 5.1.6 Addresses are now at thanhhoa.gov.vn / "
    assert of_domain not in main_cf(golden, host, LAST)
    found = main_cf(golden, host, AFTER)
    assert of_domain in found
    assert "check_recipient_access $former_over,\n    reject_unlisted_recipient" in found


@pytest.mark.parametrize(
    ("day", "domains"),
    [
        (date(2025, 2, 1), "$mydomain"),
        (EVE, "$mydomain, xua.gov.vn"),
        (FIRST, "$mydomain, cu.gov.vn, xua.gov.vn"),
        (AFTER, "$mydomain, cu.gov.vn, xua.gov.vn"),
    ],
)
@pytest.mark.parametrize("host", ["access1", "edge1"])
def test_mail_to_a_former_domain_stays_here_from_its_first_day_on(
    golden: Loaded, host: str, day: date, domains: str
) -> None:
    """Until then it leaves by MX as any other; afterwards it is delivered inside, or refused."""
    assert f"virtual_mailbox_domains = {domains}\n" in main_cf(golden, host, day)


def test_nobody_outside_sends_in_the_name_of_a_former_domain(golden: Loaded) -> None:
    """Neither in the envelope nor in a header; before its first day it is a domain like others."""
    found = main_cf(golden, "edge1", LAST)
    assert "{ /@cu[.]gov[.]vn$$/ 550 5.7.1 Nobody sends in the name of cu.gov.vn }," in found
    assert "check_sender_access $former," in found
    assert "/@cu[.]gov" not in main_cf(golden, "edge1", EVE)
    assert 'former_domains = ["cu.gov.vn", "xua.gov.vn"];' in rspamd_file(
        golden, LAST, "rspamd.conf.local"
    )
    assert "former_domains" not in rspamd_file(golden, date(2025, 2, 1), "rspamd.conf.local")


def rspamd_file(loaded: Loaded, on: date, name: str) -> str:
    return rspamd.files(context(loaded, "access1", on))[f"/etc/rspamd/{name}"].content.decode()


def test_only_our_domain_signs(golden: Loaded) -> None:
    """A former domain has no mail to sign."""
    found = rspamd_file(golden, LAST, "local.d/dkim_signing.conf")
    assert OURS in found
    assert FORMER not in found


def test_a_domain_that_is_hostile_is_not_rendered(golden: Loaded) -> None:
    """Whatever rules should have refused."""
    evil = FormerDomain("x.vn$/ OK }", FIRST, LAST)
    state = context(golden, "edge1", LAST)
    hostile = replace(state, desired=replace(state.desired, receiving=(evil,)))
    with pytest.raises(ValueError, match="is not allowed in a Postfix table"):
        postfix.files(hostile)


@pytest.mark.parametrize(("day", "served"), [(EVE, ()), (LAST, ("annv@cu.gov.vn",)), (AFTER, ())])
def test_the_directory_serves_an_address_as_long_as_its_domain(
    golden: Loaded, day: date, served: tuple[str, ...]
) -> None:
    """And keeps for good who holds it, apart from the same local part at our domain."""
    state = desired(golden.organisation, golden.policy, day)
    found = entries(state, CENTRE, golden.policy)
    hoa = found[f"uid={HOA},ou=people,dc=thanhhoa,dc=gov,dc=vn"]
    assert ("hoatt@thanhhoa.gov.vn", *served) == hoa["mailLocalAddress"]
    assert ("hoatt@thanhhoa.gov.vn",) == hoa["mail"]
    for held_address, holder in (("annv@cu.gov.vn", HOA), ("annv", AN)):
        assert (holder,) == found[address_dn(held_address, OURS)]["hopthuHolder"]
    kept = held(found, OURS)
    assert (HOA, AN) == (kept["annv@cu.gov.vn"], kept["annv"])


def test_a_former_address_may_not_be_taken_from_its_holder(golden: Loaded, root: Path) -> None:
    """The directory knows whose it was, even if history is lost."""
    there = entries(desired(golden.organisation, golden.policy, LAST), CENTRE, golden.policy)
    edit(root, "people", "former: [annv@cu.gov.vn]", "aliases: [hoa.tran]")
    edit(root, "people", "former: [nv_an@xua.gov.vn]", "former: [annv@cu.gov.vn]")
    now = read(root, LAST)
    wanted = entries(desired(now.organisation, now.policy, LAST), CENTRE, now.policy)
    found = taken_from_holders(there, OURS, wanted, now.source)
    assert {
        (
            "address-changed-hands",
            AN,
            'address "annv@cu.gov.vn" is that of tran-thi-hoa in the directory',
        ),
        (
            "address-kept",
            AN,
            'address "nv_an@xua.gov.vn" is in the directory, but no longer on record',
        ),
    } == {(problem.rule, problem.subject, str(problem.what)) for problem in found}


def test_the_first_and_the_last_day_are_announced_and_told_in_one_line(golden: Loaded) -> None:
    """With the document, however many addresses the domain has; no guard counts them."""
    organisation, policy = golden.organisation, golden.policy
    for before, day, said in (
        (EVE, FIRST, "mail to addresses at cu.gov.vn is now accepted"),
        (
            LAST,
            AFTER,
            "mail to addresses at cu.gov.vn is now refused; the reply names thanhhoa.gov.vn",
        ),
    ):
        (due,) = due_until(organisation, policy, before, day)
        assert day == due.on
        domains = [change for change in due.changes if change.kind == "policy"]
        assert [(said, ("qd-2",))] == [(str(c.summary), c.basis) for c in domains]
        assert [] == [change for change in due.changes if change.id.endswith(f"@{FORMER}")]
        found = dated(organisation, policy, before, day)
        assert (day,) == tuple(each.on for each in found.days)
        assert () == found.refused
    assert () == due_until(organisation, policy, FIRST, date(2025, 7, 31))


def test_a_new_person_may_bring_the_address_that_is_somebody_elses_here(golden: Loaded) -> None:
    """`binhlv@cu.gov.vn` was never the director's, so no address is issued again."""
    hoa = golden.organisation.people[HOA]
    assert hoa.mailbox
    both = replace(hoa.mailbox, former=("annv@cu.gov.vn", "binhlv@cu.gov.vn"))
    plan = make(golden, replaced(golden, replace(hoa, mailbox=both)), LAST, "base")
    assert ["binhlv@cu.gov.vn leads to Trần Thị Hoa"] == summaries(plan)
    assert () == plan.refused


def test_a_former_address_that_moves_to_another_person_is_refused(golden: Loaded) -> None:
    """As at our domain, by the guard that no allowance passes."""
    people = golden.organisation.people
    hoa, an = people[HOA], people[AN]
    assert hoa.mailbox
    assert an.mailbox
    without = replaced(golden, replace(hoa, mailbox=replace(hoa.mailbox, former=())))
    taken = replace(an, mailbox=replace(an.mailbox, former=("annv@cu.gov.vn",)))
    after = replace(golden, organisation=without.organisation)
    plan = make(golden, replaced(after, taken), LAST, "base")
    assert {"address-changes-hands"} == {guard.id for guard in plan.refused}


def test_an_edit_of_former_addresses_is_told_once(golden: Loaded, root: Path) -> None:
    """As an address while the domain receives, and as an edit of the record when it is over.

    The same local part at our domain is another address, which has its own line.
    """
    edit(root, "people", "former: [annv@cu.gov.vn]", "former: [annv@cu.gov.vn, hoa@cu.gov.vn]")
    edited = read(root, LAST)
    assert ["hoa@cu.gov.vn leads to Trần Thị Hoa"] == summaries(make(golden, edited, LAST, "base"))
    plan = make(golden, edited, AFTER, "base")
    assert ["nobody but Trần Thị Hoa can get hoa@cu.gov.vn any more"] == summaries(plan)
    assert ["mailbox.former"] == [field for edit in plan.edits for field in edit.after]
    edit(
        root,
        "people",
        "{address: hoatt, former: [",
        "{address: hoatt, aliases: [hoa.tran], former: [",
    )
    assert [
        "hoa.tran@thanhhoa.gov.vn leads to Trần Thị Hoa",
        "hoa@cu.gov.vn leads to Trần Thị Hoa",
    ] == summaries(make(golden, read(root, LAST), LAST, "base"))


@pytest.mark.parametrize(
    ("until", "refused"), [(LAST, []), (date(2026, 6, 2), []), (date(2026, 5, 31), ["close"])]
)
def test_a_domain_cut_short_counts_as_closing(
    golden: Loaded, until: date, refused: list[str]
) -> None:
    """Its addresses go by an edit then, and not by the day that was declared."""
    nothing = Guards(close=Limit(0, (0, 0, 0), 0))
    first, other = golden.policy.former_domains
    before = replace(golden.policy, guards=nothing)
    after = replace(before, former_domains=(replace(first, until=until), other))
    sides = (revision(golden.organisation, policy) for policy in (before, after))
    plan = make(*sides, date(2026, 6, 1), "base")
    assert refused == [guard.id for guard in plan.refused]


def test_a_domain_declared_today_begins_with_one_line(golden: Loaded) -> None:
    """Its addresses are not listed one by one, be they 20,000."""
    none = revision(golden.organisation, replace(golden.policy, former_domains=()))
    plan = make(none, golden, LAST, "base")
    assert "mail to addresses at cu.gov.vn is now accepted" in summaries(plan)
    assert [] == [change for change in plan.changes if change.kind == "address"]


@pytest.mark.parametrize(
    ("applied", "day", "said"),
    [
        (EVE, FIRST, ["mail to addresses at cu.gov.vn is now accepted"]),
        (FIRST, date(2025, 7, 2), []),
        (
            LAST,
            AFTER,
            ["mail to addresses at cu.gov.vn is now refused; the reply names thanhhoa.gov.vn"],
        ),
        (AFTER, date(2027, 1, 2), []),
    ],
)
def test_servers_are_compared_with_the_domains_of_the_day(
    golden: Loaded, applied: date, day: date, said: list[str]
) -> None:
    """The day an apply is late for a domain is told in one line, and a second apply has nothing."""
    covered = frozenset(host.name for host in CENTRE.hosts)
    live: ServerState = as_applied(golden, applied, CENTRE, covered)
    plan = guarded(live, golden, CENTRE, day, golden)
    shown = (
        c for c in plan.changes if c.kind in ("policy", "entry") or c.id.endswith(f"@{FORMER}")
    )
    assert said == [str(change.summary) for change in shown]
    assert () == plan.refused


def test_a_domain_nobody_has_an_address_at_is_no_difference(golden: Loaded) -> None:
    """Servers do not show it, and a plan that said so every time would never be empty."""
    unused = FormerDomain("khong-ai.gov.vn", FIRST, LAST, "qd-2")
    policy = replace(golden.policy, former_domains=(*golden.policy.former_domains, unused))
    after = revision(golden.organisation, policy)
    live = as_applied(after, FIRST, CENTRE, frozenset(host.name for host in CENTRE.hosts))
    assert () == guarded(live, after, CENTRE, FIRST, after).changes


def test_what_was_reviewed_includes_former_domains(golden: Loaded, root: Path) -> None:
    """A saved plan is not applied once they have other days."""
    policy = replace(golden.policy, former_domains=())
    one, other = digests(golden.policy, root), digests(policy, root)
    assert one["policy: former_domains"] != other["policy: former_domains"]


@pytest.mark.parametrize(
    ("asked", "record"),
    [("annv@cu.gov.vn", HOA), ("ANNV@cu.gov.vn", HOA), ("annv", AN), ("annv@thanhhoa.gov.vn", AN),
     ("so.kh@xua.gov.vn", "so-ke-hoach-va-dau-tu"), ("abuse@cu.gov.vn", "van-phong-ubnd-tinh")],
)  # fmt: skip
def test_show_finds_who_has_an_address_at_a_former_domain(
    golden: Loaded, asked: str, record: str
) -> None:
    """With its days, and beside the addresses at our domain while it receives."""
    view = show(golden, LAST, asked)
    assert record == view.record.id
    domain = domain_of(asked)
    said = translate(view.note, "en") if view.note else ""
    assert (domain in (FORMER, OVER)) == (f"{asked} is at a former domain" in said)
    if record == HOA:
        assert ("hoatt@thanhhoa.gov.vn", "annv@cu.gov.vn") == view.addresses


@pytest.mark.parametrize(
    ("day", "coming"),
    [
        (
            EVE,
            [
                (FIRST, "mail to annv@cu.gov.vn is accepted"),
                (AFTER, "mail to annv@cu.gov.vn is refused"),
            ],
        ),
        (LAST, [(AFTER, "mail to annv@cu.gov.vn is refused")]),
        (AFTER, []),
    ],
)
def test_show_says_when_an_address_there_begins_and_ends(
    golden: Loaded, day: date, coming: list[tuple[date, str]]
) -> None:
    """So that its holder can be told in time."""
    due = show(golden, day, HOA).due
    assert coming == [(each.on, str(each.what)) for each in due if FORMER in each.what]


@pytest.mark.parametrize("asked", ["ai.do@cu.gov.vn", "annv@xua.gov.vn", "annv@khac.gov.vn"])
def test_show_knows_no_other_address_there(golden: Loaded, asked: str) -> None:
    """The same local part at our domain is not it."""
    with pytest.raises(UsageError):
        show(golden, LAST, asked)


def test_a_former_address_uses_up_no_address_of_ours(root: Path) -> None:
    """`annv@cu.gov.vn` makes nobody here the second `annv`."""
    edit(
        root, "people", "former: [annv@cu.gov.vn]", "former: [khoamd@cu.gov.vn, khoamd2@cu.gov.vn]"
    )
    done = CliRunner().invoke(address, ["Mạc Đăng Khoa", "--root", str(root)])
    assert "khoamd\n" == done.output


def test_the_dns_of_a_former_domain_leads_here_and_lets_nobody_send(golden: Loaded) -> None:
    """From its first day on, and also when it is over."""
    assert [
        (FIRST, "MX", FORMER, f"10 mx.{OURS}."),
        (FIRST, "TXT", FORMER, "v=spf1 -all"),
        (FIRST, "TXT", f"_dmarc.{FORMER}", "v=DMARC1; p=reject; adkim=s; aspf=s"),
    ] == [tuple(each) for each in former_records(golden.policy) if FORMER in each.name]
