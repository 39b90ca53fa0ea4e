"""Who had a unit's mailbox and has it no more, and what Dovecot still gives them (Art. 7.2)."""

from datetime import date

from samples import person, unit
from test_credential_hosts import Machine, machine  # noqa: F401  (a fixture)

from hopthu.desired.former import former
from hopthu.desired.state import desired
from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import Policy
from hopthu.remote.host import rights_left
from host_calls import Answer

TODAY, YEAR_AGO = date(2026, 7, 1), date(2025, 7, 1)
FROM = date(2024, 1, 1)


def held(who: str, until: date | None = None, start: date = FROM) -> Tenure:
    return Tenure(who, "", start, until)


def found(organisation: Organisation) -> list[tuple[str, str]]:
    state = desired(organisation, Policy(operator="a"), TODAY)
    return [*former(organisation, state, YEAR_AGO)]


def province(
    heads: tuple[Tenure, ...] = (),
    delegates: tuple[Tenure, ...] = (),
    ended: Ending | None = None,
    works_in: str = "a",
) -> Organisation:
    """Two units; `b` has the head `binh`, and whatever else is given `a` has had."""
    people = {name: person(name, name, name, "b" if name == "binh" else "a") for name in PEOPLE}
    people["an"] = person("an", "an", "an", works_in)
    units = {
        "a": unit("a", "Đơn vị a", "a", heads=heads, delegates=delegates, ended=ended),
        "b": unit("b", "Đơn vị b", "b", heads=(held("binh"),)),
    }
    return Organisation(units, people)


PEOPLE = ("an", "binh", "chi", "dung")


def test_whose_time_has_ended() -> None:
    """The last first; whoever has access today, or lost it long ago, is not asked about."""
    heads = (held("chi", date(2026, 6, 30)), held("an", start=TODAY))
    assert [("a", "chi")] == found(province(heads))
    delegates = (held("dung", date(2026, 3, 1)), held("an", date(2025, 6, 30)))
    assert [("a", "chi"), ("a", "dung")] == found(province(heads, delegates))
    assert [] == found(province((held("an"),)))


def test_who_went_elsewhere() -> None:
    """A delegation on record gives nothing to whoever does not work there."""
    delegates = (held("an", date(2027, 1, 1)),)
    assert [("a", "an")] == found(province((held("chi"),), delegates, works_in="b"))
    assert [] == found(province((held("chi"),), (held("an", date(2027, 1, 1), TODAY),)))


def test_who_had_a_unit_that_was_merged() -> None:
    """As long as its mailbox is kept."""
    merged = Ending("merged", date(2026, 6, 1), ("b",))
    assert [("a", "an")] == found(province((held("an", date(2026, 5, 31)),), ended=merged))


def test_who_is_to_come_has_not_been() -> None:
    """Of a day that is still to come."""
    assert [] == found(province((held("an"), held("chi", start=date(2026, 8, 1)))))


USER = """
[ "$2" = chi ] || exit 67
printf 'uid\\tvmail\\nunit1\\ta\\n'
"""


def test_what_dovecot_still_gives(machine: Machine) -> None:  # noqa: F811
    """A right in any folder, or a namespace; of units of this store alone."""
    folder = machine.folder / "units" / "a" / "Maildir" / ".Sent"
    folder.mkdir(parents=True)
    (folder / "dovecot-acl").write_text("user=an lr\n")
    machine.has("doveadm", USER)
    pairs = [("a", "an"), ("a", "binh"), ("a", "chi"), ("b", "chi")]
    done = machine.answer(rights_left.left, str(machine.folder), pairs)
    assert Answer(0, [["a", "an"], ["a", "chi"]], "") == done


def test_what_dovecot_does_not_answer_is_not_nothing(machine: Machine) -> None:  # noqa: F811
    """It is no proof that a right is gone."""
    (machine.folder / "units" / "a").mkdir(parents=True)
    machine.has("doveadm", "exit 75")
    assert 0 != machine.answer(rights_left.left, str(machine.folder), [("a", "an")]).code
