"""What each port agrees to, asked with handshakes: every protocol and every suite OpenSSL has."""

import json

import pytest
from labs import Lab

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
        # It listens a moment after it was started.
        listens = "until ss -Hltn sport = :874 | grep -q .; do sleep 0.1; done"
        centre.ssh("store2", f"systemctl start hopthu-moves && timeout 30 sh -c '{listens}'")
    try:
        said = centre.ssh(source, f"python3 - {options} <<'END'\n{HANDSHAKES}\nEND")
    finally:
        if port == "moves 874":
            centre.ssh("store2", "systemctl stop hopthu-moves")
    assert wanted == json.loads(said)
