"""What hosts answer from memory, and what never."""

from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.state import StateStage

from hopthu.rollout.asking import ask_once


class Sessions:
    """A fact."""


class Packages:
    """Another one."""


@pytest.fixture
def asked() -> list[object]:
    return []


@pytest.fixture
def state() -> SimpleNamespace:
    return SimpleNamespace(current_stage=StateStage.Prepare)


@pytest.fixture
def host(asked: list[object], state: Any) -> Any:
    """Return a host that counts up what it is asked."""

    def get_fact(fact: type, *args: object, **kwargs: object) -> dict[str, int]:
        asked.append((fact, args, kwargs))
        return {"answer": len(asked)}

    made: Any = SimpleNamespace(get_fact=get_fact, current_op_global_arguments=None)
    ask_once(state, made)
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


def test_nothing_is_remembered_once_changes_begin(host: Any, state: Any) -> None:
    """Every answer may be another one then."""
    assert {"answer": 1} == host.get_fact(Packages)
    state.current_stage = StateStage.Execute
    assert [{"answer": 2}, {"answer": 3}] == [host.get_fact(Packages) for _ in range(2)]


def test_no_answer_is_none(state: Any) -> None:
    """An error is not kept: whoever asks next may be luckier."""
    tries: list[int] = []

    def get_fact(fact: type) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("gone")
        return "there"

    host: Any = SimpleNamespace(get_fact=get_fact, current_op_global_arguments=None)
    ask_once(state, host)
    with pytest.raises(OSError, match="gone"):
        host.get_fact(Packages)
    assert "there" == host.get_fact(Packages)
