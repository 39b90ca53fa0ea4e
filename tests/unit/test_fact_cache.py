"""What hosts answer from memory, and what never."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.state import StateStage
from pyinfra.facts.systemd import SystemdEnabled, SystemdStatus

from hopthu.daemons.registry import units
from hopthu.operations import fact_cache
from hopthu.operations.answers import ALL, Answers
from hopthu.operations.directory import Position, Search
from hopthu.operations.effects import CONTENT
from hopthu.operations.fact_cache import cache_facts
from hopthu.operations.folders import Mailboxes
from hopthu.operations.mailboxes import UnitMailboxes

ROOT = Path(__file__).resolve().parents[2]
BASE = "dc=example,dc=vn"


class Sessions:
    """A fact of ours that changes by itself."""


class Packages:
    """A fact of pyinfra's."""

    __module__ = "pyinfra.facts.of_tests"


class Host:
    """A host, as far as it answers."""

    def __init__(self, get_fact: Any, name: str = "host1") -> None:
        self.get_fact, self.name = get_fact, name
        self.current_op_global_arguments: dict[str, object] | None = None


@pytest.fixture
def asked() -> list[object]:
    return []


@pytest.fixture
def state() -> SimpleNamespace:
    """Return a run in which an operation is called as it is numbered."""

    class Run(SimpleNamespace):
        """A namespace that weak references may point to."""

        __hash__ = object.__hash__

    return Run(current_stage=StateStage.Prepare, ops={})


@pytest.fixture
def host(asked: list[object], state: Any) -> Any:
    """Return a host that counts up what it is asked."""

    def get_fact(fact: type, *args: object, **kwargs: object) -> dict[str, int]:
        asked.append((fact, args, kwargs))
        return {"answer": len(asked)}

    made = Host(get_fact)
    state.ops[made] = {}
    cache_facts(state, made, Answers())
    return made


def test_the_same_question_is_asked_once(host: Any) -> None:
    """And whoever spoils the answer spoils their own."""
    host.get_fact(Packages)["answer"] = 9
    assert {"answer": 1} == host.get_fact(Packages)
    assert {"answer": 2} == host.get_fact(Sessions)
    assert {"answer": 3} == host.get_fact(Packages, daemon="x")
    assert {"answer": 1} == host.get_fact(Packages)


def test_another_user_is_asked_by_themselves(host: Any) -> None:
    """What root sees is not what others see; what an operation is called makes no difference."""
    host.get_fact(Packages)
    host.current_op_global_arguments = {"_su_user": "vmail"}
    assert {"answer": 2} == host.get_fact(Packages)
    assert {"answer": 3} == host.get_fact(Packages, _su_user="postfix")
    host.current_op_global_arguments = {"name": "Install Postfix"}
    assert {"answer": 1} == host.get_fact(Packages)


def operation(*, complete: bool, changes: bool) -> SimpleNamespace:
    meta = SimpleNamespace(is_complete=lambda: complete, did_change=lambda: changes)
    return SimpleNamespace(operation_meta=meta)


def test_nothing_is_remembered_once_the_host_is_changed(host: Any, state: Any) -> None:
    """Every answer may be another one then; operations that change nothing change no answer."""
    assert {"answer": 1} == host.get_fact(Packages)
    state.current_stage = StateStage.Execute
    state.ops[host] = {
        "a": operation(complete=True, changes=False),
        "b": operation(complete=False, changes=True),
    }
    assert {"answer": 1} == host.get_fact(Packages)
    state.ops[host]["b"] = operation(complete=True, changes=True)
    assert [{"answer": 2}, {"answer": 3}] == [host.get_fact(Packages) for _ in range(2)]


def test_new_content_changes_no_answer(
    host: Any, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What daemons serve, such as a table, is no other operation's business."""
    monkeypatch.setattr(fact_cache, "effect_of", lambda _state, name: name)
    assert {"answer": 1} == host.get_fact(Packages)
    state.current_stage = StateStage.Execute
    state.ops[host] = {name: operation(complete=True, changes=True) for name in CONTENT}
    assert {"answer": 1} == host.get_fact(Packages)


def test_what_changes_by_itself_is_asked_when_it_is_needed(host: Any, state: Any) -> None:
    """Somebody may have signed in since the plan."""
    assert [{"answer": 1}, {"answer": 1}] == [host.get_fact(Sessions) for _ in range(2)]
    state.current_stage = StateStage.Execute
    assert [{"answer": 2}, {"answer": 3}] == [host.get_fact(Sessions) for _ in range(2)]


def test_what_only_who_asks_changes_is_asked_once(host: Any, state: Any) -> None:
    """Whatever other operations have changed meanwhile: which mailboxes there are."""
    state.ops[host] = {"a": operation(complete=True, changes=True)}
    assert {"answer": 1} == host.get_fact(Mailboxes)
    state.current_stage = StateStage.Execute
    assert {"answer": 1} == host.get_fact(Mailboxes)


def test_what_servers_said_before_is_not_asked_again(state: Any) -> None:
    """By this host, and for the plan alone."""

    def get_fact(fact: type) -> str:
        return f"asked for {fact.__name__}"

    host: Any = Host(get_fact, name="told1")
    state.ops[host] = {}
    answers = Answers()
    answers.note("told1", UnitMailboxes, "said before")
    cache_facts(state, host, answers)
    assert "said before" == host.get_fact(UnitMailboxes)
    state.current_stage = StateStage.Execute
    assert "asked for UnitMailboxes" == host.get_fact(UnitMailboxes)


def test_no_answer_is_none(state: Any) -> None:
    """An error is not kept: whoever asks next may be luckier."""
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


def test_services_are_asked_for_together(host: Any, asked: list[Any]) -> None:
    """An operation finds its own among the answers; a service that is not ours is asked alone."""
    for name in ("slapd.service", "dovecot.service"):
        assert {"answer": 1} == host.get_fact(SystemdStatus, user_mode=False, services=[name])
    assert {"answer": 2} == host.get_fact(SystemdEnabled, user_mode=False, services=["a.service"])
    assert [list(units()), ["a.service"]] == [kwargs["services"] for _, _, kwargs in asked]


@pytest.mark.parametrize(
    ("before", "now", "reads"), [("1", "1", 0), ("1", "2", 1), ("", "", 1), ("1", "", 1)]
)
def test_the_directory_is_read_again_only_where_it_has_moved(
    state: Any, before: str, now: str, reads: int
) -> None:
    """Since a plan was judged by it; one that does not say how far it is may have."""
    searches: list[object] = []

    def get_fact(fact: type, **asked: object) -> object:
        if fact is Position:
            return now
        searches.append(asked)
        return {str(asked["filter_"]): {}}

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


def test_an_answer_cut_short_is_not_kept() -> None:
    """A directory that holds nothing at all may be one that did not answer to its end."""
    answers = Answers()
    answers.note_search("dir1", BASE, ALL, (), "1", {})
    assert {"a": {}} == answers.search("dir1", BASE, ALL, (), "1", lambda: {"a": {}})
    answers.note_search("dir1", BASE, "(uid=an)", (), "1", {})
    assert {} == answers.search("dir1", BASE, "(uid=an)", (), "1", lambda: {"a": {}})
