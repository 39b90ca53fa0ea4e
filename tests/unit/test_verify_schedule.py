"""Probes run side by side without spoiling each other, and give way to Ctrl-C."""

import threading
import time

import pytest

from hopthu.verify.probe import Probe, Result, Trial
from hopthu.verify.schedule import Progress, may_start, run_all


def probe(key: str, **more: object) -> Probe:
    return Probe(key, key, "Art. 1", lambda _: "", **more)  # type: ignore[arg-type]


QUIET = probe("quiet", uses=("mail",))
APART = probe("apart", uses=())
BREAKS_MAIL = probe("breaks", uses=("mail",), disturbs=("mail",))
BREAKS_MAIL_TOO = probe("breaks-too", uses=("mail",), disturbs=("mail",))
LAST = probe("last", uses=(), last=True)


@pytest.mark.parametrize(
    ("candidate", "running", "waiting", "expected"),
    [
        (QUIET, [], [], True),
        (QUIET, [QUIET], [], True),
        (QUIET, [BREAKS_MAIL], [], False),
        (BREAKS_MAIL, [QUIET], [], False),
        (BREAKS_MAIL, [BREAKS_MAIL_TOO], [], False),
        (APART, [BREAKS_MAIL], [], True),
        (BREAKS_MAIL, [APART], [], True),
        (LAST, [], [LAST], True),
        (LAST, [APART], [LAST], False),
        (LAST, [], [LAST, QUIET], False),
    ],
)
def test_may_start(
    candidate: Probe, running: list[Probe], waiting: list[Probe], expected: bool
) -> None:
    """A probe waits for those it would spoil or that would spoil it."""
    assert expected == may_start(candidate, running, waiting)


def run(probes: list[Probe], workers: int = 4) -> tuple[list[Result], list[tuple[str, ...]]]:
    """Run probes that do nothing; return results and who was seen running together."""
    together: list[tuple[str, ...]] = []

    def one(trial: Trial) -> Result:
        time.sleep(0.01)
        p = trial.probe
        return Result(p.id, p.title, p.article, True, "")

    def report(progress: Progress) -> None:
        together.append(progress.running)

    trials = [Trial(p, {}) for p in probes]
    return run_all(trials, one, report, workers=workers, stop=lambda: None), together


def test_results_keep_the_order_of_probes() -> None:
    """Whatever ran first, the table reads as the list does."""
    probes = [BREAKS_MAIL, LAST, QUIET, APART]
    results, _ = run(probes)
    assert [p.id for p in probes] == [r.id for r in results]


def test_each_trial_of_a_probe_has_its_result() -> None:
    """The trials of one probe have its id in common."""
    results, _ = run([QUIET, QUIET, APART])
    assert ["quiet", "quiet", "apart"] == [r.id for r in results]


def test_a_probe_never_runs_beside_one_that_disturbs_it() -> None:
    """Nothing that uses mail is under way while mail is stopped."""
    probes = [probe(f"q{n}", uses=("mail",)) for n in range(6)]
    _, together = run([BREAKS_MAIL, *probes, BREAKS_MAIL_TOO, APART])
    beside = [set(ids) - {"apart"} for ids in together if "breaks" in ids or "breaks-too" in ids]
    assert beside
    assert all(len(ids) == 1 for ids in beside)


def test_no_more_than_workers() -> None:
    """Two cores are not helped by forty sessions."""
    _, together = run([probe(f"q{n}") for n in range(9)], workers=3)
    assert 3 == max(map(len, together))


def test_an_interruption_waits_for_running_probes() -> None:
    """On Ctrl-C probes are stopped, none starts, and stopped services are started again."""
    stopped, restored, begun = threading.Event(), threading.Event(), []

    def one(trial: Trial) -> Result:
        p = trial.probe
        begun.append(p.id)
        stopped.wait(10)
        time.sleep(0.05)
        restored.set()
        return Result(p.id, p.title, p.article, False, "")

    def report(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(
            [Trial(p, {}) for p in (BREAKS_MAIL, QUIET)], one, report, workers=4, stop=stopped.set
        )
    assert ["quiet"] == begun
    assert restored.is_set()
