"""The directory keeps each address with its holder, and data may not take one away."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import edit
from test_staleness import CENTRE

from hopthu.desired.state import desired
from hopthu.directory.entries import address_dn, entries
from hopthu.directory.ldif import Entries
from hopthu.servers.held_addresses import held, taken_from_holders
from hopthu.validate import Loaded, read

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
DOMAIN = "thanhhoa.gov.vn"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Data that can be edited."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    edit(tmp_path, "people", "address: xuyenvv", "address: xuyenvv, former: [xuyen.vu]")
    return tmp_path


def in_directory(loaded: Loaded) -> Entries:
    return entries(desired(loaded.organisation, loaded.policy, ON), CENTRE, loaded.policy)


def found(there: Entries, loaded: Loaded, before: Loaded | None = None) -> list[tuple[str, str]]:
    """Return rule and subject of each problem of `loaded` against a directory."""
    earlier = before.organisation if before else None
    taken = taken_from_holders(there, DOMAIN, in_directory(loaded), loaded.source, earlier)
    return [(problem.rule, problem.subject) for problem in taken]


def renamed(there: Entries, holders: Mapping[str, str]) -> Entries:
    """Return a directory in which some addresses have another holder."""
    new = {address_dn(local, DOMAIN): holder for local, holder in holders.items()}
    return {
        dn: {**values, "hopthuHolder": (new[dn],)} if dn in new else values
        for dn, values in there.items()
    }


def test_every_address_has_an_entry(root: Path) -> None:
    """Primary ones, aliases and former ones; spelt without dots, as they are compared."""
    kept = held(in_directory(read(root, ON)), DOMAIN)
    assert "so-tai-chinh" == kept["stc"] == kept["sotaichinh"]
    assert "vu-van-xuyen" == kept["xuyenvv"] == kept["xuyenvu"]


def test_unchanged_data_takes_nothing(root: Path) -> None:
    loaded = read(root, ON)
    assert [] == found(in_directory(loaded), loaded)
    assert [] == found({}, loaded)


def test_dropped_address_is_refused(root: Path) -> None:
    """Whatever git says: only the directory is asked."""
    there = in_directory(read(root, ON))
    edit(root, "people", ", former: [xuyen.vu]", "")
    edit(root, "units", ", aliases: [sotaichinh]", "")
    assert [("address-kept", "vu-van-xuyen"), ("address-kept", "so-tai-chinh")] == found(
        there, read(root, ON)
    )


def test_former_address_for_somebody_else_is_refused(root: Path) -> None:
    """With dots in other places as well."""
    there = in_directory(read(root, ON))
    edit(root, "people", ", former: [xuyen.vu]", "")
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh], former: [x.uyenvu]")
    assert [("address-changed-hands", "so-tai-chinh")] == found(there, read(root, ON))


def test_address_of_a_removed_record_is_refused(root: Path) -> None:
    """Also for a new holder; what was removed by an apply that went back only for a new holder."""
    loaded = read(root, ON)
    there = renamed(in_directory(loaded), {"sotaichinh": "nguyen-van-da-xoa"})
    edit(root, "units", "aliases: [sotaichinh]", "aliases: []")
    without = read(root, ON)
    assert [("id-removed", "nguyen-van-da-xoa")] == found(there, without)
    assert [] == found(there, without, before=without)
    both = [("id-removed", "nguyen-van-da-xoa"), ("address-changed-hands", "so-tai-chinh")]
    assert both == found(there, loaded) == found(there, loaded, before=without)


def test_a_successor_gets_no_other_address(root: Path) -> None:
    """Only the primary one is handed over."""
    loaded = read(root, ON)
    old, new = "van-phong-ubnd-tinh", "so-tai-chinh"
    there = renamed(in_directory(loaded), {"sotaichinh": old})
    assert [("address-changed-hands", new)] == found(there, handing_over(loaded, old, new))


def handing_over(loaded: Loaded, unit: str, heir: str) -> Loaded:
    """Return data in which `unit` has ended and its address goes to `heir`."""
    units = tuple(
        record._replace(
            data={**record.data, "mailbox": {"address": "stc"}, "ended": {"address_to": heir}}
        )
        if record.id == unit
        else record
        for record in loaded.source.units
    )
    source = replace(loaded.source, records={**loaded.source.records, "units": units})
    return replace(loaded, source=source)


def test_only_a_declared_successor_may_take_an_address_over(root: Path) -> None:
    """It does not return to its predecessor either."""
    loaded = read(root, ON)
    old, new = "van-phong-ubnd-tinh", "so-tai-chinh"
    there = renamed(in_directory(loaded), {"stc": old})
    assert [("address-changed-hands", new)] == found(there, loaded)
    assert [] == found(there, handing_over(loaded, old, new))
    assert [("address-changed-hands", new)] == found(there, handing_over(loaded, new, old))
