"""Recipients are counted, outside and inside, or mail to them waits (Art. 6.3, 6.5)."""

import shlex
import smtplib
from collections.abc import Iterator

import pytest
from labs import Lab, forget_journals, in_network_of

from hopthu.daemons import valkey
from hopthu.model.policy import Policy
from hopthu.verify.messages import letter

PERSON, ADDRESS = "nguyen-van-an", "annv@thanhhoa.gov.vn"
OUTSIDE, INSIDE = "cong-dan@example.org", "baylv@thanhhoa.gov.vn"
UNIT = "stc@thanhhoa.gov.vn"
SUBJECT, AT_ONCE, LIMITS = "Dem nguoi nhan", 50, Policy().limits
LIMIT = LIMITS.external_messages
# Rspamd would start it.
AWAY = "systemctl mask --quiet --runtime --now valkey-server"
BACK = "systemctl unmask --quiet --runtime valkey-server; systemctl start valkey-server"
WORKERS = "systemctl show --property=MainPID --property=NRestarts rspamd"
# The note of who is stopped goes once the directory has it.
FORGET = f"""
while ls /var/lib/rspamd | grep -Eq '^(stopped|untold)[.]{PERSON}$'; do sleep 0.1; done
rm -f /var/lib/rspamd/told.{PERSON}
valkey-cli -s {valkey.SOCKET} flushall
ldapmodify -Q -Y EXTERNAL -H ldapi:/// <<END
dn: uid={PERSON},ou=people,dc=thanhhoa,dc=gov,dc=vn
changetype: modify
replace: hopthuStopped
END
"""
RESTART_RSPAMD = """
systemctl kill --signal=KILL rspamd
systemctl reset-failed rspamd
systemctl restart rspamd
until (echo >/dev/tcp/127.0.0.1/11332) 2>/dev/null; do sleep 0.1; done
"""


def send(
    lab: Lab, recipient: str, times: int = 1, *, sender: str = ADDRESS, subject: str = SUBJECT
) -> int:
    """Send a letter to one address, named `times` times; return the code of the reply."""
    message = letter(sender, recipient, subject).as_bytes()
    with (
        in_network_of(lab) as (known, context),
        smtplib.SMTP_SSL(known.host("mail1").address, 465, context=context, timeout=60) as smtp,
    ):
        smtp.login(ADDRESS, lab.passwords[PERSON])
        smtp.mail(sender)
        for _ in range(times):
            assert 250 == smtp.rcpt(recipient)[0]
        try:
            return smtp.data(message)[0]
        except smtplib.SMTPDataError as error:
            return error.smtp_code


def test_what_people_send_waits_while_nobody_is_counted(single: Lab) -> None:
    """Rspamd counts again once Valkey is back, also if it started without it.

    Mail from outside is nobody's here, and is taken all the while.
    """
    try:
        single.ssh("mail1", f"{AWAY}; {RESTART_RSPAMD}")
        workers = single.ssh("mail1", WORKERS)
        assert (451, 451) == (send(single, OUTSIDE), send(single, INSIDE))
        with in_network_of(single) as (known, _):
            assert {} == smtplib.SMTP(known.host("mail1").address, 25, timeout=60).sendmail(
                OUTSIDE, INSIDE, letter(OUTSIDE, INSIDE, SUBJECT).as_bytes()
            )
        single.ssh("mail1", BACK)
        codes = [send(single, OUTSIDE, AT_ONCE)]
        # Twice the limit, for the time in which is counted may end meanwhile.
        while codes[-1] == 250 and len(codes) * AT_ONCE <= 2 * LIMIT:
            codes.append(send(single, OUTSIDE, AT_ONCE))
        assert [250, 451] == [codes[0], codes[-1]]
        assert 250 == send(single, INSIDE), "each has a limit of its own"
        assert workers == single.ssh("mail1", WORKERS)
    finally:
        single.ssh("mail1", f"{BACK} rspamd")
        single.ssh("mail1", FORGET)
        single.ssh("mail1", f"doveadm expunge -u le-van-bay mailbox '*' header subject '{SUBJECT}'")
        forget_journals(single)


def test_mail_to_the_outside_waits_for_a_frozen_valkey(single: Lab) -> None:
    """What does not answer counts nobody."""
    freeze = "systemctl kill --kill-whom=main --signal={} valkey-server"
    single.ssh("mail1", freeze.format("STOP"))
    try:
        assert 451 == send(single, OUTSIDE)
    finally:
        single.ssh("mail1", freeze.format("CONT"))
        forget_journals(single)
    assert 250 == send(single, OUTSIDE)


@pytest.fixture
def uncounted(single: Lab) -> Iterator[Lab]:
    """Nobody has sent anything, before and after."""
    single.ssh("mail1", FORGET)
    yield single
    single.ssh("mail1", FORGET)
    forget_journals(single)


def reached(lab: Lab, who: str) -> None:
    """Have somebody, or the address of a mailbox, be at a limit."""
    key = f"hopthu:outside:{LIMITS.external_minutes * 60}:{who}"
    lab.ssh("mail1", f"valkey-cli -s {valkey.SOCKET} set {key} {LIMIT}")


def test_a_letter_that_waits_for_a_scanner_is_not_counted(uncounted: Lab) -> None:
    """Programs try it again and again: nobody is above a limit for that, let alone stopped."""
    units = "clamav-daemon.socket clamav-daemon.service"
    uncounted.ssh("mail1", f"systemctl stop {units}")
    try:
        tried = [send(uncounted, OUTSIDE, AT_ONCE) for _ in range(LIMIT // AT_ONCE + 1)]
    finally:
        uncounted.ssh("mail1", f"systemctl start {units}")
    assert {451} == set(tried)
    assert 250 == send(uncounted, OUTSIDE, LIMIT)


def test_nobody_is_stopped_for_what_others_send_as_their_unit(uncounted: Lab) -> None:
    """Who floods as the unit is at a limit of their own; colleagues only have to wait."""
    reached(uncounted, UNIT)
    tried = [
        send(uncounted, OUTSIDE, sender=UNIT, subject=f"{SUBJECT} {number}")
        for number in range(LIMITS.refused_letters)
    ]
    assert {451} == set(tried)
    assert 250 == send(uncounted, OUTSIDE)


def test_a_letter_that_is_tried_again_counts_once(uncounted: Lab) -> None:
    """Programs do so by themselves; it is whoever sends ever more letters who is stopped."""
    reached(uncounted, PERSON)
    assert {451} == {send(uncounted, OUTSIDE) for _ in range(LIMITS.refused_letters)}
    assert 250 == send(uncounted, INSIDE)


def test_who_was_to_be_stopped_is_stopped_with_the_next_letter(uncounted: Lab) -> None:
    """The file could not be written, or policy allows fewer since: nobody is past that."""
    reached(uncounted, PERSON)
    letters = " ".join(map(str, range(LIMITS.refused_letters + 5)))
    uncounted.ssh("mail1", f"valkey-cli -s {valkey.SOCKET} sadd hopthu:refused:{PERSON} {letters}")
    assert [451, 554] == [send(uncounted, OUTSIDE), send(uncounted, INSIDE)]


def test_many_who_are_stopped_in_a_minute_are_all_told_of(uncounted: Lab) -> None:
    """The unit that tells is started for each, and does not give up."""
    note = f"/var/lib/rspamd/untold.{PERSON}"
    told = f"until ! [ -e {note} ]; do sleep 0.1; done"
    left = f"printf flood >/var/lib/rspamd/new.untold && mv /var/lib/rspamd/new.untold {note}"
    script = f"for _ in $(seq 15); do {left}; {told}; done"
    uncounted.ssh("mail1", f"timeout 60 bash -c {shlex.quote(script)}")
    uncounted.ssh("mail1", "systemctl is-active hopthu-stopped.path")


def test_runs_of_verify_do_not_add_up_to_a_stop(uncounted: Lab) -> None:
    """Its accounts are refused a dozen letters in each."""
    probes = uncounted.probes("limits", "virus-internal", "virus-zip")
    assert all(probe["passed"] for probe in probes.values()), probes
    keys = f"valkey-cli -s {valkey.SOCKET} --scan --pattern 'hopthu:refused:*'"
    assert "" == uncounted.ssh("mail1", keys).strip()
