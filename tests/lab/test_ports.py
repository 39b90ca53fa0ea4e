"""Who reaches which port, and what it agrees to: real connections, and handshakes.

From every host to every port of every other, and from an account that is none of its daemons' to
every port of the host itself too. Each protocol and every suite that OpenSSL has is offered.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from labs import CHECKOUT, Lab, decide, git

from hopthu.cli.clock import today
from hopthu.daemons.base import MOVES, SSH
from hopthu.daemons.registry import daemons
from hopthu.inventory import loader
from hopthu.inventory.topology import Centre, Host
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


def test_a_queue_with_mail_is_not_left_behind(centre: Lab, workspace: Path) -> None:
    """A host whose Postfix would stop is changed once its queue is empty."""
    edge, inventory = EDGES[0], workspace / "inventory" / "lab.py"
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(f"{text}\nretired, edge = edge, []\n", encoding="utf-8")
    git(workspace, "commit", "--quiet", "--all", "--message", "No more mail through this host")
    held = "ls /var/lib/hopthu/records; sha256sum /etc/postfix/main.cf"
    before = centre.ssh(edge, held)
    centre.ssh(edge, "systemctl stop postfix; echo thu | sendmail -f postmaster@x.test a@x.test")
    try:
        for option in ("--dry-run", "--yes"):
            said = centre.hopthu("apply", "lab", option, expect=3, root=workspace).stderr
            assert f"Postfix would stop where mail waits in its queue: {edge} (1)" in said
        assert before == centre.ssh(edge, held)
    finally:
        centre.ssh(edge, "postsuper -d ALL; systemctl start postfix")
    steps = centre.hopthu("apply", "lab", "--dry-run", root=workspace).stdout
    assert "Stop postfix" in steps


# On a host of the lab, as root: offers all suites, strikes out the one that was chosen, and offers
# the rest, until there is nothing left that the server would take.
HANDSHAKES = r"""
import json, re, subprocess, sys

def shake(*options):
    # A host that is asked for a certificate has one; others have none.
    argv = ["openssl", "s_client", "-connect", sys.argv[1], *sys.argv[2:], *options]
    done = subprocess.run(argv, input=b"", capture_output=True, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    found = re.search(r"^\s*(?:New, \S+|Reused, \S+), Cipher is (\S+)$", said, re.M)
    chosen = found.group(1) if found else "(NONE)"
    if chosen == "(NONE)":
        assert "handshake failure" in said or "protocol version" in said, said
    return "" if chosen == "(NONE)" else chosen

def suites(protocol):
    found = []
    while chosen := shake(protocol, "-cipher", ":".join(
        ["ALL:COMPLEMENTOFALL", *(f"!{name}" for name in found), "@SECLEVEL=0"]
    )):
        assert chosen not in found, chosen
        found.append(chosen)
    return sorted(found)

NEW = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
       "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256")
print(json.dumps({
    "1.0": suites("-tls1"),
    "1.1": suites("-tls1_1"),
    "1.2": suites("-tls1_2"),
    "1.3": sorted(name for name in NEW if shake(
        "-tls1_3", "-cipher", "ALL:@SECLEVEL=0", "-ciphersuites", name)),
}))
"""

# The hosts' keys are elliptic, so of what is allowed these can be chosen.
MODERN = {
    "1.0": [],
    "1.1": [],
    "1.2": [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ],
    "1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
}
# A sender that has no better would otherwise write in clear (RFC 7435); none of it is anonymous.
OPPORTUNISTIC = MODERN | {
    "1.2": sorted(
        [
            *MODERN["1.2"],
            "ECDHE-ECDSA-AES128-SHA",
            "ECDHE-ECDSA-AES128-SHA256",
            "ECDHE-ECDSA-AES256-SHA",
            "ECDHE-ECDSA-AES256-SHA384",
        ]
    )
}
# It listens a moment after it was started.
LISTENS = f"until ss -Hltn sport = :{MOVES} | grep -q .; do sleep 0.1; done"
RECEIVE = {
    host: f"systemctl start hopthu-moves@{source} && timeout 30 sh -c '{LISTENS}'"
    for host, source in (("store1", "store2"), ("store2", "store1"))
}
NO_MORE = "systemctl stop 'hopthu-moves@*'"
CERTIFIED = "-cert /etc/hopthu/tls/host.pem -key /etc/hopthu/tls/host.key"

AGREED = {
    "25": ("internet", "10.88.0.11:25 -starttls smtp", OPPORTUNISTIC),
    "465": ("client", "10.88.0.21:465", MODERN),
    "587": ("client", "10.88.0.21:587 -starttls smtp", MODERN),
    "993": ("client", "10.88.0.21:993", MODERN),
    "4190": ("client", "10.88.0.21:4190 -starttls sieve", MODERN),
    "636": ("client", "10.88.0.21:636", MODERN),
    "store 24": ("edge1", f"10.88.0.31:24 {CERTIFIED}", MODERN),
    "store 993": ("access1", f"10.88.0.31:993 {CERTIFIED}", MODERN),
    "store 4190": ("access1", f"10.88.0.31:4190 -starttls sieve {CERTIFIED}", MODERN),
    "provider 636": ("store1", f"10.88.0.41:636 {CERTIFIED}", MODERN),
    "moves 874": ("store1", f"10.88.0.32:874 {CERTIFIED}", MODERN),
}


@pytest.mark.parametrize("port", AGREED)
def test_only_modern_suites_are_agreed_to(centre: Lab, port: str) -> None:
    """No anonymous key exchange, no SHA-1, Camellia, ARIA or short tag, nothing before TLS 1.2."""
    source, options, wanted = AGREED[port]
    if port == "moves 874":
        centre.ssh("store2", RECEIVE["store2"])
    try:
        said = centre.ssh(source, f"python3 - {options} <<'END'\n{HANDSHAKES}\nEND")
    finally:
        if port == "moves 874":
            centre.ssh("store2", NO_MORE)
    assert wanted == json.loads(said)


# On a host, as root: the digest of its certificate, and of what each of its ports presents.
PRESENTED = r"""
import hashlib, json, ssl, subprocess, sys

def digest(text):
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    assert begin in text, text
    pem = begin + text.partition(begin)[2].partition(end)[0] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

place, (address, ports) = "/etc/hopthu/tls/host", json.loads(sys.argv[1])
found = {"": digest(open(f"{place}.pem").read())}
for port in ports:
    asked = {"25": "smtp", "587": "smtp", "4190": "sieve"}.get(port)
    argv = ["openssl", "s_client", "-connect", f"{address}:{port}", "-cert", f"{place}.pem",
            "-key", f"{place}.key", *(["-starttls", asked] if asked else [])]
    done = subprocess.run(argv, input=b"", capture_output=True, timeout=60)
    found[port] = digest((done.stdout + done.stderr).decode(errors="replace"))
print(json.dumps(found))
"""


def ports(centre: Centre, host: Host) -> Iterator[int]:
    """Yield the ports of a host that anybody elsewhere may reach, by the records of daemons."""
    for daemon in daemons():
        for role, opened in daemon.open_ports.items():
            yield from opened if host.has(role) else ()
        for passage in daemon.passages:
            others = {*passage.sources(centre, host)} - {host} if passage.concerns(host) else ()
            yield from passage.ports if others else ()
        for network in daemon.networks:
            yield from network.ports if daemon.runs_on(host) and network.concerns(host) else ()


def test_a_new_certificate_is_presented_on_every_port(
    centre: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every host, after it was applied; none keeps the one that ends."""
    monkeypatch.setenv("HOPTHU_LAB", str(centre.folder))
    hosts = loader.load(CHECKOUT, "lab").centre
    asked = {
        host.name: [host.address, sorted(map(str, {*ports(hosts, host)} - {SSH}))]
        for host in hosts.hosts
    }

    def presented(host: str) -> dict[str, str]:
        said = centre.ssh(host, f"python3 - '{json.dumps(asked[host])}' <<'END'\n{PRESENTED}\nEND")
        found: dict[str, str] = json.loads(said)
        return found

    for host, command in RECEIVE.items():
        centre.ssh(host, command)
    before = {host: presented(host) for host in asked}
    assert all(len({*found.values()}) == 1 for found in before.values()), before
    assert 20 <= sum(len(found) - 1 for found in before.values())
    for host in RECEIVE:
        centre.ssh(host, NO_MORE)
    for path in (centre.folder / "secrets" / "hosts").iterdir():
        path.unlink()
    centre.hopthu("secrets", "lab")
    centre.hopthu("apply", "lab", "--yes")
    for host, command in RECEIVE.items():
        centre.ssh(host, command)
    after = {host: presented(host) for host in asked}
    for host in RECEIVE:
        centre.ssh(host, NO_MORE)
    renewed = {host: dict.fromkeys(found, found[""]) for host, found in after.items()}
    assert renewed == after
    assert all(before[host][""] != after[host][""] for host in asked)
