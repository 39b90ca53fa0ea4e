"""What each port agrees to, asked with handshakes: every protocol and every suite OpenSSL has."""

import json
from collections.abc import Iterator

import pytest
from labs import CHECKOUT, Lab

from hopthu.daemons.base import MOVES, SSH
from hopthu.daemons.registry import daemons
from hopthu.inventory import loader
from hopthu.inventory.topology import Centre, Host

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
OURS = "-cert /etc/hopthu/tls/host.pem -key /etc/hopthu/tls/host.key"

PORTS = {
    "25": ("internet", "10.88.0.11:25 -starttls smtp", OPPORTUNISTIC),
    "465": ("client", "10.88.0.21:465", MODERN),
    "587": ("client", "10.88.0.21:587 -starttls smtp", MODERN),
    "993": ("client", "10.88.0.21:993", MODERN),
    "4190": ("client", "10.88.0.21:4190 -starttls sieve", MODERN),
    "636": ("client", "10.88.0.21:636", MODERN),
    "store 24": ("edge1", f"10.88.0.31:24 {OURS}", MODERN),
    "store 993": ("access1", f"10.88.0.31:993 {OURS}", MODERN),
    "store 4190": ("access1", f"10.88.0.31:4190 -starttls sieve {OURS}", MODERN),
    "provider 636": ("store1", f"10.88.0.41:636 {OURS}", MODERN),
    "moves 874": ("store1", f"10.88.0.32:874 {OURS}", MODERN),
}


@pytest.mark.parametrize("port", PORTS)
def test_only_modern_suites_are_agreed_to(centre: Lab, port: str) -> None:
    """No anonymous key exchange, no SHA-1, Camellia, ARIA or short tag, nothing before TLS 1.2."""
    source, options, wanted = PORTS[port]
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
