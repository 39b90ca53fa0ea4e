"""Functions run on all hosts in parallel, and the error if some fail."""

import threading
from collections.abc import Callable

import pytest

from hopthu.errors import HostFailed, Refused
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host

HOSTS = tuple(Host(name, f"{name}.x", "10.0.0.1", frozenset({"edge"})) for name in "abc")


def failing(**errors: Exception) -> Callable[[str], str]:
    """Return a function that raises for the given hosts and returns the name of others."""

    def do(name: str) -> str:
        if name in errors:
            raise errors[name]
        return name

    return do


def test_hosts_answer_in_parallel() -> None:
    """None waits for the others."""
    met = threading.Barrier(len(HOSTS), timeout=20)

    def ask(host: Host) -> str:
        met.wait()
        return host.name.upper()

    assert {"a": "A", "b": "B", "c": "C"} == on_all_hosts(HOSTS, ask)


def test_without_hosts_there_is_no_answer() -> None:
    assert {} == on_all_hosts([], str)


def test_every_failed_host_is_named() -> None:
    """Not only the first, so that all can be fixed at once; and in any language."""
    up = Message("check that the host is up and that known_hosts has its SSH key")
    errors = {
        "a": HostFailed(Message("{host}: {reason}", host="a", reason=Message("no answer")), fix=up),
        "c": HostFailed(Message("the disk is full"), fix=up),
        "d": HostFailed(Message("the clock is wrong"), fix=Message("set the clock")),
    }
    with pytest.raises(HostFailed) as raised:
        on_all_hosts("abcd", failing(**errors))
    what, fix = raised.value.what, raised.value.fix
    assert "a: no answer\nc: the disk is full\nd: the clock is wrong" == what
    assert f"{up}\nset the clock" == fix
    assert "a: không trả lời\nc: the disk is full\nd: the clock is wrong" == translate(what, "vi")
    assert translate(fix, "vi").startswith("kiểm tra máy chủ đang chạy")


def test_error_of_a_single_host_is_unchanged() -> None:
    error = Refused(Message("locked by another run"), fix=Message("wait"))
    with pytest.raises(Refused) as raised:
        on_all_hosts("ab", failing(b=error))
    assert error is raised.value


def test_failure_outweighs_refusal() -> None:
    """The exit code is that of the more severe error."""
    locked, gone = Message("locked"), Message("gone")
    with pytest.raises(HostFailed, match=r"a: locked\nb: gone"):
        on_all_hosts("ab", failing(a=Refused(locked), b=HostFailed(gone)))
    with pytest.raises(Refused, match=r"a: locked\nb: locked"):
        on_all_hosts("ab", failing(a=Refused(locked), b=Refused(locked)))


def test_unexpected_error_is_raised_with_the_others_as_notes() -> None:
    """It keeps its traceback."""
    with pytest.raises(KeyError) as raised:
        on_all_hosts("ab", failing(a=HostFailed(Message("gone")), b=KeyError("x")))
    assert ["also a: gone"] == raised.value.__notes__
