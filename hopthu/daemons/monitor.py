"""The monitor: Prometheus asks every host how it is, Alertmanager tells the operator, two ways.

Another host misses it. docs/decisions/monitoring.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from hopthu.daemons import accounts, exporter, intervals, registry
from hopthu.daemons.base import TLS
from hopthu.daemons.program import program
from hopthu.daemons.record import (
    LOAD_UNITS,
    Alert,
    Daemon,
    FileSet,
    NetworkPassage,
    Passage,
    Service,
    itself,
)
from hopthu.daemons.staged import compiled, verified
from hopthu.desired import probes
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, rendered, template
from hopthu.render.files import File, Files
from hopthu.tool.resources import resource

PROMETHEUS, ALERTMANAGER = 9090, 9093
"""Alertmanager answers its own host alone: whoever reaches it can silence every alarm."""
MAIL = 9095
"""The port on which the monitor takes alarms for the operator's mailbox, from itself alone."""
FOLDER = "/etc/hopthu/monitor"
PAGE = "/consoles/index.html"
"""The path of the status page, on Prometheus' port."""
ROUND_TRIP = "hopthu-round-trip"
"""The timer, the service and what it is run as, which sends a message each minute and reads it."""
TIMER, SOCKET = "hopthu-monitor-missed.timer", "hopthu-alarm.socket"
RUNBOOKS = "docs/canh-bao.md"
"""What to do, a section an alarm: an alarm brings it along, to whoever has no checkout at hand."""
_PROGRAMS = "/usr/local/lib/hopthu"
_UNITS = "/etc/systemd/system"
_DATA = "/var/lib/prometheus/metrics2"
_NAME = re.compile(r"\b(?:alertmanager|hopthu|node)_\w+")
"""What Alertmanager and the exporter call what they tell."""
_OF_SYSTEM = 2000
"""Series of units and file systems of a host: some hundred on a host of every role."""
_SUFFIXES = ("service", "timer")
_ACCOUNT = "_hopthu-round-trip"
_SYSUSERS = "/etc/sysusers.d/hopthu-round-trip.conf"
_LATE = 90
"""Seconds in which one message at least arrives of those sent each minute."""
_DAYS = 30
"""Days for which Prometheus keeps what it has read."""


def _lately(counter: str, of: str = "increase({})") -> str:
    """Return by how much a counter grew in two rounds of Alertmanager, for each way."""
    kept = f"alertmanager_{counter}_total[{2 * intervals.AGAIN}s]"
    return f"sum by (host, receiver_name) ({of.format(kept, kept)})"


_EXACTLY = "max_over_time({}) - min_over_time({})"
"""What `increase` estimates; but it knows that a counter begins anew with its process."""
_UNSENT = (
    f"{_lately('notifications_failed')} > 0 or {_lately('notification_requests_failed')} > 0"
    f" and {_lately('notification_requests_failed', _EXACTLY)}"
    f" == {_lately('notification_requests', _EXACTLY)}"
)
"""An alarm was given up, or of all tries, of which each has several, none came through."""
_WATCHING = f'up{{job="monitor"}} == 1 unless on (host) count by (host) ({_UNSENT}) > 1'
"""What has an answer while Prometheus reads and stores, and alarms leave Alertmanager, one way."""

MISSED = Alert(
    name="MonitorMissed",
    # What no monitor says of itself: another host sends it.
    expr="",
    summary=Message("The monitor does not answer: nobody watches the centre."),
)


def files(context: Context) -> Files:
    """Return what a monitor needs."""
    if not context.host.has("monitor"):
        return {}
    values = {
        "hosts": [(each, _series(context, each)) for each in context.centre.hosts],
        "names": "|".join(_read(context)), "data": _DATA, "exporter": exporter.PORT,
        "prometheus": PROMETHEUS, "alertmanager": ALERTMANAGER, "mail": MAIL, "folder": FOLDER,
        "days": _DAYS, "intervals": intervals,
        "slice": exporter.SLICE, "account": accounts.ALARM.name,
        "program": f"{_PROGRAMS}/alarm-mail", "settings": f"{FOLDER}/mail.json",
    }  # fmt: skip
    places = {
        "/etc/default/prometheus": "prometheus.default.j2",
        "/etc/default/prometheus-alertmanager": "alertmanager.default.j2",
        f"{_UNITS}/prometheus.service.d/hopthu.conf": "prometheus.service.j2",
        f"{_UNITS}/prometheus-alertmanager.service.d/hopthu.conf": "alertmanager.service.j2",
        f"{_UNITS}/{SOCKET}": "hopthu-alarm.socket.j2",
        f"{_UNITS}/hopthu-alarm@.service": "hopthu-alarm@.service.j2",
        f"{FOLDER}/prometheus.yml": "prometheus.yml.j2",
        f"{FOLDER}/alertmanager.yml": "alertmanager.yml.j2",
        f"{FOLDER}{PAGE}": "status.html",
    }
    return {
        **program(f"{_PROGRAMS}/alarm-mail", "alarm_mail"),
        **rendered("monitor", places, context, **values),
        f"{FOLDER}/rules.yml": File.text(rules()),
        f"{FOLDER}/mail.json": File.text(json.dumps(_mailbox(context), indent=1) + "\n"),
    }


def _series(context: Context, host: Host) -> int:
    """Return how many series a host can have to tell, and no more are taken of it."""
    return _OF_SYSTEM + exporter.MOST * len(registry.measures(replace(context, host=host)))


def _read(context: Context) -> list[str]:
    """Return the names of what rules and page read: nothing else is kept."""
    texts = [alert.expr for alert in registry.alerts()]
    page = template("monitor/status.html", context)
    return sorted({name for text in (*texts, _WATCHING, page) for name in _NAME.findall(text)})


def round_trip(context: Context) -> Files:
    """Return what sends a message each minute to every store; nothing without accounts for it."""
    desired, centre = context.desired, context.centre
    found = sorted({each.store for each in desired.probes})
    if not context.host.has("monitor") or not found:
        return {}
    key, settings = f"{FOLDER}/round-trip.key", f"{FOLDER}/round-trip.json"
    values = {
        "program": f"{_PROGRAMS}/round-trip", "settings": settings, "slice": exporter.SLICE,
        "account": _ACCOUNT, "state": Path(exporter.MESSAGES).name, "key": key,
    }  # fmt: skip
    places = {
        role: [{"name": host.fqdn, "address": host.address} for host in centre.with_role(role)]
        for role in ("access", "edge")
    }
    told = {
        "domain": desired.domain,
        "ca": f"{TLS}/ca.pem",
        "accounts": {store: probes.account(probes.MINUTE, store) for store in found},
        **places,
    }
    texts = {
        _SYSUSERS: "sysusers.conf.j2",
        **{f"{_UNITS}/{ROUND_TRIP}.{each}": f"{ROUND_TRIP}.{each}.j2" for each in _SUFFIXES},
    }
    return {
        **program(values["program"], "round_trip"),
        settings: File.text(json.dumps(told, indent=1) + "\n"),
        key: File(context.keys["monitor.key"], mode=0o600, secret=True),
        **rendered("monitor", texts, context, **values),
    }


def rules() -> str:
    """Return the rules of Prometheus, those of all records; JSON is YAML too."""
    group = {"name": "hopthu", "rules": [*_rules()]}
    return json.dumps({"groups": [group]}, indent=1, ensure_ascii=False) + "\n"


def _rules() -> Iterator[dict[str, object]]:
    for alert in registry.alerts():
        yield {
            "alert": alert.name,
            "expr": alert.expr,
            "for": f"{alert.lasting}s",
            "annotations": _notes(alert),
        }


def _notes(alert: Alert) -> dict[str, str]:
    """Return what is said with an alarm, in Vietnamese: the operator reads it."""
    return {
        "summary": translate(alert.summary, "vi"),
        "runbook": f"{RUNBOOKS}#{alert.name.lower()}",
        "steps": _steps()[alert.name],
    }


def _steps() -> dict[str, str]:
    """Return the sections of the runbooks by their headings, links as the words they are of."""
    page = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", resource(RUNBOOKS).read_text("utf-8"))
    _, *sections = re.split("^## ", page, flags=re.MULTILINE)
    return {name: text.strip() for name, _, text in (each.partition("\n") for each in sections)}


def _mailbox(context: Context) -> dict[str, str | int]:
    """Return where the operator's mailbox is, and how to reach it."""
    desired, operator = context.desired, context.policy.operator
    mailbox = next(each for each in desired.mailboxes if each.id == operator)
    return {
        "address": f"{mailbox.addresses[0]}@{desired.domain}",
        "domain": desired.domain,
        "store": context.centre.store_host(mailbox.store).address,
        "ca": f"{TLS}/ca.pem",
        "patience": intervals.TRY,
    }


def missed(context: Context) -> Files:
    """Return what misses monitors, on a host that shall; nothing if there is no way to tell."""
    monitors = [
        {
            "name": MISSED.name, "monitor": monitor.name, "alarms": monitor.alarms,
            "ask": f"http://{monitor.address}:{PROMETHEUS}/api/v1/query?"
            + urlencode({"query": _WATCHING}),
            **_notes(MISSED),
        }
        for monitor in context.centre.with_role("monitor")
        if monitor.alarms and context.host in _missing(context.centre, monitor)
    ]  # fmt: skip
    if not monitors:
        return {}
    settings, name = f"{FOLDER}/missed.json", TIMER.removesuffix(".timer")
    values = {
        "program": f"{_PROGRAMS}/monitor-missed", "settings": settings, "slice": exporter.SLICE,
        "account": accounts.MISSED.name, "every": str(intervals.ASK),
    }  # fmt: skip
    units = {f"{_UNITS}/{name}.{suffix}": f"{name}.{suffix}.j2" for suffix in _SUFFIXES}
    told = {
        "silent": intervals.SILENT, "pause": intervals.PAUSE, "patience": intervals.PATIENCE,
        "monitors": monitors,
    }  # fmt: skip
    return {
        **program(values["program"], "monitor_missed"),
        settings: File.text(json.dumps(told, indent=1, ensure_ascii=False) + "\n"),
        **rendered("monitor", units, context, **values),
    }


def _missing(centre: Centre, monitor: Host) -> tuple[Host, ...]:
    """Return the hosts that miss a monitor: the operator's and those with copies, but itself."""
    return tuple(
        host for host in centre.hosts if host != monitor and host.has("operator", "backup")
    )


def _monitors(host: Host) -> bool:
    return host.has("monitor")


DAEMON = Daemon(
    name="monitor",
    title=Message("Monitor"),
    roles=("monitor", "operator", "backup"),
    after=("exporter",),
    packages={"monitor": ("prometheus", "prometheus-alertmanager")},
    services=(
        Service("prometheus", on=_monitors),
        Service("prometheus-alertmanager", on=_monitors),
    ),
    units=(SOCKET, TIMER, f"{ROUND_TRIP}.timer"),
    file_sets=(
        FileSet(
            name="monitor",
            render=files,
            configure=Message("Configure the monitor"),
            activate=Message("Restart the monitor"),
            activation="restart",
            phrase=Message("the monitor restarts; alarms come a minute later"),
            command=f"{LOAD_UNITS} && systemctl restart {SOCKET} prometheus.service"
            " prometheus-alertmanager.service",
            test=f"promtool check config {{stage}}{FOLDER}/prometheus.yml >/dev/null\n"
            f"amtool check-config {{stage}}{FOLDER}/alertmanager.yml >/dev/null\n"
            + verified("hopthu-alarm*")
            + compiled(f"{_PROGRAMS}/alarm-mail"),
        ),
        FileSet(
            name="monitor-missed",
            render=missed,
            configure=Message("Configure what misses the monitor"),
            activate=Message("Load what misses the monitor"),
            activation="nothing",
            phrase=Message("what misses the monitor: nothing is restarted or reloaded"),
            test=verified("hopthu-monitor-missed.*") + compiled(f"{_PROGRAMS}/monitor-missed"),
        ),
        FileSet(
            name="round-trip",
            render=round_trip,
            configure=Message("Configure what sends a message each minute"),
            activate=Message("Load what sends a message each minute"),
            activation="nothing",
            phrase=Message("what sends a message each minute: nothing is restarted or reloaded"),
            command=f"systemd-sysusers {_SYSUSERS} && {LOAD_UNITS}",
            test=verified(f"{ROUND_TRIP}.*") + compiled(f"{_PROGRAMS}/round-trip"),
        ),
    ),
    passages=(
        Passage(
            role="monitor",
            ports=(PROMETHEUS,),
            sources=_missing,
            accounts=(accounts.MISSED,),
            why="Whether the monitor watches, for the hosts that would miss it.",
        ),
        Passage(
            role="monitor",
            ports=(ALERTMANAGER, MAIL),
            sources=itself,
            accounts=(accounts.PROMETHEUS,),
            why="Alarms, from Prometheus to Alertmanager, from there to the operator's mailbox.",
        ),
    ),
    networks=(
        NetworkPassage(
            role="monitor",
            ports=(PROMETHEUS,),
            may="administer",
            why="The status page, for the networks that administer the hosts.",
        ),
    ),
    alerts=(
        Alert(
            name="AlarmsUnsent",
            expr=_UNSENT,
            summary=Message("Alarms do not arrive by one of the two ways."),
        ),
        Alert(
            name="MailNotArriving",
            expr=f"time() - hopthu_message_seconds > {_LATE}",
            summary=Message("The message of each minute does not arrive: mail is not delivered."),
        ),
    ),
    exempt={
        "versions": "`promtool` and `amtool` test its configuration on the host",
        "health": "another host misses it",
        "probes": "a lab test has it alarm",
    },
)
