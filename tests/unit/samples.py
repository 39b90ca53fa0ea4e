"""Records that unit tests vary."""

from datetime import UTC, date, datetime
from pathlib import Path

from hopthu.app.workspace import Workspace
from hopthu.git.repository import Repository
from hopthu.model.organisation import Address, Person, Tenure, Unit

DAY = date(2026, 6, 1)


def post(person: str, unit: str, start: date = date(2020, 1, 1), **more: object) -> Tenure:
    return Tenure(person=person, unit=unit, start=start, until=None, title="Chuyên viên", **more)  # type: ignore[arg-type]


def person(key: str, name: str, address: str, unit: str, **more: object) -> Person:
    return Person(
        id=key,
        name=name,
        category="civil_servant",
        mailbox=Address(address),
        posts=(post(key, unit),),
        **more,  # type: ignore[arg-type]
    )


def unit(key: str, name: str, address: str, **more: object) -> Unit:
    fields: dict[str, object] = {"short": key.upper(), "kind": "department", "parent": None}
    return Unit(id=key, name=name, mailbox=Address(address), **{**fields, **more})  # type: ignore[arg-type]


def workspace(root: Path, on: date) -> Workspace:
    """Return what a command works with that is run in a folder, at noon of a day."""
    noon = datetime(on.year, on.month, on.day, 5, tzinfo=UTC)
    return Workspace(Repository(root), on, "en", lambda: noon, {})
