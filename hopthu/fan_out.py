"""Run a function on all hosts in parallel; if several fail, one error names them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from hopthu.errors import HopthuError, HostFailed, Refused
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message


class Named(Protocol):
    """Anything with a name: a host of an inventory or of a lab."""

    @property
    def name(self) -> str:
        """Return the name."""


Host = TypeVar("Host", bound="str | Named")
Answer = TypeVar("Answer")


def on_all_hosts(hosts: Iterable[Host], do: Callable[[Host], Answer]) -> dict[str, Answer]:
    """Call `do` for all `hosts` in parallel; return the results by host name.

    Every host is waited for, even if another has failed. The error of a single host is raised
    unchanged; for several see `together`.
    """
    named = {_name(host): host for host in hosts}
    if not named:
        return {}
    with ThreadPoolExecutor(len(named)) as pool:
        under_way = {name: pool.submit(do, host) for name, host in named.items()}
    failed = {name: error for name, one in under_way.items() if (error := one.exception())}
    if failed:
        raise together(failed)
    return {name: one.result() for name, one in under_way.items()}


def answers(
    hosts: Iterable[Host], ask: Callable[[Host], Answer]
) -> tuple[dict[str, Answer], dict[str, HostFailed]]:
    """Return what hosts say, asked in parallel, and why others do not; both by host name."""

    def asked(host: Host) -> Answer | HostFailed:
        try:
            return ask(host)
        except HostFailed as error:
            return error

    said = on_all_hosts(hosts, asked)
    failed = {name: each for name, each in said.items() if isinstance(each, HostFailed)}
    return {n: each for n, each in said.items() if not isinstance(each, HostFailed)}, failed


def together(failed: Mapping[str, BaseException]) -> BaseException:
    """Combine the errors of several hosts, given by name, into one that names each host.

    An error that is neither `HostFailed` nor `Refused` is returned itself, with the others as
    notes.
    """
    if len(failed) == 1:
        return next(iter(failed.values()))
    lines = {name: _line(name, error) for name, error in failed.items()}
    for name, error in failed.items():
        if not isinstance(error, (HostFailed, Refused)):
            for other, line in lines.items():
                if other != name:
                    error.add_note(f"also {line}")
            return error
    refused = all(isinstance(error, Refused) for error in failed.values())
    fixes = dict.fromkeys(error.fix for error in failed.values() if isinstance(error, HopthuError))
    kind = Refused if refused else HostFailed
    what = joined(lines.values(), "\n")
    return kind(what, fix=joined(filter(None, fixes), "\n")) if any(fixes) else kind(what)


def _line(name: str, error: BaseException) -> str:
    """Return the text of an error, prefixed with its host unless it already names the host."""
    text = error.what if isinstance(error, HopthuError) else f"{type(error).__name__}: {error}"
    named = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    return text if named else Message("{host}: {reason}", host=name, reason=text)


def _name(host: str | Named) -> str:
    return host if isinstance(host, str) else host.name
