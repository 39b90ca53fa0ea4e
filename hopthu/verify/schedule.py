"""Run probes side by side, but never one beside another that would spoil it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from hopthu.verify.probe import Probe, Result


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: ids of the probes under way, results so far, how many in all."""

    running: tuple[str, ...]
    done: tuple[Result, ...]
    total: int


def may_start(probe: Probe, running: Collection[Probe], waiting: Collection[Probe]) -> bool:
    """Tell whether `probe` may run beside `running`; one that is last waits for all `waiting`."""
    if probe.last and (running or any(not other.last for other in waiting)):
        return False
    return not any(
        set(probe.disturbs) & {*other.uses, *other.disturbs} or set(probe.uses) & {*other.disturbs}
        for other in running
    )


def run_all(
    probes: Sequence[Probe],
    run_one: Callable[[Probe], Result],
    told: Callable[[Progress], None],
    *,
    workers: int,
    stop: Callable[[], None],
) -> list[Result]:
    """Run every probe and return the results in the order of `probes`.

    Those that disturb others wait until the rest that needs the same service is through. When this
    thread is interrupted, no further probe begins; `stop` is to make those under way give up
    waiting, and they are waited for: what they stopped they start again.
    """
    waiting = sorted(probes, key=lambda p: (p.last, bool(p.disturbs)))
    running: dict[Future[Result], Probe] = {}
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="probe") as pool:
        try:
            while waiting or running:
                for probe in list(waiting):
                    if len(running) < workers and may_start(probe, running.values(), waiting):
                        waiting.remove(probe)
                        running[pool.submit(run_one, probe)] = probe
                ids = tuple(p.id for p in running.values())
                told(Progress(ids, tuple(results.values()), len(probes)))
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    results[running.pop(future).id] = future.result()
        except BaseException:
            stop()
            raise
    return [results[probe.id] for probe in probes]
