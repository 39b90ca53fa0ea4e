"""Who reaches which port: a real connection from every host to every port of every other.

And from an account that is none of its daemons', to every port of the host itself too.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labs import Lab, decide, git

from hopthu.cli.clock import today
from hopthu.lab import state
from hopthu.lab.layout import CONTROLLER

PORTS = (22, 24, 25, 110, 143, 389, 465, 587, 636, 874, 993, 4190, 6379, 10465, 10466, 10467, 11332)
EDGES, ACCESS, STORES, DIRECTORIES = ("edge1",), ("access1",), ("store1", "store2"), ("dir1",)
OURS = (*EDGES, *ACCESS, *STORES, *DIRECTORIES, "operator1")
OUTSIDE = ("internet", "client")

# Where nothing listens the packet filter lets the packet pass and the kernel refuses it: 874 is
# served only while mailboxes move.
CONNECT = """
import errno, json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def outcome(door):
    try:
        socket.create_connection(door, timeout=2).close()
    except TimeoutError:
        return "dropped"
    except OSError as error:
        return "refused" if error.errno == errno.ECONNREFUSED else str(error)
    return "open"

doors = [tuple(door) for door in json.loads(sys.argv[1])]
with ThreadPoolExecutor(len(doors)) as pool:
    print(json.dumps(list(pool.map(outcome, doors))))
"""


PUBLIC = {"edge1": (25,), "access1": (465, 587, 993, 4190)}
NOBODY = "setpriv --reuid nobody --regid nogroup --clear-groups"


def expected(source: str, target: str, port: int) -> str:
    """Return what a connection should come to."""
    if port in PUBLIC.get(target, ()) or (port == 22 and source == "operator1"):
        return "open"
    inside = {
        *((source, store, 24) for source in (*EDGES, *ACCESS) for store in STORES),
        *((source, store, port) for source in ACCESS for store in STORES for port in (993, 4190)),
        *((source, "access1", port) for source in STORES for port in (10465, 10466)),
        *((source, target, 10467) for source in STORES for target in (*EDGES, *ACCESS)),
        # A store passes on mail for a mailbox that has moved.
        ("store1", "store2", 24),
        ("store2", "store1", 24),
        *((source, "dir1", 636) for source in (*ACCESS, *STORES)),
        ("client", "access1", 636),
    }
    if (source, target, port) in inside:
        return "open"
    return "refused" if port == 874 and {source, target} == set(STORES) else "dropped"


def test_each_port_serves_only_who_needs_it(centre: Lab) -> None:
    """Who takes over one host has that host, not the centre."""
    known = state.recorded(centre.folder)
    assert known is not None
    addresses = {host.name: host.address for host in known.hosts.values()}

    def tries(source: str) -> dict[tuple[str, str, int], str]:
        doors = [(target, port) for target in OURS if target != source for port in PORTS]
        found = tried(centre, source, [(addresses[target], port) for target, port in doors])
        return {(source, *door): how for door, how in zip(doors, found, strict=True)}

    with ThreadPoolExecutor() as pool:
        found = {k: v for part in pool.map(tries, (*OURS, *OUTSIDE)) for k, v in part.items()}
    wrong = {door: how for door, how in found.items() if how != expected(*door)}
    assert {} == wrong


def tried(lab: Lab, source: str, doors: Sequence[tuple[str, int]], by: str = "") -> list[str]:
    """Return what connections from a host come to, made by root or with the prefix `by`."""
    said = lab.ssh(source, f"{by} python3 - '{json.dumps(doors)}' <<'END'\n{CONNECT}\nEND")
    found: list[str] = json.loads(said)
    return found


def test_an_account_reaches_what_everybody_does(centre: Lab) -> None:
    """Who takes over one daemon has that daemon: Rspamd signs, and LMTP delivers, for Postfix."""
    known = state.recorded(centre.folder)
    assert known is not None
    addresses = {host.name: host.address for host in known.hosts.values()}

    def tries(host: str) -> dict[tuple[str, str, int], tuple[str, str]]:
        listening = centre.ssh(host, "ss -Htln").splitlines()
        ports = sorted({int(line.split()[3].rpartition(":")[2]) for line in listening})
        doors = [
            *((at, port) for at in ("127.0.0.1", "::1", addresses[host]) for port in ports),
            *((addresses[each], port) for each in OURS if each != host for port in PORTS),
        ]
        found = zip(tried(centre, host, doors), tried(centre, host, doors, NOBODY), strict=True)
        return {(host, *door): how for door, how in zip(doors, found, strict=True)}

    with ThreadPoolExecutor() as pool:
        found = {k: v for part in pool.map(tries, OURS) for k, v in part.items()}
    names = {address: name for name, address in addresses.items()}
    served = {(host, names.get(at, host), port)
              for (host, at, port), (root, _) in found.items() if root == "open"}  # fmt: skip
    reached = {(host, names.get(at, host), port)
               for (host, at, port), (_, nobody) in found.items() if nobody == "open"}  # fmt: skip
    # Otherwise nothing would be said of them.
    assert {("access1", "access1", port) for port in (10026, 10465, 11332)} < served
    assert {("store1", "store1", port) for port in (24, 993, 10025, 12340)} < served
    assert {("edge1", "store1", 24), ("access1", "store1", 993), ("store1", "dir1", 636)} < served
    public = {door for door in served if door[2] in (22, *PUBLIC.get(door[1], ()))}
    assert public == reached


def test_an_apply_that_would_shut_itself_out_is_refused(centre: Lab, workspace: Path) -> None:
    """Before the first change, with the address as the hosts see it."""
    policy, ours = workspace / "data" / "policy.yaml", f", {CONTROLLER.ip}/32]"
    text = policy.read_text(encoding="utf-8")
    assert ours in text
    policy.write_text(text.replace(ours, "]"), encoding="utf-8")
    decide(workspace, "networks", 9001, today())
    git(workspace, "commit", "--quiet", "--all", "--message", "Another machine administers")
    held = "ls /var/lib/hopthu/records; sha256sum /etc/nftables.conf; nft list ruleset"
    before = {host: centre.ssh(host, held) for host in centre.hosts}
    for option in ("--dry-run", "--yes"):
        said = centre.hopthu("apply", "lab", option, expect=3, root=workspace).stderr
        assert f"would shut out {CONTROLLER.ip}, from which this run comes" in said
        assert all(host in said for host in centre.hosts)
    assert before == {host: centre.ssh(host, held) for host in centre.hosts}
