"""What an operation does with a directory that has changes which the provider lacks."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.context import ctx_host

from hopthu.daemons.openldap import DATABASE
from hopthu.operations import replica
from hopthu.remote.host.replica import Compared
from host_calls import asked

BASE = "dc=x,dc=vn"
MORE: Compared = {"theirs": "7", "ours": "8", "entries": ["uid=an"], "place": "/aside/8"}
SAME: Compared = {"theirs": "7", "ours": "7", "entries": [], "place": ""}


class Changed:
    """A host that is being changed: what it answers each time, and what it is given."""

    name, data, current_op_hash = "store1", dict[str, Any](), None
    state = SimpleNamespace(is_executing=True)

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *found: Compared, written: bool) -> None:
        """Be `found` so, one after another, beside a provider that is `written` to or not."""
        answers = iter(found)
        self.nothing_to_do = False
        monkeypatch.setattr(replica, "call", lambda *_: next(answers))
        monkeypatch.setattr(replica, "call_again", lambda *_: next(answers))
        monkeypatch.setattr(replica, "Call", lambda **_: lambda _: {"written": written})
        monkeypatch.setattr(replica, "_connected", lambda provider: provider)
        monkeypatch.setattr(replica, "calling", lambda given: iter([given()]))

    def noop(self, _why: str) -> None:
        """Have nothing to do."""
        self.nothing_to_do = True

    def given(self, operation: Any, *arguments: object) -> list[Any]:
        """Return the calls that an operation makes: function, and its arguments."""
        host: Any = self
        with ctx_host.use(host):
            return [asked(each)[1:3] for each in operation._inner(*arguments)]


@pytest.mark.parametrize("provider", ["dir1", "store1"])
def test_what_a_provider_never_gets_is_kept_aside_and_named(
    provider: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is written to itself, and follows nobody; what it has itself it keeps."""
    host = Changed(monkeypatch, MORE, written=True)
    with caplog.at_level(logging.WARNING):
        given = host.given(replica.kept_aside, BASE, provider, "10.0.0.1")
    if provider == "store1":
        assert ([], True, []) == (given, host.nothing_to_do, caplog.messages)
    else:
        assert [["set_aside", [["uid=an"], "/aside/8", DATABASE]]] == given
        assert "1 entries: uid=an" in caplog.text


def test_who_hands_over_keeps_nothing_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next provider follows it still, and gets what it lacks."""
    host = Changed(monkeypatch, MORE, written=False)
    given = host.given(replica.kept_aside, BASE, "dir1", "10.0.0.1")
    assert [["set_aside", [[], "", DATABASE]]] == given


def test_who_has_nothing_more_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Changed(monkeypatch, SAME, written=True)
    assert [] == host.given(replica.kept_aside, BASE, "dir1", "10.0.0.1")
    assert host.nothing_to_do
