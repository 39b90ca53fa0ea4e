"""The same for every host at once; where several fail, the error names them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from hopthu.errors import HopthuError, HostFailed, Refused


class Named(Protocol):
    """A host, of the inventory or of a lab."""

    @property
    def name(self) -> str:
        """Its name."""


Host = TypeVar("Host", bound="str | Named")
Answer = TypeVar("Answer")


def on_all_hosts(
    hosts: Iterable[Host],
    do: Callable[[Host], Answer],
    meanwhile: Callable[[], object] = lambda: None,
) -> dict[str, Answer]:
    """Return what `do` has of each of `hosts`, by name; all are done at once.

    What is to be done `meanwhile` is done here while they answer. Every host is waited for, also
    where one fails. What a single host raises is raised as it is; see `together` for several.
    """
    named = {_name(host): host for host in hosts}
    if not named:
        meanwhile()
        return {}
    with ThreadPoolExecutor(len(named)) as pool:
        under_way = {name: pool.submit(do, host) for name, host in named.items()}
        meanwhile()
    failed = {name: error for name, one in under_way.items() if (error := one.exception())}
    if failed:
        raise together(failed)
    return {name: one.result() for name, one in under_way.items()}


def together(failed: Mapping[str, BaseException]) -> BaseException:
    """Return one error for those of several hosts, by name; each host is named in it.

    An error that is neither `HostFailed` nor `Refused` is returned itself, the others as notes.
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
    return (Refused if refused else HostFailed)(
        "\n".join(lines.values()), fix="\n".join(filter(None, fixes))
    )


def _line(name: str, error: BaseException) -> str:
    """Return what an error says, with the name of its host where it does not name it."""
    said = error.what if isinstance(error, HopthuError) else f"{type(error).__name__}: {error}"
    named = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said)
    return said if named else f"{name}: {said}"


def _name(host: str | Named) -> str:
    return host if isinstance(host, str) else host.name
