"""Three communes merge a month after it is written: hosts are as they were until the day.

A resolution of the National Assembly's committee merges them, with parts of the same names. On the
day every mailbox, address, right and entry becomes what the plan announced of it, and nothing else
becomes another (Art. 5.2).
"""

import imaplib
import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from labs import Lab, copied, git, in_network_of, papers
from test_passwords_issued import TOP
from test_unit_mailboxes import DOMAIN, LETTER, folder

from hopthu.daemons.dovecot import SHARED
from hopthu.directory.entries import DERIVED
from hopthu.directory.ldif import parse

HOST, TODAY, EVE, DAY = "mail1", "2026-11-25", "2026-12-31", "2027-01-01"
COMMUNES = {
    "xa-hoang-chau": "Xã Hoằng Châu", "xa-hoang-thanh": "Xã Hoằng Thanh",
    "xa-hoang-tien": "Xã Hoằng Tiến",
}  # fmt: skip
SUCCESSOR, *ENDING = COMMUNES
ECONOMY, SOCIETY, LAND = "phong-kinh-te", "phong-van-hoa-xa-hoi", "phong-dat-dai"
PARTS = {
    f"{ECONOMY}-xa-hoang-chau": ("Phòng Kinh tế", "KT", "do-van-kinh", "ngo-thi-mo"),
    f"{ECONOMY}-xa-hoang-thanh": ("Phòng Kinh tế", "KT", "bui-thi-te", "luc-van-nui"),
    f"{ECONOMY}-xa-hoang-tien": ("Phòng Kinh tế", "KT", "cao-van-nghiep", "vi-thi-song"),
    f"{SOCIETY}-xa-hoang-thanh": ("Phòng Văn hóa - Xã hội", "VHXH", "dao-van-xa", "mac-thi-hoi"),
    f"{SOCIETY}-xa-hoang-tien": ("Phòng Văn hóa - Xã hội", "VHXH", "to-van-hoa", "lu-thi-tuoi"),
    f"{LAND}-xa-hoang-tien": ("Phòng Đất đai", "DD", "quach-van-vu", "ta-thi-phuc"),
}
"""The parts of the communes, by id: name, short name, head, and whom the head has named."""
PEOPLE = {
    "do-van-kinh": ("Đỗ Văn Kinh", "kinhdv"), "ngo-thi-mo": ("Ngô Thị Mơ", "mont"),
    "bui-thi-te": ("Bùi Thị Tế", "tebt"), "luc-van-nui": ("Lục Văn Núi", "nuilv"),
    "cao-van-nghiep": ("Cao Văn Nghiệp", "nghiepcv"), "vi-thi-song": ("Vi Thị Sông", "songvt"),
    "dao-van-xa": ("Đào Văn Xá", "xadv"), "mac-thi-hoi": ("Mạc Thị Hội", "hoimt"),
    "to-van-hoa": ("Tô Văn Hòa", "hoatv"), "lu-thi-tuoi": ("Lữ Thị Tươi", "tuoilt"),
    "quach-van-vu": ("Quách Văn Vụ", "vuqv"), "ta-thi-phuc": ("Tạ Thị Phúc", "phuctt"),
}  # fmt: skip
TITLES = {
    "mai-thi-hong-van": "Phó Chủ tịch", "tran-viet-chung": "Phó Chủ tịch",
    "bui-thi-te": "Phó Trưởng phòng", "cao-van-nghiep": "Phó Trưởng phòng",
    "to-van-hoa": "Phó Trưởng phòng",
}  # fmt: skip
"""What the heads of what ends become."""
MERGE = (
    "unit", "merge", *ENDING, "--into", SUCCESSOR, "--from", DAY, "--yes",
    *(word for who, title in TITLES.items() for word in ("--title", f"{who}={title}")),
    "--decision-number", "1750/NQ-UBTVQH15", "--decision-issuer", "Ủy ban Thường vụ Quốc hội",
    "--decision-date", "2026-11-18", "--request-number", "321/VPUBND-TH",
    "--request-issuer", "van-phong-ubnd-tinh", "--request-date", "2026-11-24",
)  # fmt: skip
INTO = {
    **dict.fromkeys(ENDING, SUCCESSOR),
    f"{ECONOMY}-xa-hoang-thanh": f"{ECONOMY}-xa-hoang-chau",
    f"{ECONOMY}-xa-hoang-tien": f"{ECONOMY}-xa-hoang-chau",
    f"{SOCIETY}-xa-hoang-tien": f"{SOCIETY}-xa-hoang-thanh",
}
"""What ends, and where its mail goes; the rest of the parts go on below the successor."""
READERS = {
    "le-cong-lam": ("lamlc", ENDING),
    "mai-thi-hong-van": ("vanmth", ()),
    "tran-viet-chung": ("chungtv", ()),
}
"""The head of what goes on and those of what ended: how each signs in, and what they read."""
OF_PARTS = {
    "do-van-kinh": [f"{ECONOMY}-{each}" for each in ENDING],
    "ngo-thi-mo": [f"{ECONOMY}-{each}" for each in ENDING],
    "bui-thi-te": [],
    "vi-thi-song": [],
}
"""Heads and delegates of parts, who go on or whose part ended: what they read."""
ASK = f"""
ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H ldapi:/// -b {TOP}
echo; echo ---
cd /etc/postfix/hopthu && grep -H '' aliases mailboxes refused senders transport
echo ---
cd /var/vmail/units && grep -r '' --include=dovecot-acl .
echo ---
find /etc -type f ! -path '/etc/postfix/hopthu/*' -exec sha256sum {{}} +
echo ---
systemctl show -p Id -p InvocationID dovecot postfix rspamd slapd
"""


def with_parts(root: Path) -> None:
    """Give the communes parts with heads and delegates, as of today."""
    by = papers(root, "ubnd-tinh", "UBND", 9001, date(2026, 11, 20))
    texts: dict[str, list[str]] = {"units": [], "people": [], "documents": []}
    for number, (part, (name, short, head, delegate)) in enumerate(PARTS.items(), 11):
        commune = next(each for each in COMMUNES if part.endswith(each))
        place = commune.replace("-", ".", 1).replace("-", "")
        own = part.removesuffix(f"-{commune}").removeprefix("phong").replace("-", "")
        texts["documents"].append(
            f"{{id: qc-{number}, kind: regulation, number: {number}/QC-UBND, issuer: {commune}, "
            f"date: 2026-11-20, units: [{part}]}}\n"
            f"- {{id: guq-{number}, kind: authorisation, number: {number}/GUQ-{short}, "
            f"issuer: {part}, date: {TODAY}}}"
        )
        texts["units"].append(f"""id: {part}
  name: {name}
  short: {short}
  kind: division
  parent: {commune}
  mailbox: {{address: {own}.{place}, aliases: [vanthu.{own}.{place}]}}
  regulation: qc-{number}
  created: {{on: {TODAY}, {by}}}
  heads:
    - {{person: {head}, from: {TODAY}, {by}}}
  delegates:
    - {{person: {delegate}, from: {TODAY}, until: 2027-10-31, decision: guq-{number}}}""")
        texts["people"] += [
            f"""id: {person}
  name: {PEOPLE[person][0]}
  category: civil_servant
  mailbox: {{address: {PEOPLE[person][1]}}}
  posts:
    - {{unit: {part}, title: {title}, from: {TODAY}, {by}}}"""
            for person, title in ((head, "Trưởng phòng"), (delegate, "Chuyên viên"))
        ]
    for kind, records in texts.items():
        with (root / "data" / f"{kind}.yaml").open("a", encoding="utf-8") as file:
            file.writelines(f"\n- {record}\n" for record in records)


Held = Mapping[tuple[str, str, str], str]
"""What a host holds: values of entries, rows of tables, rights, other files and services."""


def held(lab: Lab) -> Held:
    """Read it on the host, from the directory and the files, not as hopthu does."""
    ldif, tables, rights, files, services = lab.ssh(HOST, ASK).split("---\n")
    found = {
        ("entry", dn.partition(",")[0].partition("=")[2], name): "|".join(sorted(values))
        for dn, attributes in parse(ldif).items()
        for name, values in attributes.items()
        if name not in DERIVED
    }
    for line in tables.splitlines():
        table, _, row = line.partition(":")
        found["row", table, row.partition("\t")[0]] = row.partition("\t")[2]
    for line in rights.splitlines():
        ((unit, person, granted),) = re.findall(r"^\./(.+)/Maildir/.*:user=(\S+) (\S+)$", line)
        found["right", unit, person] = granted
    found |= {("file", path, ""): digest for digest, path in map(str.split, files.splitlines())}
    return found | {("services", "", ""): services}


def differing(old: Held, new: Held) -> dict[tuple[str, str, str], str | None]:
    """Return what is another, with its new value, None where it is gone."""
    return {key: new.get(key) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


@dataclass(frozen=True)
class Merger:
    """The merger as it was written: its plan, and the host before and after today's apply."""

    root: Path
    plan: Mapping[str, Any]
    before: Held
    today: Held

    def announced(self) -> Iterator[tuple[tuple[str, str, str], str | None]]:
        """Yield what the host must hold by what the plan says of the day."""
        for change in self.plan["later"]:
            if change["on"] == DAY:
                kind, key, after = change["kind"], change["id"], change["after"]
                if (kind, change["action"]) == ("mailbox", "change"):
                    if "unit" in after:  # a folder, and who keeps it, are in no entry
                        yield from self._entry(key, **after)
                elif (kind, change["action"]) == ("mailbox", "redirect"):
                    yield from self._redirected(key)
                else:
                    rights = {"revoke": None, "grant": "lrs"}
                    yield ("right", *key.split("/")), rights[change["action"]]

    def _entry(self, key: str, unit: str, title: str = "") -> Iterator[Any]:
        yield ("entry", key, "departmentNumber"), unit
        yield ("entry", key, "ou"), self.before["entry", unit, "displayName"]
        yield ("entry", key, "title"), title or self.before["entry", key, "title"]

    def _redirected(self, key: str) -> Iterator[Any]:
        """Yield the state of a unit that ends, and where the plan's row of its end leads it."""
        (into,) = (
            edit["after"]["into"][0]
            for edit in self.plan["edits"]
            if edit["list"] == "ended" and edit["id"] == key
        )
        yield ("entry", key, "hopthuState"), "redirected"
        for address in self.before["entry", key, "mailLocalAddress"].split("|"):
            yield ("row", "aliases", address), self.before["entry", into, "mail"]
            for table in ("mailboxes", "senders", "transport"):
                yield ("row", table, address), None
            # What is sent as the unit is kept by way of the address it is known by.
            sent = "+Sent@".join(address.split("@"))
            if ("row", "transport", sent) in self.before:
                yield ("row", "transport", sent), None


@pytest.fixture(scope="module")
def merger(single: Lab, tmp_path_factory: pytest.TempPathFactory) -> Merger:
    """The communes with their parts, applied; then the merger, written and applied today."""
    root = copied(tmp_path_factory.mktemp("merger") / "checkout")
    with_parts(root)
    single.hopthu("format", root=root)
    committed_and_applied(single, root)
    for unit in INTO:
        letter = f"Subject: cu {unit}\n\nThu cu.\n"
        single.ssh(HOST, f"doveadm save -u {unit} <<'END'\n{letter}END")
    before = held(single)
    single.hopthu(*MERGE, "--on", TODAY, root=root)
    words = ("plan", "--base", "HEAD", "--on", TODAY, "--format", "json")
    plan = json.loads(single.hopthu(*words, root=root).stdout)
    committed_and_applied(single, root)
    return Merger(root, plan, before, held(single))


@pytest.fixture(scope="module")
def merged(single: Lab, merger: Merger) -> Held:
    """What the host holds once the daily run of the day is over."""
    words = ("daily", "lab", "--as", "timer", "--lang", "en", "--on")
    eve = single.hopthu(*words, EVE, root=merger.root).stdout
    assert f"Nothing is due on {EVE}." in eve
    assert f"Applied on {DAY}: " in single.hopthu(*words, DAY, root=merger.root).stdout
    return held(single)


def committed_and_applied(lab: Lab, root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The communes")
    lab.hopthu("apply", "lab", "--yes", "--on", TODAY, root=root)


def test_nothing_changes_before_the_day(merger: Merger) -> None:
    """No entry, address, right, file or service: what was written is for a later day."""
    assert [] == merger.plan["changes"]
    assert {} == differing(merger.before, merger.today)


def test_the_day_brings_what_the_plan_announced(merger: Merger, merged: Held) -> None:
    """Entry by entry, and nothing besides."""
    announced = {k: v for k, v in merger.announced() if v != merger.before.get(k)}
    assert INTO.keys() == {key for _, key, name in announced if name == "hopthuState"}
    assert announced == differing(merger.before, merged)


def name(unit: str) -> str:
    """The name under which readers see a mailbox; what goes on is now below the successor."""
    own = next(each for each in COMMUNES if unit.endswith(each))
    commune = COMMUNES[own if unit in INTO else SUCCESSOR]
    return f"{PARTS[unit][0]} – {commune}" if unit in PARTS else commune


@pytest.mark.usefixtures("merged")
def test_heads_and_delegates_open_what_goes_on_and_what_came_to_it(single: Lab) -> None:
    """Those of what ends open nothing any more; those of the parts that go on keep theirs."""
    people = " ".join({*PEOPLE, *TITLES, "le-cong-lam"})
    listed = single.ssh(
        HOST, f'for i in {people}; do doveadm mailbox list -u $i | sed "s,^,$i ,"; done'
    )
    shared = re.findall(rf"^(\S+) {SHARED}/([^/\n]+)$", listed, re.MULTILINE)
    goes_on = {
        SUCCESSOR: {"le-cong-lam"},
        **{part: {head, delegate} for part, (*_, head, delegate) in PARTS.items()},
    }
    every = goes_on.keys() | INTO.keys()
    opened = {(who, name(unit)) for unit in every for who in goes_on[INTO.get(unit, unit)]}
    assert opened == set(shared)


@pytest.mark.usefixtures("merged")
def test_what_ended_is_read_with_its_mail_and_by_nobody_else(single: Lab) -> None:
    """By the successor's head and delegate, as themselves; the former ones see nothing of it."""
    for person, units in OF_PARTS.items():
        asks = (
            f"doveadm fetch -u {person} hdr.subject mailbox '{SHARED}/{name(unit)}' all || true"
            for unit in INTO
        )
        said = single.ssh(HOST, "\n".join(asks))
        assert units == sorted(re.findall("^hdr.subject: cu (.*)$", said, re.MULTILINE))
    with in_network_of(single) as (known, context):
        for person, (login, read) in READERS.items():
            with imaplib.IMAP4_SSL(known.host(HOST).address, 993, ssl_context=context) as imap:
                imap.login(f"{login}@{DOMAIN}", single.passwords[person])
                for unit in INTO:
                    found = imap.select(folder(name(unit)))[0]
                    assert ("OK" if unit in read else "NO") == found
                    if unit in read:
                        assert [f"cu {unit}"] == subjects(imap)
                        assert "NO" == imap.append(folder(name(unit)), "", "", LETTER % 1)[0]


def subjects(imap: imaplib.IMAP4) -> list[str]:
    asks = "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
    found = imap.fetch("1:*", asks)[1]
    return [each[1].decode().strip()[9:] for each in found if isinstance(each, tuple)]


def test_mail_to_what_ended_arrives_at_its_successor(
    single: Lab, merger: Merger, merged: Held
) -> None:
    """At every address and alias, once; that of a part at the part it merged into."""
    sent = {
        f"gui-{time.time_ns()}-{number}": (address, into)
        for number, (unit, into) in enumerate(INTO.items())
        for address in merger.before["entry", unit, "mailLocalAddress"].split("|")
    }
    for token, (address, _) in sent.items():
        letter = f"From: cong-dan@example.org\nTo: {address}\nSubject: {token}\n\nKinh gui.\n"
        single.ssh("internet", f"sendmail -f cong-dan@example.org {address} <<'END'\n{letter}END")
    assert sorted((token, into) for token, (_, into) in sent.items()) == arrived(single, sent)


def arrived(lab: Lab, tokens: Collection[str]) -> list[tuple[str, str]]:
    """Return the letters with the mailboxes that have them, once there are as many."""
    ask = "cd /var/vmail && grep -roE '^Subject: gui-.*' --include='*mail1*' . || true"
    deadline = time.monotonic() + 120
    while True:
        found = [line.split("/", 3) for line in lab.ssh(HOST, ask).splitlines()]
        if len(found) >= len(tokens) or time.monotonic() > deadline:
            return sorted((letter.rpartition(" ")[2], unit) for *_, unit, letter in found)
        time.sleep(0.5)


def test_a_second_apply_changes_nothing(single: Lab, merger: Merger, merged: Held) -> None:
    """Nor is anything due or adrift."""
    done = single.hopthu("apply", "lab", "--yes", "--on", DAY, root=merger.root)
    assert "\n0 of " in done.stdout
    assert {} == differing(merged, held(single))
    single.hopthu("drift", "lab", "--on", DAY, root=merger.root)
