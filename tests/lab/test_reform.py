"""The reorganisation of 1 July 2025 in one apply: no mailbox is lost, old addresses lead on.

547 communes under 26 districts become 166, as they really did; people are fictional.
"""

import json
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks import reform
from benchmarks.driving import Centre, give_passwords, up
from hopthu.daemons.site import load_site
from hopthu.desired.state import Desired, desired
from hopthu.inventory import loader
from hopthu.validate import read
from hopthu.verify import mail
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.smtp import Reply, offer

EVE, DAY = date(2025, 6, 30), date(2025, 7, 1)
TOGETHER = 40
"""Recipients a letter may have: fewer than a server outside would give it."""
PATIENCE = 10
"""Addresses tried in one session: Postfix ends one that has met with many refusals."""
AT_ONCE = 6
"""Sessions at a time."""


def test_in_short(tmp_path: Path) -> None:
    """Show 11 with as few people as the units can have and somebody beside each tenth head.

    Of the addresses that lead on, every fifth is written to; all of them in the drill.
    """
    reorganise(tmp_path, people=640, every=5)


@pytest.mark.drill
def test_with_six_thousand_people(tmp_path: Path) -> None:
    """Show 11."""
    reorganise(tmp_path, people=6_000)


def reorganise(folder: Path, people: int, every: int = 1) -> None:
    """Apply the eve, then the day; see where every mailbox and every address is.

    One in `every` address of a mailbox that still receives is written to.
    """
    with up(folder, lambda root: reform.write(root, before=True, people=people), EVE) as before:
        before.apply()
        eve, old = wanted(before), before.root
        everybody = {m.addresses[0]: m.id for m in eve.live()}
        with outside(before) as world:
            kept = post_to_all(world, everybody)
        delivered(before)
        assert {} == missing(kept, found(before))

        reform.write(old, people=people)
        centre = replace(before, on=DAY)
        centre.commit("547 into 166")
        give_passwords(centre)
        told = reviewed(centre)
        started = time.monotonic()
        centre.hopthu("apply", "lab", "--yes", "--on", f"{DAY}", "--plan", "plan.json")
        took = time.monotonic() - started
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        moved = sum(c["action"] == "move" for c in told["changes"])
        sys.stdout.write(
            f"{people} people, {len(told['changes'])} changes, {moved} mailboxes to another store: "
            f"{took:.0f} s, {most:.0f} MiB\n"
        )

        # Nobody's mail is lost, wherever it lies now; nor is that of a unit which is no more.
        assert {} == missing(kept, found(centre))
        day = wanted(centre)
        dissolved = {m.addresses[0] for m in day.mailboxes if m.state == "closed"}
        others = sorted({m.addresses[0] for m in eve.mailboxes} - dissolved)
        with outside(centre) as world:
            sent, answers = post_to_each(world, [*dissolved, *others[::every]])
        delivered(centre)
        assert len(others[::every]) == len(sent)
        assert {} == astray(sent, day, found(centre))
        assert 26 == len(dissolved)
        assert dissolved == answers.keys()
        assert {550} == {reply.code for reply in answers.values()}, answers

        _, lines = centre.apply()
        assert any(re.match(r"0 of \d+ steps changed", line) for _, line in lines), lines
        centre.hopthu("drift", "lab", "--on", f"{DAY}")


def wanted(centre: Centre) -> Desired:
    """Return what the data says of the day."""
    loaded = read(centre.root, centre.on)
    return desired(loaded.organisation, loaded.policy, centre.on)


def reviewed(centre: Centre) -> Mapping[str, list[dict[str, object]]]:
    """Keep the plan of the day as a reviewer would get it, and return it; its guards pass."""
    centre.hopthu("plan", "--on", f"{DAY}", "--base", "HEAD~1", "--out", "plan.json")
    plan = json.loads((centre.root / "plan.json").read_text(encoding="utf-8"))
    lost = [c for c in plan["changes"] if c["kind"] == "mailbox" and c["action"] == "close"]
    assert 26 == len(lost), "only districts, which nobody succeeds, stop taking mail"
    return plan  # type: ignore[no-any-return]


@contextmanager
def outside(centre: Centre) -> Iterator[ProbeContext]:
    """See the centre as a server outside does."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_LAB", str(centre.folder / "lab"))
        found = loader.load(centre.root, "lab")
        with opened(load_site(centre.root, centre.on, found), found) as world:
            yield world


def post_to_all(world: ProbeContext, holders: Mapping[str, str]) -> Mapping[str, str]:
    """Send every address a letter; return the Message-ID that each holder must have."""
    names, kept = sorted(holders), dict[str, str]()
    with mail.from_outside(world) as smtp:
        for start in range(0, len(names), TOGETHER):
            some = [f"{name}@{world.domain}" for name in names[start : start + TOGETHER]]
            token = world.token()
            reply = offer(smtp, world.citizen, some, mail.letter(token, world.citizen, some[0]))
            assert 250 == reply.code, reply
            kept |= {holders[address.partition("@")[0]]: token for address in some}
    return kept


def post_to_each(
    world: ProbeContext, names: list[str]
) -> tuple[Mapping[str, str], Mapping[str, Reply]]:
    """Send each address a letter of its own; return those accepted by token, and the refusals."""
    sent: dict[str, str] = {}
    refused: dict[str, Reply] = {}

    def session(some: list[str]) -> None:
        with mail.from_outside(world) as smtp:
            for name in some:
                token, to = world.token(), f"{name}@{world.domain}"
                reply = offer(smtp, world.citizen, [to], mail.letter(token, world.citizen, to))
                if 250 == reply.code:
                    sent[token] = name
                else:
                    refused[name] = reply
                    smtp.rset()  # what was refused would still be open

    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Waits for all, and raises what one has raised.
        list(pool.map(session, (names[n : n + PATIENCE] for n in range(0, len(names), PATIENCE))))
    return sent, refused


def delivered(centre: Centre) -> None:
    """Wait until nothing is in a queue."""
    deadline = time.monotonic() + 600
    for host in ("edge1", "access1"):
        while centre.ssh(host, "postqueue -j").strip():
            assert time.monotonic() < deadline, centre.ssh(host, "postqueue -p")
            time.sleep(0.5)


def found(centre: Centre) -> Mapping[str, set[str]]:
    """Return the tokens of the letters that each mailbox holds on the store it belongs on.

    Read from the files: a mailbox that nobody may open any more keeps what it holds all the same.
    """
    ask = (
        "cd /var/vmail && grep -rhHoiE -m 1 '^Message-ID: <[^@]+' "
        "people/*/Maildir/new people/*/Maildir/cur units/*/Maildir/new units/*/Maildir/cur || true"
    )
    held: dict[str, set[str]] = defaultdict(set)
    stores = {m.id: m.store for m in wanted(centre).mailboxes}
    for host in centre.lab.hosts.values():
        for line in centre.ssh(host.name, ask).splitlines() if host.stores else ():
            path, _, header = line.partition(":")
            owner = path.split("/")[1]
            if stores[owner] in host.stores:
                held[owner].add(header.partition("<")[2])
    return held


def missing(kept: Mapping[str, str], held: Mapping[str, set[str]]) -> Mapping[str, str]:
    """Return whose letter is not there."""
    return {owner: token for owner, token in kept.items() if token not in held.get(owner, set())}


def astray(
    sent: Mapping[str, str], day: Desired, held: Mapping[str, set[str]]
) -> Mapping[str, str]:
    """Return the addresses whose letter is not with whoever they lead to on the day, once."""
    leads = {name: m.leads_to or m.id for m in day.mailboxes for name in m.addresses}
    return {
        name: leads[name]
        for token, name in sent.items()
        if [leads[name]] != [owner for owner, tokens in held.items() if token in tokens]
    }
