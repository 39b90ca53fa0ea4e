"""What hosts are given so that a monitor watches them, and the monitor itself."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from alarms import CASES, PAGE
from hopthu.daemons import exporter, intervals, monitor, registry
from hopthu.daemons.base import system
from hopthu.daemons.operator import DAILY, DRIFT
from hopthu.desired.mailbox import Mailbox
from hopthu.desired.state import Desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.render.context import Context
from hopthu.render.files import Files

ROOT = Path(__file__).parents[2]
OPERATOR = Mailbox(
    Policy().operator, "unit", "Văn phòng", ("vanphong",), "active", "store1", 0, "", ""
)
DESIRED = Desired(date(2026, 6, 1), "example.vn", (OPERATOR,), (), ())
MAIL = Host(
    "mail1", "mail1.example.vn", "10.88.0.11",
    frozenset({"store", "directory", "access", "operator"}), stores=("store1",),
)  # fmt: skip
EDGE = Host("edge1", "edge1.example.vn", "10.88.0.13", frozenset({"edge"}))
KEEPER = Host("backup1", "backup1.example.vn", "10.88.0.61", frozenset({"backup"}))
MONITOR = Host(
    "monitor1", "monitor1.example.vn", "10.88.0.71", frozenset({"monitor"}),
    alarms="http://10.88.0.101:8081/",
)  # fmt: skip
STORE = Host("store1", "store1.example.vn", "10.88.0.31", frozenset({"store"}), stores=("store2",))
CENTRE = Centre("c", (KEEPER, EDGE, MAIL, MONITOR))


def context(host: Host, centre: Centre = CENTRE) -> Context:
    """Return the input of renderers."""
    return Context(host, centre, DESIRED, Policy(), {})


def files(host: Host, centre: Centre = CENTRE) -> Files:
    """Return what a host gets of all this."""
    asked = context(host, centre)
    return {**exporter.files(asked), **monitor.files(asked), **monitor.missed(asked)}


def test_without_a_monitor_there_is_nothing() -> None:
    """Neither exporter nor measurements, and no port."""
    centre = Centre("c", (KEEPER, EDGE, MAIL))
    for host in centre.hosts:
        assert {} == files(host, centre)
        assert "9100" not in filtered(host, centre)


def filtered(host: Host, centre: Centre = CENTRE) -> str:
    """Return what the packet filter of a host says of what comes in."""
    text = system(context(host, centre))["/etc/nftables.conf"].content.decode()
    return text.partition("chain output")[0]


def test_the_monitor_alone_reaches_the_exporter() -> None:
    """Of a host itself nothing is said: it reaches its own ports anyway."""
    for host in (KEEPER, EDGE, MAIL):
        (rule,) = [line for line in filtered(host).splitlines() if "9100" in line]
        assert "ip saddr { 10.88.0.71 }" in rule
    assert "9100" not in filtered(MONITOR)


def test_who_misses_the_monitor_reaches_it() -> None:
    """The operator's host and those with copies, but not Alertmanager, which takes silences."""
    rules = [line for line in filtered(MONITOR).splitlines() if "9090" in line]
    assert any("ip saddr { 10.88.0.11, 10.88.0.61 }" in rule for rule in rules), rules
    assert "9093" not in filtered(MONITOR)
    assert b"--web.listen-address=127.0.0.1:9093" in (
        files(MONITOR)["/etc/default/prometheus-alertmanager"].content
    )
    missing = [host.name for host in CENTRE.hosts if monitor.missed(context(host))]
    assert ["backup1", "mail1"] == missing


def test_a_monitor_that_keeps_copies_does_not_miss_itself() -> None:
    """Its silence would go unheard."""
    both = replace(MONITOR, roles=frozenset({"monitor", "backup"}))
    assert {} == monitor.missed(context(both, Centre("c", (EDGE, MAIL, both))))


def test_each_monitor_is_missed() -> None:
    """By who misses any of them, and told where its own alarms go."""
    other = replace(MONITOR, name="monitor2", address="10.88.0.72", alarms="https://sms.example/")
    found = monitor.missed(context(MAIL, Centre("c", (KEEPER, EDGE, MAIL, MONITOR, other))))
    known = json.loads(found[f"{monitor.FOLDER}/missed.json"].content)["monitors"]
    assert [("monitor1", MONITOR.alarms), ("monitor2", other.alarms)] == [
        (each["monitor"], each["alarms"]) for each in known
    ]
    assert "10.88.0.72" in known[1]["ask"]


def test_without_a_second_way_there_is_no_call() -> None:
    """Alarms then come by mail alone, and nobody could tell that the monitor is missed."""
    alone = replace(MONITOR, alarms="")
    centre = Centre("c", (KEEPER, EDGE, MAIL, alone))
    found = yaml.safe_load(files(alone, centre)[f"{monitor.FOLDER}/alertmanager.yml"].content)
    assert ["mail"] == [each["name"] for each in found["receivers"]]
    assert {} == monitor.missed(context(MAIL, centre))


def test_targets_are_the_hosts_of_the_inventory() -> None:
    """Each is asked, the monitor too, and known by its name."""
    found = yaml.safe_load(files(MONITOR)[f"{monitor.FOLDER}/prometheus.yml"].content)
    *jobs, itself = found["scrape_configs"]
    asked = [each["labels"] for job in jobs for each in job["static_configs"]]
    assert ["backup1", "edge1", "mail1", "monitor1"] == [each["host"] for each in asked]
    assert {"hosts"} == {each["job"] for each in asked}
    assert "monitor" == itself["job_name"]


def test_of_what_hosts_tell_only_what_is_read_is_kept() -> None:
    """No more of it than a host can have: one that was taken over fills nobody's memory."""
    found = yaml.safe_load(files(MONITOR)[f"{monitor.FOLDER}/prometheus.yml"].content)
    page = files(MONITOR)[f"{monitor.FOLDER}{monitor.PAGE}"].content.decode()
    read = f"{monitor.rules()} {page}"
    for job in found["scrape_configs"]:
        (keep,) = job["metric_relabel_configs"]
        assert "keep" == keep["action"]
        names = keep["regex"].split("|")
        assert all(name in read for name in names)
        assert {"hopthu_queue_recipients", "node_time_seconds", "hopthu_wanted"} < {*names}
        assert not re.fullmatch(keep["regex"], "node_anything_else")
    limits = {job["job_name"]: job.get("sample_limit", 0) for job in found["scrape_configs"]}
    assert limits["hosts-edge1"] < limits["hosts-mail1"] < 10_000
    unit = files(MONITOR)["/etc/systemd/system/prometheus.service.d/hopthu.conf"].content.decode()
    assert "MemoryMax=" in unit


def test_an_alarm_arrives_within_two_minutes() -> None:
    """Of all that is not slow by itself; of ways that are dead, and of the monitor, too."""
    sudden = [alert.lasting for alert in registry.alerts() if alert.lasting < 3600]
    assert 30 == max(sudden)
    for each in sudden:
        assert intervals.told(each) <= intervals.LIMIT
        assert intervals.way_told(each) <= intervals.LIMIT
        assert intervals.both_ways_told(each) <= intervals.LIMIT
    assert intervals.missed() <= intervals.LIMIT


def test_what_an_alarm_waits_for_is_as_long_as_is_reckoned_with() -> None:
    """In the settings of all that has a part in it."""
    found, keeper = files(MONITOR), files(KEEPER)
    prometheus = yaml.safe_load(found[f"{monitor.FOLDER}/prometheus.yml"].content)
    assert f"{intervals.SCRAPE}s" == prometheus["global"]["scrape_interval"]
    assert f"{intervals.EVALUATE}s" == prometheus["global"]["evaluation_interval"]
    *hosts, ways = prometheus["scrape_configs"]
    assert f"{intervals.WAYS}s" == ways["scrape_interval"]
    assert not any("scrape_interval" in each for each in hosts)
    sends = yaml.safe_load(found[f"{monitor.FOLDER}/alertmanager.yml"].content)
    assert f"{intervals.GATHER}s" == sends["route"]["group_wait"]
    assert f"{intervals.AGAIN}s" == sends["route"]["group_interval"]
    (call,) = sends["receivers"][1]["webhook_configs"]
    assert f"{intervals.TRY}s" == call["timeout"]
    assert intervals.TRY == json.loads(found[f"{monitor.FOLDER}/mail.json"].content)["patience"]
    told = json.loads(keeper[f"{monitor.FOLDER}/missed.json"].content)
    assert (intervals.SILENT, intervals.PAUSE, intervals.PATIENCE) == (
        told["silent"], told["pause"], told["patience"],
    )  # fmt: skip
    for unit, seconds in ((monitor.TIMER, intervals.ASK), (exporter.TIMER, intervals.MEASURE)):
        text = keeper[f"/etc/systemd/system/{unit}"].content.decode()
        assert f"\nOnUnitActiveSec={seconds}\n" in text


@pytest.mark.parametrize("host", CENTRE.hosts, ids=lambda host: host.name)
def test_services_are_watched_as_records_have_them(host: Host) -> None:
    """What must run is what health checks ask for, and the exporter tells of each."""
    found = files(host)
    wanted = found[f"{exporter.TEXTS}/hopthu-wanted.prom"].content.decode()
    units = [service.unit for service in registry.services_of(host)]
    assert [f"{unit}.service" for unit in units] == re.findall(r'name="(.*)"', wanted)
    told = found["/etc/default/prometheus-node-exporter"].content.decode()
    (pattern,) = re.findall(r"unit-include=(\S+)", told)
    assert all(re.match(pattern, f"{unit}.service") for unit in units)


def test_what_is_measured_is_in_the_records() -> None:
    """Of a host, what its daemons name; a keeper has all copies to look for."""
    measured = {host.name: json.loads(files(host)["/etc/hopthu/measures.json"].content)
                for host in (*CENTRE.hosts, STORE)}  # fmt: skip
    assert {"certificate", "applied", "queue"} == {*measured["edge1"]}
    assert {"certificate", "applied"} == {*measured["monitor1"]}
    assert {"queue", "stopped", "notes", "operator", "jobs"} < {*measured["mail1"]}
    assert ["", "transport"] == [
        measured[name]["queue"][0].rpartition("/")[2] for name in ("store1", "edge1")
    ]
    assert "mail1=10.88.0.11" in measured["edge1"]["queue"]
    jobs = {each.split("/")[0]: int(each.split("/")[2]) for each in measured["mail1"]["jobs"]}
    assert {"mail", "directory", "records", "drill", "rebuild"} == {*jobs}
    assert 26 * 3600 == jobs["drill"]
    assert ["prune/hopthu-backup-prune/93600"] == measured["backup1"]["jobs"]
    kinds = [f"mail1/{kind}" for kind in ("mail", "directory", "records")]
    assert ["/srv/hopthu-backup", *kinds] == measured["backup1"]["copies"]


def test_letters_go_to_the_store_of_the_operator() -> None:
    """Not to an edge, which may be what is wrong."""
    found = json.loads(files(MONITOR)[f"{monitor.FOLDER}/mail.json"].content)
    assert ("vanphong@example.vn", "10.88.0.11") == (found["address"], found["store"])
    assert "10.88.0.71" in "".join(
        line for line in filtered(MAIL).splitlines() if "dport { 24 }" in line
    )


def test_a_message_goes_to_each_store_with_accounts_for_it() -> None:
    """Signed in at access hosts and through edges; the password is where root alone reads it."""
    probe = replace(OPERATOR, id="probe_minute_store1")
    other = replace(OPERATOR, id="probe_minute_store2", store="store2")
    watched = replace(DESIRED, probes=(other, probe))
    keys = {"monitor.key": b"one-word"}
    found = monitor.round_trip(Context(MONITOR, CENTRE, watched, Policy(), keys))
    told = json.loads(found[f"{monitor.FOLDER}/round-trip.json"].content)
    accounts = {store: f"probe_minute_{store}" for store in ("store1", "store2")}
    assert accounts == told["accounts"]
    assert ["10.88.0.11"] == [each["address"] for each in told["access"]]
    assert ["edge1.example.vn"] == [each["name"] for each in told["edge"]]
    key = found[f"{monitor.FOLDER}/round-trip.key"]
    assert (b"one-word", 0o600, True) == (key.content, key.mode, key.secret)
    assert [key] == [file for file in found.values() if b"one-word" in file.content]
    assert {} == monitor.round_trip(Context(MAIL, CENTRE, watched, Policy(), keys))
    assert {} == monitor.round_trip(context(MONITOR))


def test_the_exporter_reads_when_messages_arrived() -> None:
    """On monitors, in the folder of what writes it."""
    option = " --collector.textfile.directory="
    read = {
        host.name: files(host)["/etc/default/prometheus-node-exporter"].content.decode()
        for host in (MONITOR, EDGE)
    }
    assert [exporter.TEXTS, exporter.MESSAGES] == re.findall(rf'{option}([^ "]+)', read["monitor1"])
    assert [exporter.TEXTS] == re.findall(rf'{option}([^ "]+)', read["edge1"])


def test_a_host_is_asked_how_far_it_is_from_its_time_source() -> None:
    """Nobody is asked where the inventory names none."""
    place = "/etc/default/prometheus-node-exporter"
    given = replace(EDGE, time_source="ntp.example.vn")
    found = files(given, Centre("c", (MAIL, given, MONITOR)))[place].content.decode()
    assert " --collector.ntp --collector.ntp.server=ntp.example.vn " in found
    assert "ntp" not in files(EDGE)[place].content.decode()


def test_units_keep_what_their_programs_say() -> None:
    """What is below the highest level is dropped, and programs are one below it by default."""
    for path in (ROOT / "templates").rglob("*.service.j2"):
        text = path.read_text("utf-8")
        if "LogLevelMax=notice" in text:
            assert "SyslogLevel=notice" in text, path


def test_an_alarm_has_a_case_a_runbook_and_a_row() -> None:
    """At most 25; `promtool` tries the cases on the monitor of a lab."""
    names = [alert.name for alert in registry.alerts()]
    assert len(names) == len(set(names)) <= 25
    assert set(names) == CASES.keys()
    headings = re.findall("^## (.+)$", PAGE, re.MULTILINE)
    assert {*names, monitor.MISSED.name} == set(headings)
    rows = re.findall("`([A-Z][A-Za-z]+)`", (ROOT / "docs/monitoring.md").read_text("utf-8"))
    assert {*headings} <= {*rows}


def test_alarms_are_said_in_vietnamese() -> None:
    """With the section to read."""
    for rule in json.loads(monitor.rules())["groups"][0]["rules"]:
        notes = rule["annotations"]
        assert not notes["summary"].isascii()
        assert f"docs/canh-bao.md#{rule['alert'].lower()}" == notes["runbook"]
        assert "\n1. " in notes["steps"]
        assert "](" not in notes["steps"]


@pytest.mark.parametrize(("name", "jobs"), [("Drift", {DRIFT}), ("DueNotDone", {DAILY, DRIFT})])
def test_what_a_daily_run_has_found_is_over_when_it_finds_it_no_more(
    name: str, jobs: set[str]
) -> None:
    """So the last step is to run it again."""
    _, _, last = monitor._steps()[name].rpartition("\n4. " if name == "Drift" else "\n3. ")
    assert jobs == set(re.findall("systemctl start ([a-z-]+)", last))
