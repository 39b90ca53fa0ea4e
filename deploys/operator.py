"""The operator's host: the account and the timers of hopthu's daily runs."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered, timers
from hopthu.daemons.operator import DAEMON, NAME, TIMERS
from hopthu.operations import config
from hopthu.operations.names import step_name

# systemd only warns about unknown settings, and about a program that is not there: an administrator
# puts it there later.
_TEST = """
copies=$(mktemp -d)
for unit in {stage}/etc/systemd/system/*; do
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' $unit >$copies/$(basename $unit)
done
output=$(systemd-analyze verify $copies/* 2>&1) || output="$output (failed)"
rm -r $copies
[ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
"""


@deploy(step_name("Operator"))
def operator() -> None:
    """Install → configure → activate; clone and keys are put there by an administrator."""
    install(DAEMON)

    configured = config.files(
        name=step_name("Configure the daily runs of hopthu"),
        daemon="operator",
        files=rendered("operator"),
        test=_TEST,
    )
    config.activate(
        name=step_name("Load the daily runs of hopthu"),
        daemon="operator",
        command=f"systemd-sysusers {NAME}.conf && systemd-tmpfiles --create {NAME}.conf"
        " && systemctl daemon-reload",
        after=[configured],
    )
    timers(TIMERS)
