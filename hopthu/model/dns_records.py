"""The DNS records to publish: DKIM and DMARC of our domain, and those of former ones (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from hopthu.model.policy import Policy


class FormerRecord(NamedTuple):
    """A record of a former domain, to be published from the day `start` on in place of others."""

    start: date
    kind: str
    name: str
    value: str


def txt_records(policy: Policy, dkim: str) -> Mapping[str, str]:
    """Return the texts to publish, by name; `dkim` is the text that publishes the signing key.

    The names of sender, signer and DMARC domain must be the same (`adkim=s`, `aspf=s`).
    """
    domain, dns = policy.domain, policy.dns
    return {
        f"{dns.dkim_selector}._domainkey.{domain}": dkim,
        f"_dmarc.{domain}": f"v=DMARC1; p={dns.dmarc}; adkim=s; aspf=s",
    }


def former_records(policy: Policy) -> Iterator[FormerRecord]:
    """Yield the records of former domains: mail to them arrives here, and none is sent from them.

    SPF and DMARC say so to everybody (RFC 7208 §10.1.2, RFC 7489 §6.3). They stay when the domain
    is over: while its MX leads here, senders are told the present address.
    """
    for former in policy.former_domains:
        for kind, name, value in (
            ("MX", former.domain, f"10 mx.{policy.domain}."),
            ("TXT", former.domain, "v=spf1 -all"),
            ("TXT", f"_dmarc.{former.domain}", "v=DMARC1; p=reject; adkim=s; aspf=s"),
        ):
            yield FormerRecord(former.start, kind, name, value)
