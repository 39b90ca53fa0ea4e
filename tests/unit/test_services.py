"""Units that are stopped for good, unless they have something left to do."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyinfra.context import ctx_host

from hopthu.daemons.postfix import DAEMON
from hopthu.operations import services

UNIT = "postfix.service"
SYSTEMCTL = """#!/bin/sh
echo "$@" >>{said}
"""


@pytest.mark.parametrize("queued", [False, True])
def test_a_queue_that_is_not_empty_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, queued: bool
) -> None:
    """The step fails then; an empty one is stopped, and no longer listed."""
    spool, said, state = tmp_path / "spool", tmp_path / "said", tmp_path / "state"
    for name in ("maildrop", "incoming", "active", "deferred/1", "hold"):
        (spool / name).mkdir(parents=True)
    if queued:
        (spool / "deferred/1/1ABC").write_text("mail")
    (tmp_path / "systemctl").write_text(SYSTEMCTL.format(said=said))
    (tmp_path / "systemctl").chmod(0o755)
    state.mkdir()
    (state / services.UNITS).write_text(f"nftables.service\n{UNIT}\n")
    managed = {"files": {}, "managed": {}, "pending": [], "activate": {}, "units": [UNIT]}
    answer = {"managed": managed, "services": {UNIT: (True, True)}}
    monkeypatch.setattr(services, "surveyed", lambda: answer)
    monkeypatch.setattr(services, "_LIST", f"{state}/{services.UNITS}")
    left = DAEMON.left(UNIT).replace("/var/spool/postfix", str(spool))
    with ctx_host.use(SimpleNamespace()):
        script = [str(c.get_raw_value()) for c in services.stopped._inner(service=UNIT, left=left)]
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    codes = []
    for command in script:
        done = subprocess.run(
            ["sh", "-c", command], env=env, capture_output=True, text=True, check=False
        )
        codes.append(done.returncode)
        if done.returncode:
            assert f"{UNIT} has still to do: deferred/1/1ABC" in done.stderr
            break
    stopped = [f"disable --quiet --now {UNIT}"]
    again = [f"enable --quiet --now {UNIT}"] if queued else []
    assert [*stopped, *again] == said.read_text().splitlines()
    assert codes == ([0, 1] if queued else [0, 0, 0])
    listed = ["nftables.service", UNIT] if queued else ["nftables.service"]
    assert listed == (state / services.UNITS).read_text().split()


@pytest.mark.parametrize(
    ("listed", "active", "at_boot", "wanted"),
    [
        (True, True, True, []),
        (True, False, True, [f"systemctl start {UNIT}"]),
        (True, True, False, [f"env SYSTEMCTL_SKIP_SYSV=1 systemctl enable --quiet --now {UNIT}"]),
        (True, False, False, [f"env SYSTEMCTL_SKIP_SYSV=1 systemctl enable --quiet --now {UNIT}"]),
        (False, True, True, ["note"]),
        (False, False, True, ["note", f"systemctl start {UNIT}"]),
    ],
)
def test_only_what_a_unit_lacks_is_done(
    monkeypatch: pytest.MonkeyPatch, *, listed: bool, active: bool, at_boot: bool,
    wanted: list[str],
) -> None:  # fmt: skip
    """To enable one has systemd load all units, which takes longer than anything else of a step."""
    managed = {"files": {}, "managed": {}, "pending": [], "activate": {}, "units": [UNIT] * listed}
    answer = {"managed": managed, "services": {UNIT: (active, at_boot)}}
    monkeypatch.setattr(services, "surveyed", lambda: answer)
    with ctx_host.use(SimpleNamespace(noop=lambda _why: None)):
        found = [str(c.get_raw_value()) for c in services.kept._inner(service=UNIT)]
    assert wanted == ["note" if "printf" in each else each for each in found]
