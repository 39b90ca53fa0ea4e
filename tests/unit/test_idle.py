"""Who has not signed in for long, from what access hosts say."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu.cli import main
from hopthu.cli.clock import today
from hopthu.credentials import idle_formats
from hopthu.credentials.idle import Use, idle, merged, parsed
from hopthu.i18n.catalogue import translate
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre
from hopthu.model.policy import Lifecycle, Policy
from hopthu.remote.host.passwords import last_sign_ins
from host_calls import answer

NOW = datetime(2026, 11, 27, tzinfo=UTC)
OLD, RECENT = NOW - timedelta(days=200), NOW - timedelta(days=20)


def test_the_last_sign_in_on_any_host_counts() -> None:
    """And the last change of the entry, before which nothing is known."""
    one = {"an": Use(OLD, RECENT), "hoa": Use(OLD)}
    other = {"an": Use(OLD, OLD), "hoa": Use(RECENT), "yen": Use(OLD)}
    expected = {"an": Use(OLD, RECENT), "hoa": Use(RECENT), "yen": Use(OLD)}
    assert expected == merged([one, other]) == merged([other, one])


def test_only_who_has_certainly_not_signed_in_is_listed() -> None:
    """Longest first; with the days of the policy."""
    uses = {
        "an": Use(OLD, RECENT), "hoa": Use(OLD), "yen": Use(RECENT),
        "bay": Use(OLD - timedelta(days=9), OLD - timedelta(days=2)),
    }  # fmt: skip
    assert ["bay", "hoa"] == [*idle(uses, Policy(), NOW)]
    assert ["bay", "hoa", "an", "yen"] == [
        *idle(uses, Policy(lifecycle=Lifecycle(idle_days=10)), NOW)
    ]


def test_the_answer_of_a_host_is_read(tmp_path: Path) -> None:
    """Ids and dates only; attributes come in any order."""
    program = tmp_path / "ldapsearch"
    program.write_text(
        "#!/bin/sh\nprintf 'dn: uid=an,ou=people\\nuid: an\\nauthTimestamp: 20261107000000Z\\n"
        "modifyTimestamp: 20260511000000Z\\n\\ndn: uid=hoa\\nmodifyTimestamp: 20260511000000Z\\n"
        "uid: hoa\\n\\n'\n"
    )
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = answer(last_sign_ins, "dc=vn", env={"PATH": path})
    assert {"an": Use(OLD, RECENT), "hoa": Use(OLD)} == parsed(done.result)


def test_the_list_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With names, for a letter to their units; who is not in the data is none of its business."""
    now = datetime.now(UTC)
    uses = {
        "le-van-bay": Use(now - timedelta(days=400), now - timedelta(days=300)),
        "le-van-binh": Use(now - timedelta(days=250)),
        "nguyen-van-an": Use(now - timedelta(days=250), now),
        "stranger": Use(now - timedelta(days=900)),
    }
    monkeypatch.setattr("hopthu.app.credentials.last_uses", lambda *_: uses)
    inventory = Inventory(Path("x.py"), Centre("x", ()), {}, {})
    monkeypatch.setattr("hopthu.app.deployment.inventories.load", lambda *_: inventory)
    assert 0 == main(["credential", "idle", "lab"])
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("le-van-bay: Lê Văn Bảy: last signed in on ")
    assert second.startswith("le-van-binh: Lê Văn Bình: no sign-in since ")
    assert last == "Not signed in for 180 days: 2 of 3."
    assert 0 == main(["credential", "idle", "lab", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert ["le-van-bay", "le-van-binh"] == [row["id"] for row in told["idle"]]
    before = (today() - timedelta(days=1)).isoformat()
    assert 2 == main(["credential", "idle", "lab", "--on", before])


@pytest.mark.parametrize(
    ("days", "language", "said"),
    [
        (1, "en", "Not signed in for 1 day: 0 of 3."),
        (180, "en", "Not signed in for 180 days: 0 of 3."),
        (1, "vi", "Không đăng nhập trong 1 ngày: 0 trên 3 người."),
    ],
)
def test_one_day_is_no_plural(days: int, language: str, said: str) -> None:
    """Vietnamese has none at all."""
    policy = Policy(lifecycle=Lifecycle(idle_days=days))
    loaded: Any = SimpleNamespace(organisation=SimpleNamespace(people={}), policy=policy)
    (line,) = idle_formats.as_text(loaded, {}, 3)
    assert said == translate(line, language)
