"""Run probes in parallel, but never one while another disturbs a service that it uses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from hopthu.verify.probe import Probe, Result, Trial


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run: ids of running probes, results so far, number of trials in all."""

    running: tuple[str, ...]
    done: tuple[Result, ...]
    total: int


def may_start(probe: Probe, running: Collection[Probe], waiting: Collection[Probe]) -> bool:
    """Return whether `probe` may start now, beside the `running` probes.

    A probe that is `last` starts only when no others are running or `waiting`.
    """
    if probe.last and (running or any(not other.last for other in waiting)):
        return False
    return not any(
        set(probe.disturbs) & {*other.uses, *other.disturbs} or set(probe.uses) & {*other.disturbs}
        for other in running
    )


def run_all(
    trials: Sequence[Trial],
    run_one: Callable[[Trial], Result],
    report: Callable[[Progress], None],
    *,
    workers: int,
    stop: Callable[[], None],
) -> list[Result]:
    """Run every trial and return the results in the order of `trials`.

    Probes that disturb a service wait until the others that need it have ended. When this thread
    is interrupted, no further probe starts, `stop` is called to make the running ones give up, and
    they are waited for: they restart the services they stopped.
    """
    waiting = sorted(
        enumerate(trials), key=lambda each: (each[1].probe.last, bool(each[1].probe.disturbs))
    )
    running: dict[Future[Result], tuple[int, Trial]] = {}
    results: dict[int, Result] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="probe") as pool:
        try:
            while waiting or running:
                for each in list(waiting):
                    beside = [trial.probe for _, trial in running.values()]
                    others = [trial.probe for _, trial in waiting]
                    if len(running) < workers and may_start(each[1].probe, beside, others):
                        waiting.remove(each)
                        running[pool.submit(run_one, each[1])] = each
                ids = tuple(trial.probe.id for _, trial in running.values())
                report(Progress(ids, tuple(results.values()), len(trials)))
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    results[running.pop(future)[0]] = future.result()
        except BaseException:
            stop()
            raise
    return [results[number] for number in range(len(trials))]
