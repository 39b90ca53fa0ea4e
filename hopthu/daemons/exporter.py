"""How a host is, for the monitor of the centre: on every host, if there is a monitor.

Prometheus' exporter answers it, and reads what a small program measures every half minute. What of
it concerns a daemon is in that daemon's record. docs/decisions/monitoring.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hopthu.daemons import accounts, intervals, registry
from hopthu.daemons.base import TLS
from hopthu.daemons.program import program
from hopthu.daemons.record import LOAD_UNITS, Alert, Daemon, FileSet, Passage, hosts_with
from hopthu.daemons.staged import compiled, verified
from hopthu.i18n.message import Message
from hopthu.render.context import Context, rendered
from hopthu.render.files import File, Files

PORT = 9100
UNIT, TIMER = "prometheus-node-exporter", "hopthu-measures.timer"
SLICE = "hopthu-monitoring.slice"
"""What all that watches a host runs in."""
TEXTS = "/var/lib/hopthu-metrics"
"""Where the exporter looks for what was measured."""
MESSAGES = "/var/lib/hopthu-round-trip"
"""Where it looks on monitors for when messages arrived: an account of its own writes there."""
_ACCOUNT = "_hopthu-exporter"
"""An account that the host knows: D-Bus, which says what runs, turns one away that has no name."""
_SYSUSERS = "/etc/sysusers.d/hopthu-exporter.conf"
_PROGRAM = "/usr/local/lib/hopthu/measures"
_SETTINGS = "/etc/hopthu/measures.json"
MOST = 500
"""Series of one measure at most, beyond which it fails on the host."""
_APART = 10
"""Seconds between the clock of a host and another: an answer may be slow."""
_DAY = 86400


def files(context: Context) -> Files:
    """Return exporter, measurements and their settings; nothing if the centre has no monitor."""
    if not context.centre.with_role("monitor"):
        return {}
    services = [service.unit for service in registry.services_of(context.host)]
    wanted = [f"hopthu_wanted{{name={json.dumps(f'{unit}.service')}}} 1\n" for unit in services]
    folders = [TEXTS, *[MESSAGES] * context.host.has("monitor")]
    values = {
        "port": PORT, "texts": TEXTS, "folders": folders, "services": services, "slice": SLICE,
        "program": _PROGRAM, "settings": _SETTINGS, "every": intervals.MEASURE, "account": _ACCOUNT,
        "most": MOST,
    }  # fmt: skip
    places = {
        _SYSUSERS: "sysusers.conf.j2",
        f"/etc/default/{UNIT}": "exporter.default.j2",
        f"/etc/systemd/system/{UNIT}.service.d/hopthu.conf": "exporter.service.j2",
        "/etc/systemd/system/hopthu-measures.service": "hopthu-measures.service.j2",
        f"/etc/systemd/system/{TIMER}": "hopthu-measures.timer.j2",
    }
    measures = registry.measures(context)
    return {
        **program(_PROGRAM, "measures"),
        **rendered("exporter", places, context, **values),
        _SETTINGS: File.text(json.dumps(measures, indent=1) + "\n"),
        f"{TEXTS}/hopthu-wanted.prom": File.text("".join(wanted)),
    }


def _measures(_context: Context) -> Mapping[str, Sequence[str]]:
    return {"certificate": [f"{TLS}/host.pem"], "applied": []}


DAEMON = Daemon(
    name="exporter",
    title=Message("Exporter"),
    roles=(),
    after=("base", "openldap"),
    packages={"": (UNIT,)},
    units=(f"{UNIT}.service", TIMER),
    file_sets=(
        FileSet(
            name="exporter",
            render=files,
            configure=Message("Configure what the monitor reads of this host"),
            activate=Message("Restart what the monitor reads of this host"),
            activation="restart",
            phrase=Message("what tells the monitor how this host is restarts"),
            command=f"systemd-sysusers {_SYSUSERS} && {LOAD_UNITS}"
            f" && systemctl restart {UNIT} {TIMER}",
            test=verified("hopthu-measures.*") + compiled(_PROGRAM),
            reads_certificate=(_SETTINGS,),
        ),
    ),
    passages=(
        Passage(
            role="",
            ports=(PORT,),
            sources=hosts_with("monitor"),
            accounts=(accounts.PROMETHEUS,),
            why="How the host is, for the monitor.",
        ),
    ),
    measures=_measures,
    alerts=(
        Alert(
            name="HostGone",
            expr='up{job="hosts"} == 0',
            lasting=30,
            summary=Message("The host does not answer."),
        ),
        Alert(
            name="ServiceDown",
            expr="hopthu_wanted unless on (host, name)"
            ' node_systemd_unit_state{state="active"} == 1',
            lasting=30,
            summary=Message("A service that must run does not."),
        ),
        Alert(
            name="JobFailed",
            # Systemd forgets it when the job or the host starts, the job itself does not.
            expr="max by (host, name) (hopthu_job_failed or max_over_time("
            'node_systemd_unit_state{name=~"hopthu-.*[.]service", state="failed"}[1m])) == 1',
            summary=Message("A job of hopthu failed."),
        ),
        Alert(
            name="JobMissed",
            expr="time() - hopthu_job_done_seconds > hopthu_job_longest_seconds",
            summary=Message("A job of hopthu has not ended well for too long."),
        ),
        Alert(
            name="ServiceRestarts",
            expr="node_systemd_service_restart_total"
            " - min_over_time(node_systemd_service_restart_total[10m]) >= 2",
            summary=Message("A service dies again and again, and is started each time."),
        ),
        Alert(
            name="ClockOff",
            # What the host had while the monitor read it, by its own clock.
            expr=f"abs(node_time_seconds - timestamp(node_time_seconds)) > {_APART}"
            f" or abs(node_ntp_offset_seconds) > {_APART}",
            lasting=30,
            summary=Message(
                "The clock of the host is not that of the monitor, or of its time source."
            ),
        ),
        Alert(
            name="DiskFull",
            expr="(node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1"
            " or node_filesystem_files_free / node_filesystem_files < 0.1)"
            " and node_filesystem_readonly == 0",
            lasting=30,
            summary=Message("A file system is nearly full."),
        ),
        Alert(
            name="CertificateEnds",
            expr=f"hopthu_certificate_end_seconds - time() < {21 * _DAY}",
            summary=Message("The certificate of the host ends within 21 days."),
        ),
        Alert(
            name="AppliedElsewhere",
            # A host that an apply need not change keeps its record, if that says the same.
            expr="hopthu_applied_seconds unless on (commit, data, day)"
            " hopthu_applied_seconds == scalar(max(hopthu_applied_seconds))",
            lasting=2 * 3600,
            summary=Message("The last apply did not reach this host."),
        ),
        Alert(
            name="NotMeasured",
            expr=f"time() - hopthu_measured_seconds > {3 * intervals.MEASURE}"
            " or hopthu_measure_failed == 1 or node_scrape_collector_success == 0"
            ' or up{job="hosts"} == 1 unless on (host) hopthu_measured_seconds',
            lasting=20,
            summary=Message("Part of what is to be watched on the host is not measured."),
        ),
    ),
    exempt={
        "versions": "its settings are the same in each version of Debian's",
        "services": "the monitor misses it",
        "health": "it serves the monitor alone",
        "probes": "a lab test has the monitor alarm of what it tells",
    },
)
