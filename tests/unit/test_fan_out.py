"""The same for every host at once, and what becomes of it where some fail."""

import threading
from collections.abc import Callable

import pytest

from hopthu.errors import HostFailed, Refused
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.topology import Host

HOSTS = tuple(Host(name, f"{name}.x", "10.0.0.1", frozenset({"edge"})) for name in "abc")


def failing(**errors: Exception) -> Callable[[str], str]:
    """Return what raises for the hosts named, and returns the name of others."""

    def do(name: str) -> str:
        if name in errors:
            raise errors[name]
        return name

    return do


def test_hosts_answer_while_something_else_is_done() -> None:
    """All of them: none waits for the others, nor for what is done meanwhile."""
    met = threading.Barrier(len(HOSTS) + 1, timeout=20)

    def ask(host: Host) -> str:
        met.wait()
        return host.name.upper()

    assert {"a": "A", "b": "B", "c": "C"} == on_all_hosts(HOSTS, ask, met.wait)


def test_no_host_no_answer() -> None:
    """What is to be done meanwhile is done all the same."""
    done: list[int] = []
    assert {} == on_all_hosts([], str, lambda: done.append(1))
    assert [1] == done


def test_every_host_that_failed_is_named() -> None:
    """Not only the first: whoever mends one host should know of the others."""
    errors = {
        "a": HostFailed("a: no answer", fix="see that the host is up"),
        "c": HostFailed("the disk is full", fix="see that the host is up"),
        "d": HostFailed("the clock is wrong", fix="set the clock"),
    }
    with pytest.raises(HostFailed) as raised:
        on_all_hosts("abcd", failing(**errors))
    assert "a: no answer\nc: the disk is full\nd: the clock is wrong" == raised.value.what
    assert "see that the host is up\nset the clock" == raised.value.fix


def test_what_a_single_host_raises_is_left_as_it_is() -> None:
    error = Refused("held by another run", fix="wait")
    with pytest.raises(Refused) as raised:
        on_all_hosts("ab", failing(b=error))
    assert error is raised.value


def test_a_host_that_failed_weighs_more_than_one_that_refused() -> None:
    """The exit code is that of the worse."""
    with pytest.raises(HostFailed, match=r"a: held\nb: gone"):
        on_all_hosts("ab", failing(a=Refused("held"), b=HostFailed("gone")))
    with pytest.raises(Refused, match=r"a: held\nb: held"):
        on_all_hosts("ab", failing(a=Refused("held"), b=Refused("held")))


def test_a_bug_shows_as_one_and_the_other_hosts_with_it() -> None:
    """An error that nobody raised on purpose keeps its traceback."""
    with pytest.raises(KeyError) as raised:
        on_all_hosts("ab", failing(a=HostFailed("gone"), b=KeyError("x")))
    assert ["also a: gone"] == raised.value.__notes__
