"""A small organisation that unit tests vary."""

import time
from collections.abc import Iterator
from datetime import date

import pytest
from samples import person, unit

from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import Policy


@pytest.fixture
def policy() -> Policy:
    return Policy(operator="vp")


@pytest.fixture
def organisation() -> Organisation:
    head = Tenure("binh", "", date(2024, 1, 1), None, decision="qd-1", request="cv-1")
    delegate = Tenure("an", "", date(2026, 1, 5), date(2026, 12, 31), decision="gut-1")
    units = [
        unit("vp", "Văn phòng UBND tỉnh", "vpubnd"),
        unit("stc", "Sở Tài chính", "stc", heads=(head,), delegates=(delegate,)),
        unit("xa", "Xã Đồng Tiến", "xa.dongtien", kind="commune"),
        unit(
            "skh",
            "Sở Kế hoạch và Đầu tư",
            "skhdt",
            ended=Ending("merged", date(2025, 3, 1), into=("stc",)),
        ),
    ]
    people = [
        person("an", "Nguyễn Văn An", "annv", "stc"),
        person("binh", "Lê Văn Bình", "binhlv", "stc"),
        person("chi", "Trần Thị Chi", "chitt", "xa"),
        person("dung", "Phạm Văn Dũng", "dungpv", "stc", left=Ending("retired", date(2026, 3, 1))),
    ]
    return Organisation({u.id: u for u in units}, {p.id: p for p in people})


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read the clock in UTC, wherever the tests run."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
