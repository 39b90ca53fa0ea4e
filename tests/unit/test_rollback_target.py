"""Which record each host goes back to, and the preview for the operator."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from hopthu.errors import HostFailed, Refused, UsageError
from hopthu.history.host_records import HostRecords, parse
from hopthu.history.record import Record
from hopthu.remote.host.records import Records
from hopthu.rollback.format_text import as_text
from hopthu.rollback.preview import Preview, is_without_effect, stays
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


def host(host: str, *numbers: int, applying: int = 0) -> HostRecords:
    """A host with these records, the newest first; `applying` is a run that broke off there."""
    records = [record(n, host=host) for n in numbers]
    under_way = record(applying, result="", host=host) if applying else None
    deployed = records[0] if records else None
    return HostRecords(host, deployed, under_way, bool(applying), tuple(records[1:]))


def back(choice: RollbackPlan) -> Mapping[str, str]:
    return {host: record.id for host, record in choice.back.items()}


@pytest.mark.parametrize(
    ("hosts", "to", "expected", "undone"),
    [
        ([host("edge1", 2, 1), host("dir1", 2, 1)], 0, {"edge1": 1, "dir1": 1}, [2]),
        # The last run did not touch dir1.
        ([host("edge1", 3, 2, 1), host("dir1", 2, 1)], 0, {"edge1": 2}, [3]),
        ([host("edge1", 3, 2, 1), host("dir1", 2, 1)], 1, {"edge1": 1, "dir1": 1}, [3, 2]),
        # Nor did run 2: what it had of run 1 is what it had then.
        ([host("edge1", 3, 2, 1), host("dir1", 3, 1)], 2, {"edge1": 2, "dir1": 1}, [3]),
        # The run broke off on dir1, which holds files of both.
        ([host("edge1", 2, 1), host("dir1", 1, applying=2)], 0, {"edge1": 1, "dir1": 1}, [2]),
        # There already.
        ([host("edge1", 2, 1)], 2, {}, []),
    ],
)
def test_each_host_goes_back_to_its_record_of_that_time(
    hosts: Sequence[HostRecords], to: int, expected: Mapping[str, int], undone: Sequence[int]
) -> None:
    """Before the newest run, or after the given one."""
    choice = choose(hosts, IDS.get(to, ""))
    assert {host: IDS[number] for host, number in expected.items()} == back(choice)
    assert [IDS[number] for number in undone] == [run.id for run in choice.undone]


def test_run_is_undone_on_every_host() -> None:
    """The steps on all hosts count."""
    hosts = [
        HostRecords(
            host, record(2, host=host, steps=(step, "Reload")), older=(record(1, host=host),)
        )
        for host, step in (("dir1", "Install OpenLDAP"), ("edge1", "Install Postfix"))
    ]
    (run,) = choose(hosts).undone
    assert ("Install OpenLDAP", "Reload", "Install Postfix") == run.steps


def test_host_without_an_old_record_is_refused() -> None:
    """It joined later, or its record was removed."""
    hosts = [host("edge1", 2, 1), host("dir1", 2)]
    with pytest.raises(Refused, match=f"dir1: no record as old as {IDS[1]}"):
        choose(hosts, IDS[1])
    with pytest.raises(Refused, match=f"dir1: no record from before {IDS[2]}"):
        choose(hosts)


def test_unknown_run_is_an_error_with_a_list() -> None:
    """A typing error never selects another run."""
    with pytest.raises(UsageError, match=f"has a record '{IDS[4]}'") as caught:
        choose([host("edge1", 2, 1)], IDS[4])
    assert f"use one of: {IDS[2]}, {IDS[1]}" == caught.value.fix


ROLLED = record(4, "rolled back", changes=(f"back to before {IDS[3]} [run {IDS[3]}]",))


def test_rollback_is_not_rolled_back_without_to() -> None:
    """It would restore what was bad."""
    latest = replace(host("edge1", 4, 3, 2), deployed=ROLLED)
    with pytest.raises(UsageError, match="was itself a rollback") as caught:
        choose([latest])
    assert f"give --to with one of: {IDS[3]}, {IDS[2]}" == caught.value.fix
    assert {"edge1": IDS[3]} == back(choose([latest], IDS[3]))


def test_interrupted_rollback_is_completed() -> None:
    """Hosts that were reached stay; the others follow, the interrupted one too."""
    draft = replace(ROLLED, result="")
    hosts = [
        replace(host("edge1", 4, 3, 2), deployed=ROLLED),
        replace(host("access1", 3, 2), applying=draft, broken=True),
        host("store1", 3, 1),
        host("dir1", 2, 1),
    ]
    choice = choose(hosts)
    assert {"access1": IDS[2], "store1": IDS[1]} == back(choice)
    assert ROLLED.changes == (choice.bound.sentence,)
    assert [IDS[3]] == [run.id for run in choice.undone]


def test_completed_rollback_is_over() -> None:
    """After two runs that each reached one of the hosts."""
    again = replace(ROLLED, id="20261125T080000Z-2a2b3c4")
    hosts = [
        replace(host("edge1", 4, 3, 2), deployed=ROLLED),
        replace(host("access1", 4, 3, 2), deployed=again),
    ]
    with pytest.raises(UsageError, match="was itself a rollback"):
        choose(hosts)


def test_sentence_of_a_rollback_is_parsed() -> None:
    """In both forms; nothing else counts as one."""
    for bound in (RollbackPoint(IDS[1], before=True), RollbackPoint(IDS[1], before=False)):
        assert bound == RollbackPoint.of(record(2, changes=("more", bound.sentence)))
    assert RollbackPoint.of(record(2, changes=("An goes back to before",))) is None


def test_rollback_without_records_is_an_error() -> None:
    """Before the first apply."""
    with pytest.raises(UsageError, match="nothing was ever applied here"):
        choose([HostRecords("edge1")])


def test_preview_of_a_rollback(utc: None) -> None:
    """Files, undone runs, effects on addresses, and what is not undone."""
    first, second = record(1, host="edge1"), record(2, host="edge1")
    effects = ("entries", "packages")
    second = replace(second, changes=("An moves [mailbox an]", *"bcdefghijkl"), effects=effects)
    choice = choose([HostRecords("edge1", second, older=(first,))])
    foreseen = Preview(
        "edge1",
        {"postfix": ["+ /etc/postfix/main.cf", "- /etc/postfix/new"]},
        {"new": ["an@x.vn"], "gone": [f"a{n:02}@x.vn" for n in range(12)]},
    )
    expected = f"""\
edge1: back to {IDS[1]}, 1a2b3c4 of 2026-11-21 15:00 +07 by Lê Văn Bình
  + /etc/postfix/main.cf  [postfix]
  - /etc/postfix/new  [postfix]
Undone:
  {IDS[2]}, 2a2b3c4 of 2026-11-22 15:00 +07 by Lê Văn Bình
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
Addresses that did not exist then, refused until the next apply: an@x.vn
Closed addresses that are accepted again, though their mail will bounce: {
        ", ".join(f"a{n:02}@x.vn" for n in range(10))
    } and 2 more
Not undone: mail, directory entries, access to unit mailboxes, packages.
  The undone runs changed some of these: directory entries, packages.
`hopthu apply lab` goes forward again.
To undo an edit of the data, `git revert` its commit, then apply.
"""
    assert expected == as_text(choice, [foreseen], "lab", tables=True)
    without_tables = as_text(choice, [Preview("edge1")], "lab", tables=False)
    assert "no file needs to change" in without_tables
    assert "Nor are tables" in without_tables
    assert "an@x.vn" not in without_tables
    assert "Các đợt bị hoàn tác:\n" in as_text(choice, [foreseen], "lab", "vi", tables=True)


def test_control_characters_of_a_record_are_escaped() -> None:
    """Text from a host must not control the terminal."""
    evil = record(2, host="edge1", changes=("\x1b[2J [unit a]",))
    text = as_text(choose([HostRecords("edge1", evil, older=(record(1),))]), [], "lab", tables=True)
    assert "\x1b" not in text
    assert "\\u001b[2J" in text


def test_a_rollback_without_effect_is_known() -> None:
    """Another quota changes the directory alone; every host would be called rolled back."""
    hosts = [host("edge1", 2, 1), host("dir1", 2, 1)]
    nothing = [Preview("edge1"), Preview("dir1")]
    assert is_without_effect(hosts, nothing)
    assert not is_without_effect(hosts, [Preview("edge1", {"postfix": ["+ main.cf"]}), nothing[1]])
    # The other host went back before, or was in the middle of a run: it has to be recorded.
    assert not is_without_effect(hosts, nothing[:1])
    assert not is_without_effect([hosts[0], replace(hosts[1], broken=True)], nothing)


def test_only_changes_that_were_made_are_listed_as_kept() -> None:
    """A run that only changed files leaves nothing."""
    assert [] == stays([record(1, steps=("Postfix | Configure Postfix",))])
    assert ["new mailboxes", "access to unit mailboxes"] == stays(
        [record(1, effects=("access", "mailboxes", "tables"))]
    )


def test_answers_of_hosts_are_parsed() -> None:
    """As `records` returns them: JSON, empty for no record."""
    none: Records = {
        "deployed": "",
        "applying": "",
        "broken": False,
        "older": [],
        "last": "",
        "heads": [],
    }
    two, three = record(2).as_json(), record(3).as_json()
    found = parse(
        "edge1",
        {
            **none,
            "deployed": two,
            "applying": three,
            "broken": True,
            "older": [record(1).as_json()],
        },
    )
    assert HostRecords("edge1", record(2), record(3), True, (record(1),)) == found
    assert (record(2), record(1)) == found.records
    running = parse("edge1", {**none, "applying": three})
    assert (record(3), False, None) == (running.applying, running.broken, running.deployed)
    assert HostRecords("edge1") == parse("edge1", none)
    with pytest.raises(HostFailed, match="edge1: not a valid record"):
        parse("edge1", {**none, "deployed": "{}"})
