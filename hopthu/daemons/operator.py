"""The operator's host: hopthu runs there every day, by timers (docs/daily.md).

Its account may write nothing on that host but its clone and its home. What it does to the hosts of
the centre, its own among them, it does over SSH with the operator's key, which systemd hands it for
the time of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hopthu.daemons.program import program
from hopthu.daemons.record import LOAD_UNITS, Alert, Daemon, FileSet
from hopthu.daemons.staged import silent
from hopthu.i18n.message import Message
from hopthu.render.context import Context, rendered
from hopthu.render.files import Files

ACCOUNT = "hopthu"
NAME = "hopthu-operator"
HOME = f"/var/lib/{NAME}"
"""What the services remember from run to run, and the account's own key for the forge."""
SSH_KEY, AGE_IDENTITY = "/root/.ssh/id_ed25519", "/root/.config/hopthu/age-identity.txt"
"""Where an administrator puts the keys, as inventory/production.py.example names them."""
DAILY, DRIFT = "hopthu-daily", "hopthu-drift"
TIMERS = (f"{DAILY}.timer", f"{DRIFT}.timer")
PROGRAM = "/usr/local/lib/hopthu/deployed-commit"
"""Puts a clone at the commit of a record, so that nothing newer runs with keys."""
RECORD = "/var/lib/hopthu/deployed/record.json"
_MISSED = 26 * 3600
"""Seconds after which a daily run was missed."""

# Without their program, which an administrator puts there later: systemd would warn of it.
_TEST = f"""\
copies=$(mktemp -d)
for unit in {{stage}}/etc/systemd/system/*; do
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' $unit >$copies/$(basename $unit)
done
{silent("systemd-analyze verify $copies/* 2>&1")}rm -r $copies
"""


def files(context: Context) -> Files:
    """Return the units, the account, and what they run before hopthu."""
    units = (f"hopthu-{job}.{kind}" for job in ("daily", "drift") for kind in ("service", "timer"))
    places = {f"/etc/systemd/system/{unit}": f"{unit}.j2" for unit in units} | {
        f"/etc/sysusers.d/{NAME}.conf": "sysusers.conf.j2",
        f"/etc/tmpfiles.d/{NAME}.conf": "tmpfiles.conf.j2",
    }
    values = {
        "account": ACCOUNT, "home": HOME, "state": NAME, "ssh_key": SSH_KEY,
        "age_identity": AGE_IDENTITY, "program": PROGRAM, "record": RECORD,
    }  # fmt: skip
    runs = program(PROGRAM, "deployed_commit")
    return {**runs, **rendered("operator", places, context, **values)}


def _measures(_context: Context) -> Mapping[str, Sequence[str]]:
    return {"operator": [HOME, DAILY, DRIFT, str(_MISSED)]}


DAEMON = Daemon(
    name="operator",
    title=Message("Operator"),
    roles=("operator",),
    after=("base",),
    packages={"": ("git", "openssh-client", "python3-venv", "tzdata")},
    units=TIMERS,
    file_sets=(
        FileSet(
            name="operator",
            render=files,
            configure=Message("Configure the daily runs of hopthu"),
            activate=Message("Load the daily runs of hopthu"),
            activation="nothing",
            phrase=Message("the daily runs of hopthu: a run in progress goes on"),
            command=f"systemd-sysusers {NAME}.conf && systemd-tmpfiles --create {NAME}.conf"
            f" && {LOAD_UNITS}",
            test=_TEST,
        ),
    ),
    probes=("on-its-day",),
    measures=_measures,
    alerts=(
        Alert(
            name="Drift",
            expr="hopthu_drift",
            summary=Message("Something on a host is not what was applied."),
        ),
        Alert(
            name="DueNotDone",
            expr="hopthu_due_not_done == 1",
            summary=Message("Something that fell due is not done."),
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "services": "timers start its services; drift reports a timer that is off",
        "health": "it serves nobody",
    },
)
