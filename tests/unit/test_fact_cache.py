"""Which facts of hosts are cached, and which never."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.state import StateStage
from pyinfra.facts.systemd import SystemdEnabled, SystemdStatus

from hopthu.daemons.registry import units
from hopthu.events.step import CONTENT
from hopthu.operations import fact_cache
from hopthu.operations.answers import ALL, Answers
from hopthu.operations.directory import Position, Search
from hopthu.operations.fact_cache import cache_facts
from hopthu.operations.folders import Mailboxes
from hopthu.operations.mailboxes import UnitMailboxes

ROOT = Path(__file__).resolve().parents[2]
BASE = "dc=example,dc=vn"


class Sessions:
    """One of our facts, which changes by itself."""


class Packages:
    """One of the facts of pyinfra."""

    __module__ = "pyinfra.facts.of_tests"


class Host:
    """A host that returns facts."""

    def __init__(self, get_fact: Any, name: str = "host1") -> None:
        self.get_fact, self.name = get_fact, name
        self.current_op_global_arguments: dict[str, object] | None = None


@pytest.fixture
def reads() -> list[object]:
    return []


@pytest.fixture
def state() -> SimpleNamespace:
    """Return a run whose operations have their number as name."""

    class Run(SimpleNamespace):
        """A namespace that weak references may point to."""

        __hash__ = object.__hash__

    return Run(current_stage=StateStage.Prepare, ops={})


@pytest.fixture
def host(reads: list[object], state: Any) -> Any:
    """Return a host that counts the facts read from it."""

    def get_fact(fact: type, *args: object, **kwargs: object) -> dict[str, int]:
        reads.append((fact, args, kwargs))
        return {"answer": len(reads)}

    made = Host(get_fact)
    state.ops[made] = {}
    cache_facts(state, made, Answers())
    return made


def test_same_fact_is_read_once(host: Any) -> None:
    """A caller that modifies the answer only modifies its own copy."""
    host.get_fact(Packages)["answer"] = 9
    assert {"answer": 1} == host.get_fact(Packages)
    assert {"answer": 2} == host.get_fact(Sessions)
    assert {"answer": 3} == host.get_fact(Packages, daemon="x")
    assert {"answer": 1} == host.get_fact(Packages)


def test_other_user_is_another_fact(host: Any) -> None:
    """What root sees differs from what others see; the name of an operation does not matter."""
    host.get_fact(Packages)
    host.current_op_global_arguments = {"_su_user": "vmail"}
    assert {"answer": 2} == host.get_fact(Packages)
    assert {"answer": 3} == host.get_fact(Packages, _su_user="postfix")
    host.current_op_global_arguments = {"name": "Install Postfix"}
    assert {"answer": 1} == host.get_fact(Packages)


def operation(*, complete: bool, changes: bool) -> SimpleNamespace:
    meta = SimpleNamespace(is_complete=lambda: complete, did_change=lambda: changes)
    return SimpleNamespace(operation_meta=meta)


def test_cache_ends_when_the_host_is_changed(host: Any, state: Any) -> None:
    """Any answer may then differ; operations without changes do not end it."""
    assert {"answer": 1} == host.get_fact(Packages)
    state.current_stage = StateStage.Execute
    state.ops[host] = {
        "a": operation(complete=True, changes=False),
        "b": operation(complete=False, changes=True),
    }
    assert {"answer": 1} == host.get_fact(Packages)
    state.ops[host]["b"] = operation(complete=True, changes=True)
    assert [{"answer": 2}, {"answer": 3}] == [host.get_fact(Packages) for _ in range(2)]


def test_new_content_does_not_end_the_cache(
    host: Any, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data that daemons serve, such as a table, does not affect other operations."""
    monkeypatch.setattr(fact_cache, "effect_of", lambda _state, name: name)
    assert {"answer": 1} == host.get_fact(Packages)
    state.current_stage = StateStage.Execute
    state.ops[host] = {name: operation(complete=True, changes=True) for name in CONTENT}
    assert {"answer": 1} == host.get_fact(Packages)


def test_volatile_fact_is_read_by_every_operation(host: Any, state: Any) -> None:
    """Somebody may have signed in since the plan."""
    assert [{"answer": 1}, {"answer": 1}] == [host.get_fact(Sessions) for _ in range(2)]
    state.current_stage = StateStage.Execute
    assert [{"answer": 2}, {"answer": 3}] == [host.get_fact(Sessions) for _ in range(2)]


def test_fact_that_only_its_reader_changes_is_read_once(host: Any, state: Any) -> None:
    """Whatever other operations have changed meanwhile: which mailboxes exist."""
    state.ops[host] = {"a": operation(complete=True, changes=True)}
    assert {"answer": 1} == host.get_fact(Mailboxes)
    state.current_stage = StateStage.Execute
    assert {"answer": 1} == host.get_fact(Mailboxes)


def test_answers_of_the_plan_are_reused(state: Any) -> None:
    """For this host, and only before the run."""

    def get_fact(fact: type) -> str:
        return f"read from the host: {fact.__name__}"

    host: Any = Host(get_fact, name="store1")
    state.ops[host] = {}
    answers = Answers()
    answers.note("store1", UnitMailboxes, "read before")
    cache_facts(state, host, answers)
    assert "read before" == host.get_fact(UnitMailboxes)
    state.current_stage = StateStage.Execute
    assert "read from the host: UnitMailboxes" == host.get_fact(UnitMailboxes)


def test_error_is_not_cached(state: Any) -> None:
    """The next attempt may succeed."""
    tries: list[int] = []

    def get_fact(fact: type) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("gone")
        return "there"

    host: Any = Host(get_fact)
    cache_facts(state, host, Answers())
    with pytest.raises(OSError, match="gone"):
        host.get_fact(Packages)
    assert "there" == host.get_fact(Packages)


def test_services_are_read_together(host: Any, reads: list[Any]) -> None:
    """An operation finds its own in the answer; other services are read separately."""
    for name in ("slapd.service", "dovecot.service"):
        assert {"answer": 1} == host.get_fact(SystemdStatus, user_mode=False, services=[name])
    assert {"answer": 2} == host.get_fact(SystemdEnabled, user_mode=False, services=["a.service"])
    assert [list(units()), ["a.service"]] == [kwargs["services"] for _, _, kwargs in reads]


@pytest.mark.parametrize(
    ("before", "now", "reads"), [("1", "1", 0), ("1", "2", 1), ("", "", 1), ("1", "", 1)]
)
def test_directory_is_read_again_if_it_has_changed(
    state: Any, before: str, now: str, reads: int
) -> None:
    """Since the plan; a directory without a position may have."""
    searches: list[object] = []

    def get_fact(fact: type, **kwargs: object) -> object:
        if fact is Position:
            return now
        searches.append(kwargs)
        return {str(kwargs["filter_"]): {}}

    host: Any = Host(get_fact, name="dir1")
    state.ops[host] = {}
    answers = Answers()
    answers.note_search("dir1", BASE, ALL, ("cn", "mail"), before, {"old": {}})
    cache_facts(state, host, answers)

    def search(filter_: str) -> object:
        return host.get_fact(Search, base=BASE, filter_=filter_, attributes=["cn", "mail"])

    for stage in (StateStage.Prepare, StateStage.Execute):
        state.current_stage = stage
        assert ({ALL: {}} if reads else {"old": {}}) == search(ALL)
        assert {"(uid=an)": {}} == search("(uid=an)")
    again = 1 if now else 2
    assert (reads + 1) * again == len(searches)


def test_possibly_truncated_answer_is_not_cached() -> None:
    """An empty directory may be one that did not answer completely."""
    answers = Answers()
    answers.note_search("dir1", BASE, ALL, (), "1", {})
    assert {"a": {}} == answers.search("dir1", BASE, ALL, (), "1", lambda: {"a": {}})
    answers.note_search("dir1", BASE, "(uid=an)", (), "1", {})
    assert {} == answers.search("dir1", BASE, "(uid=an)", (), "1", lambda: {"a": {}})
