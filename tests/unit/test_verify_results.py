"""Results of probes: passed, failed, skipped, and how they are reported."""

import dataclasses
import json
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from hopthu.errors import HostFailed, UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Outside
from hopthu.model.policy import Probe as Probing
from hopthu.ssh import Target, finished
from hopthu.verify import journal, probing, report
from hopthu.verify.catalogue import PROBES
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.failure import NothingToTry, ProbeFailed
from hopthu.verify.probe import Probe, Result, Trial, trials
from regulations import THANH_HOA

PASSED = Result("case", "an address matches", "Art. 4", True, "seen", 1.25)
FAILED = Result("spam", "clear spam is refused", "Art. 5.1", False, "expected 5xx; got [250]", 2.0)
LEFT_OUT = Result("ham", "a letter arrives", "Art. 5.1", False, "no vantage", left_out=True)


def host(name: str, *roles: str) -> Host:
    return Host(name, f"{name}.example.vn", "10.0.0.1", frozenset(roles))


CENTRE = Centre("c", (host("access1", "access"), host("edge1", "edge"), host("edge2", "edge")))


def context(**changes: object) -> ProbeContext:
    """Return a context with what `left_out` needs."""
    probe = Probing(accounts=True, outside=Outside("192.0.2.25", "example.org"))
    values: dict[str, object] = {
        "inventory": SimpleNamespace(throwaway=False, vantages={"client": {}}),
        "site": SimpleNamespace(policy=SimpleNamespace(probe=probe), centre=CENTRE),
    }
    others = ("ssh", "client", "internet", "passwords", "places", "stopping", "run", "began")
    return ProbeContext(**dict.fromkeys(others) | values | changes)  # type: ignore[arg-type]


def a_probe(check: object = None, title: str = "title", **more: object) -> Probe:
    return Probe("id", title, "Art. 4", check or (lambda _: "seen"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (a_probe(), ""),
        (a_probe(needs=("accounts",)), ""),
        (a_probe(disturbs=("mail",)), "it would stop a service (mail), so it runs only in a lab"),
        (a_probe(needs=("internet",)), "the inventory has no vantage `internet`"),
        (a_probe(through=("store",)), "no host of the inventory has the role store"),
    ],
)
def test_left_out(probe: Probe, expected: str) -> None:
    """Outside a lab a probe that cannot be run says why."""
    assert expected == probing.left_out(probe, context())


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        ("accounts", "the policy has no accounts for probing (`probe.accounts`)"),
        ("internet", "the policy names no mail server outside (`probe.outside`)"),
    ],
)
def test_left_out_by_the_policy(need: str, expected: str) -> None:
    """A policy without accounts, or without a server that may write to them, says so."""
    site = SimpleNamespace(policy=SimpleNamespace(probe=Probing()), centre=CENTRE)
    inventory = SimpleNamespace(throwaway=False, vantages={"internet": {}})
    found = context(site=site, inventory=inventory)
    assert expected == probing.left_out(a_probe(needs=(need,)), found)


def test_disturbing_probes_run_in_a_lab() -> None:
    """A lab has no real mail."""
    inventory = SimpleNamespace(throwaway=True, vantages={})
    assert "" == probing.left_out(a_probe(disturbs=("mail",)), context(inventory=inventory))


def failing(error: Exception) -> Probe:
    def check(_: ProbeContext) -> str:
        raise error

    return a_probe(check)


@pytest.mark.parametrize(
    ("probe", "passed", "detail"),
    [
        (a_probe(), True, "seen"),
        (failing(ProbeFailed(expected="550", got="250")), False, "expected 550; got 250"),
        (failing(HostFailed("edge1 is gone", fix="start it")), False, "edge1 is gone; start it"),
        (failing(TimeoutError()), False, "TimeoutError"),
    ],
)
def test_run_one(probe: Probe, passed: bool, detail: str) -> None:
    """Whatever a probe raises is its own failure, never the run's."""
    result = probing.run_one(Trial(probe, {}), context())
    assert (passed, detail) == (result.passed, result.detail)


def test_nothing_to_try_is_no_success() -> None:
    """The probe is skipped with the reason, in a lab too; it fails the run if it must not be."""
    (trial,) = trials(failing(NothingToTry(Message("nobody has left"))), CENTRE, ())
    result = probing.merged([probing.run_one(trial, context())])
    assert (False, True, False) == (result.passed, result.left_out, result.failed)
    assert "nobody has left" == result.detail
    assert probing._needed(result, True).failed
    assert PASSED == probing._needed(PASSED, True)


def test_every_host_of_a_role_is_tried() -> None:
    """The other role's hosts take turns; a probe without a role is tried once."""
    found = trials(a_probe(through=("edge", "access")), CENTRE, ())
    expected = [["edge1", "access1"], ["edge2", "access1"]]
    assert expected == [[h.name for h in trial.through.values()] for trial in found]
    assert [{}] == [trial.through for trial in trials(a_probe(), CENTRE, ())]


def test_every_store_is_tried() -> None:
    """A host may have several; other probes use the first."""
    both = Host("mail1", "mail1.vn", "10.0.0.1", frozenset({"store", "edge"}), ("s1", "s2"))
    centre = Centre("c", (both,))
    found = trials(a_probe(through=("edge", "store")), centre, ("s1", "s2"))
    assert ["s1", "s2"] == [trial.store for trial in found]
    assert {both} == {host for trial in found for host in trial.through.values()}
    assert ["s1"] == [trial.store for trial in trials(a_probe(), centre, ("s1", "s2"))]


def test_a_failure_names_the_host() -> None:
    """One host of two is broken: the probe fails, and says through which."""

    def check(context: ProbeContext) -> str:
        if context.host("edge").name == "edge2":
            raise ProbeFailed(expected="550", got="250")
        return "seen"

    found = trials(a_probe(check, through=("edge",)), CENTRE, ())
    result = probing.merged([probing.run_one(trial, context()) for trial in found])
    assert (False, "through edge2: expected 550; got 250") == (result.passed, result.detail)


def test_a_probe_that_passes_everywhere_passes() -> None:
    """It has one result, and says once what it saw."""
    found = trials(a_probe(through=("edge",)), CENTRE, ())
    result = probing.merged([probing.run_one(trial, context()) for trial in found])
    assert (True, "seen") == (result.passed, result.detail)


def test_a_probe_asks_for_hosts_of_its_own_roles_only() -> None:
    """Otherwise it would be tried on one host of the role."""
    probe = a_probe(lambda context: context.host("access").name, through=("edge",))
    (result, _) = [probing.run_one(trial, context()) for trial in trials(probe, CENTRE, ())]
    assert not result.passed


def test_unknown_probe() -> None:
    """A misspelt id is an error, not an empty success."""
    with pytest.raises(UsageError, match="no probe called virus-inbond"):
        probing.choose(["case", "virus-inbond"])


def test_chosen_probes_keep_their_order() -> None:
    """The list decides, not the command line."""
    assert ["case", "spam"] == [p.id for p in probing.choose(["spam", "case"])]
    assert list(PROBES) == probing.choose(None)


def test_json() -> None:
    """DESIGN §5; skipped probes are listed separately."""
    made = json.loads(report.as_json([PASSED, FAILED, LEFT_OUT], regulation=THANH_HOA))
    assert ["case", "spam"] == [p["id"] for p in made["probes"]]
    assert {
        "id": "case",
        "title": "an address matches",
        "article": "Art. 4",
        "passed": True,
        "detail": "seen",
        "seconds": 1.25,
    } == made["probes"][0]
    assert [{"id": "ham", "reason": "no vantage", "required": False}] == made["left_out"]


def test_text() -> None:
    """A failure says what was expected and what came; brackets are text, not markup."""
    out = StringIO()
    report.show([PASSED, FAILED, LEFT_OUT], Console(file=out, width=120), regulation=THANH_HOA)
    text = out.getvalue()
    assert "expected 5xx; got [250]" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["ham", "a", "letter", "arrives", "Art.", "5.1", "skipped"] in rows
    assert "skipped, no vantage: ham" in text
    assert "required, but" not in text
    assert "1 of 3 probes passed, 1 failed: spam, 1 skipped: ham." in text


def test_text_in_vietnamese() -> None:
    """Headings, titles, details, articles and the summary; ids and replies of servers stay."""
    failure = ProbeFailed(expected=Message("no hash"), got="userPassword")
    probe = a_probe(failing(failure).check, title=Message("passed"))
    result = probing.run_one(Trial(probe, {"edge": CENTRE.host("edge2")}), context())
    result = dataclasses.replace(result, article="Art. 5.1, 6.5", seconds=2.0)
    reason = probing.left_out(a_probe(needs=("internet",)), context())
    left_out = dataclasses.replace(LEFT_OUT, detail=reason)
    out = StringIO()
    report.show([result, left_out], Console(file=out, width=160), "vi", regulation=THANH_HOA)
    text = out.getvalue()
    assert "qua edge2: cần: không có mã băm; thực tế: userPassword" in text
    assert "id (khoản 1 Điều 5, khoản 5 Điều 6): đạt" in text
    assert "bỏ qua, danh mục máy chủ không có điểm kiểm tra `internet`: ham" in text
    assert "0/2 phép thử đạt, 1 thất bại: id, 1 bỏ qua: ham." in text
    made = json.loads(report.as_json([result, left_out], "vi", regulation=THANH_HOA))
    assert "qua edge2: cần: không có mã băm; thực tế: userPassword" == made["probes"][0]["detail"]


def test_a_skipped_required_probe_is_reported() -> None:
    """It fails the run, unlike other skipped probes."""
    required = dataclasses.replace(LEFT_OUT, required=True)
    assert [False, True, False, True] == [r.failed for r in (PASSED, FAILED, LEFT_OUT, required)]
    out = StringIO()
    report.show([PASSED, required], Console(file=out, width=120), regulation=THANH_HOA)
    assert "required, but skipped: ham" in out.getvalue()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], set()),
        (["case"], {"case"}),
        (["all"], {"case", "spam"}),
        (["case", "all"], {"case", "spam"}),
    ],
)
def test_required(names: list[str], expected: set[str]) -> None:
    """Ids, or all that are chosen."""
    assert expected == probing.required(names, probing.choose(["case", "spam"]))


@pytest.mark.parametrize(
    ("name", "says"), [("spma", "no probe called spma"), ("ham", "--require names ham")]
)
def test_an_unknown_required_probe_is_refused(name: str, says: str) -> None:
    """A misspelt id would require nothing."""
    with pytest.raises(UsageError, match=says):
        probing.required([name], probing.choose(["case", "spam"]))


def test_allowed_journal_lines_have_reasons() -> None:
    """Each names a unit, a pattern that is not everything, and why it may stand."""
    for rule in journal.allowed():
        assert len(rule.reason) > 20
        assert not rule.text.fullmatch("panic: something nobody ever saw")


@pytest.mark.parametrize(("ahead", "allowed"), [("1", True), ("2", False), ("10", False)])
def test_a_file_may_seem_a_second_ahead(ahead: str, allowed: bool) -> None:
    """At the turn of a second by a finer clock; a clock that was set back is still reported."""
    text = f"warning: file system clock is {ahead} seconds ahead of local clock"
    line = journal.Line("mail1", "postfix.service", text)
    assert any(rule.covers(line) for rule in journal.allowed()) is allowed


def test_journal_lines() -> None:
    """The unit systemd speaks of counts, not systemd; bytes that are no UTF-8 are still read."""
    rows = [
        {"MESSAGE": "gone", "_SYSTEMD_UNIT": "init.scope", "UNIT": "rspamd.service"},
        {"MESSAGE": [255, 65], "_SYSTEMD_UNIT": "postfix.service"},
        {"MESSAGE": None, "SYSLOG_IDENTIFIER": "kernel"},
    ]
    lines = list(journal.parse("edge1", "\n".join(map(json.dumps, rows))))
    assert ["rspamd.service", "postfix.service", "kernel"] == [line.unit for line in lines]
    assert ["gone", "\ufffdA", ""] == [line.text for line in lines]


def test_target_of_inventory_data() -> None:
    """The keys are pyinfra's own; strict about the host's key whatever ssh_config says."""
    target = Target.of("edge1", {"ssh_hostname": "10.0.0.1", "ssh_user": "op", "ssh_key": "k"})
    assert "10.0.0.1" == target.hostname
    options = " ".join(target.options)
    assert "StrictHostKeyChecking=yes" in options
    assert "-l op -i k -o IdentitiesOnly=yes" in options
    assert "edge1" == Target.of("edge1", {}).hostname


def test_command_that_hangs() -> None:
    """A host that does not answer is a failed host, with its name."""
    with pytest.raises(HostFailed, match="edge1: a command did not finish within 0 s"):
        finished(["sleep", "5"], "edge1", b"", 0.05)


def test_results_are_values() -> None:
    """Nothing changes a result once it is there."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        PASSED.passed = False  # type: ignore[misc]


def test_list_needs_no_inventory(tmp_path: Path) -> None:
    """Which probes there are is known without servers."""
    from click.testing import CliRunner

    from hopthu.cli.verify import verify

    done = CliRunner().invoke(verify, ["lab", "--list", "--root", str(tmp_path)])
    assert 0 == done.exit_code, done.output
    assert len(PROBES) == len(done.output.splitlines())


def test_a_program_of_its_own_goes_through_the_first_host_of_each_role() -> None:
    """Probes are told which hosts; what opens a context without one is not."""
    site, inventory = SimpleNamespace(centre=CENTRE), SimpleNamespace(vantages={}, data={})
    with opened(cast("Any", site), cast("Any", inventory)) as found:
        assert "edge1" == found.host("edge").name
