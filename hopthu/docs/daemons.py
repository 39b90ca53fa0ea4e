"""docs/daemons.md, made from the records of daemons and roles.

`python -m hopthu.docs` writes it; a test fails while it is not current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hopthu.daemons.record import Daemon
from hopthu.daemons.registry import daemons
from hopthu.inventory.roles import roles

PAGE = Path(__file__).resolve().parents[2] / "docs" / "daemons.md"
_HEAD = """\
# Daemons, roles and ports

<!-- Made by `python -m hopthu.docs` from hopthu/daemons/ and hopthu/inventory/roles.py. -->

What runs where, from the same records that deploys, packet filter, pre-flight, plans and health
checks read. Daemons stand in the order in which they are deployed on a host.
"""


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {PAGE: page()}


def page() -> str:
    """Return the page as it should stand in docs/."""
    return "\n".join([_HEAD, *_roles(), *_daemons(), *_ports()])


def _roles() -> Iterator[str]:
    yield "## Roles\n"
    yield "Hosts that serve are changed one after another, in this order.\n"
    yield from _table("role", "purpose")
    for role in sorted(roles().values(), key=lambda role: role.turn):
        yield f"| {role.name} | {role.purpose} |"
    yield ""


def _daemons() -> Iterator[str]:
    yield "## Daemons\n"
    columns = ("daemon", "roles", "packages", "services", "on a change of", "probes")
    yield from _table(*columns)
    for daemon in daemons():
        sets = "; ".join(f"`{each.name}`: {each.activation}" for each in daemon.file_sets)
        packages = dict.fromkeys(p for names in daemon.packages.values() for p in names)
        cells = (
            daemon.name,
            ", ".join(daemon.roles) or "all",
            _code(packages),
            _code(service.unit for service in daemon.services),
            sets,
            _code(daemon.probes) or daemon.exempt.get("probes", ""),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _ports() -> Iterator[str]:
    yield "## Ports\n"
    yield "Whatever is not listed is closed.\n"
    yield "On that host, and on others that reach a port, root does and the accounts named here.\n"
    yield from _table("role", "port", "who reaches it", "accounts", "daemon")
    rows = sorted((*row, daemon.name) for daemon in daemons() for row in _open(daemon))
    for role, port, who, accounts, name in rows:
        yield f"| {role} | {port} | {who} | {accounts} | {name} |"
    yield ""


def _open(daemon: Daemon) -> Iterator[tuple[str, int, str, str]]:
    everywhere = ", ".join(daemon.roles) or "every one"
    for role, ports in daemon.open_ports.items():
        yield from ((role, port, "every network", "every one") for port in ports)
    for passage in daemon.passages:
        role, why = passage.role or everywhere, passage.why.rstrip(".")
        named = passage.accounts
        accounts = "every one" if named is None else _code(each.name for each in named)
        yield from ((role, port, why, accounts) for port in passage.ports)
    for network in daemon.networks:
        why = f"networks that may `{network.may}`"
        yield from ((network.role or everywhere, port, why, "–") for port in network.ports)


def _table(*columns: str) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)
