"""Which record each host goes back to, and what whoever decides is told before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from hopthu.errors import HostFailed, Refused, UsageError
from hopthu.history.host_records import Held, parse
from hopthu.history.record import Record
from hopthu.rollback.format_text import as_text
from hopthu.rollback.preview import Preview, stays
from hopthu.rollback.target import RollbackPlan, RollbackPoint, choose

IDS = {n: f"2026112{n}T080000Z-{n}a2b3c4" for n in range(1, 5)}


def record(number: int, result: str = "applied", **more: object) -> Record:
    kept = Record(
        id=IDS[number],
        commit=f"{number}a2b3c4" + "0" * 33,
        data="d" * 64,
        on=f"2026-11-2{number}",
        who="Lê Văn Bình",
        started=f"2026-11-2{number}T08:00:00Z",
        result=result,
    )
    return replace(kept, **more)  # type: ignore[arg-type]


def held(host: str, *numbers: int, applying: int = 0) -> Held:
    """A host with these records, the newest first; `applying` is a run that broke off there."""
    records = [record(n, host=host) for n in numbers]
    under_way = record(applying, result="", host=host) if applying else None
    deployed = records[0] if records else None
    return Held(host, deployed, under_way, bool(applying), tuple(records[1:]))


def back(choice: RollbackPlan) -> Mapping[str, str]:
    return {host: record.id for host, record in choice.back.items()}


@pytest.mark.parametrize(
    ("hosts", "to", "expected", "undone"),
    [
        ([held("edge1", 2, 1), held("dir1", 2, 1)], 0, {"edge1": 1, "dir1": 1}, [2]),
        # The last run did not touch dir1.
        ([held("edge1", 3, 2, 1), held("dir1", 2, 1)], 0, {"edge1": 2}, [3]),
        ([held("edge1", 3, 2, 1), held("dir1", 2, 1)], 1, {"edge1": 1, "dir1": 1}, [3, 2]),
        # Nor did run 2: what it had of run 1 is what it had then.
        ([held("edge1", 3, 2, 1), held("dir1", 3, 1)], 2, {"edge1": 2, "dir1": 1}, [3]),
        # The run broke off on dir1, which holds files of both.
        ([held("edge1", 2, 1), held("dir1", 1, applying=2)], 0, {"edge1": 1, "dir1": 1}, [2]),
        # There already.
        ([held("edge1", 2, 1)], 2, {}, []),
    ],
)
def test_each_host_goes_back_to_what_it_had_then(
    hosts: Sequence[Held], to: int, expected: Mapping[str, int], undone: Sequence[int]
) -> None:
    """Before the newest run, or after the one named."""
    choice = choose(hosts, IDS.get(to, ""))
    assert {host: IDS[number] for host, number in expected.items()} == back(choice)
    assert [IDS[number] for number in undone] == [run.id for run in choice.undone]


def test_a_run_is_undone_on_every_host() -> None:
    """What it did on any of them counts."""
    hosts = [
        Held(host, record(2, host=host, steps=(step, "Reload")), older=(record(1, host=host),))
        for host, step in (("dir1", "Install OpenLDAP"), ("edge1", "Install Postfix"))
    ]
    (run,) = choose(hosts).undone
    assert ("Install OpenLDAP", "Reload", "Install Postfix") == run.steps


def test_a_host_without_so_old_a_record_is_told_first() -> None:
    """It joined later, or its record was pruned."""
    hosts = [held("edge1", 2, 1), held("dir1", 2)]
    with pytest.raises(Refused, match=f"dir1: no record as old as {IDS[1]}"):
        choose(hosts, IDS[1])
    with pytest.raises(Refused, match=f"dir1: no record before {IDS[2]}"):
        choose(hosts)


def test_a_run_nobody_knows_is_told_with_those_there_are() -> None:
    """A slip of the keyboard never picks another run."""
    with pytest.raises(UsageError, match=f"has a record '{IDS[4]}'") as caught:
        choose([held("edge1", 2, 1)], IDS[4])
    assert f"one of: {IDS[2]}, {IDS[1]}" == caught.value.fix


ROLLED = record(4, "rolled back", changes=(f"back to before {IDS[3]} [run {IDS[3]}]",))


def test_a_rollback_is_not_rolled_back_by_itself() -> None:
    """It would bring back what was bad."""
    latest = replace(held("edge1", 4, 3, 2), deployed=ROLLED)
    with pytest.raises(UsageError, match="was a rollback itself") as caught:
        choose([latest])
    assert f"say --to; one of: {IDS[3]}, {IDS[2]}" == caught.value.fix
    assert {"edge1": IDS[3]} == back(choose([latest], IDS[3]))


def test_a_rollback_that_broke_off_is_brought_to_its_end() -> None:
    """Hosts it reached stay; the others go where it was to lead them, the broken one too."""
    draft = replace(ROLLED, result="")
    hosts = [
        replace(held("edge1", 4, 3, 2), deployed=ROLLED),
        replace(held("access1", 3, 2), applying=draft, broken=True),
        held("store1", 3, 1),
        held("dir1", 2, 1),
    ]
    choice = choose(hosts)
    assert {"access1": IDS[2], "store1": IDS[1]} == back(choice)
    assert ROLLED.changes == (choice.bound.sentence,)
    assert [IDS[3]] == [run.id for run in choice.undone]


def test_a_rollback_brought_to_its_end_is_over() -> None:
    """In two runs, each of which reached one of the hosts."""
    again = replace(ROLLED, id="20261125T080000Z-2a2b3c4")
    hosts = [
        replace(held("edge1", 4, 3, 2), deployed=ROLLED),
        replace(held("access1", 4, 3, 2), deployed=again),
    ]
    with pytest.raises(UsageError, match="was a rollback itself"):
        choose(hosts)


def test_what_a_rollback_says_of_itself_is_understood() -> None:
    """Either way back; nothing else is taken for one."""
    for bound in (RollbackPoint(IDS[1], before=True), RollbackPoint(IDS[1], before=False)):
        assert bound == RollbackPoint.of(record(2, changes=("more", bound.sentence)))
    assert RollbackPoint.of(record(2, changes=("An goes back to before",))) is None


def test_without_any_record_there_is_no_way_back() -> None:
    """Before the first apply."""
    with pytest.raises(UsageError, match="nothing was ever applied here"):
        choose([Held("edge1")])


def test_what_is_told_before_a_rollback(utc: None) -> None:
    """Files, runs undone, what happens to addresses, what stays."""
    first, second = record(1, host="edge1"), record(2, host="edge1")
    effects = ("entries", "packages")
    second = replace(second, changes=("An moves [mailbox an]", *"bcdefghijkl"), effects=effects)
    choice = choose([Held("edge1", second, older=(first,))])
    foreseen = Preview(
        "edge1",
        {"postfix": ["+ /etc/postfix/main.cf", "- /etc/postfix/new"]},
        {"new": ["an@x.vn"], "gone": [f"a{n:02}@x.vn" for n in range(12)]},
    )
    expected = f"""\
edge1: back to {IDS[1]}, 1a2b3c4 of 2026-11-21 08:00 by Lê Văn Bình
  + /etc/postfix/main.cf  [postfix]
  - /etc/postfix/new  [postfix]
Undone:
  {IDS[2]}, 2a2b3c4 of 2026-11-22 08:00 by Lê Văn Bình
    An moves [mailbox an]
    b
    c
    d
    e
    f
    g
    h
    i
    j
    … and 2 more
1 address(es) are refused until the next apply, as they were not there then: an@x.vn
12 address(es) are taken again, and mail to them comes back: they are closed: {
        ", ".join(f"a{n:02}@x.vn" for n in range(10))
    } and 2 more
Not undone: mail, entries of the directory, rights in unit mailboxes, packages.
  Of these the runs undone had changed: entries of the directory, packages.
`hopthu apply lab` goes forward again.
"""
    assert expected == as_text(choice, [foreseen], "lab", tables=True)
    kept = as_text(choice, [Preview("edge1")], "lab", tables=False)
    assert "its files are so already" in kept
    assert "Nor tables" in kept
    assert "an@x.vn" not in kept


def test_names_in_a_record_do_not_move_the_cursor() -> None:
    """What a host says is shown, not obeyed."""
    evil = record(2, host="edge1", changes=("\x1b[2J [unit a]",))
    text = as_text(choose([Held("edge1", evil, older=(record(1),))]), [], "lab", tables=True)
    assert "\x1b" not in text
    assert "\\u001b[2J" in text


def test_only_what_was_done_stays() -> None:
    """A run that changed files alone leaves nothing behind."""
    assert [] == stays([record(1, steps=("Postfix | Put the configuration of Postfix",))])
    assert ["mailboxes that were made", "who may read which unit mailbox"] == stays(
        [record(1, effects=("access", "mailboxes", "tables"))]
    )


def test_hosts_say_what_they_have() -> None:
    """As held.sh writes it: a word and a record a line."""
    lines = [
        f"unfinished {record(3).as_json()}",
        f"deployed {record(2).as_json()}",
        f"record {record(1).as_json()}",
    ]
    found = parse("edge1", "".join(lines))
    assert Held("edge1", record(2), record(3), True, (record(1),)) == found
    assert (record(2), record(1)) == found.records
    running = parse("edge1", f"running {record(3).as_json()}")
    assert (record(3), False, None) == (running.applying, running.broken, running.deployed)
    assert Held("edge1") == parse("edge1", "")
    with pytest.raises(HostFailed, match="edge1: this is no record"):
        parse("edge1", "deployed {}\n")
