"""Recipients are counted, outside and inside, or mail to them waits (Art. 6.3, 6.5)."""

import smtplib

from labs import Lab, forget_journals, in_network_of

from hopthu.daemons import valkey
from hopthu.model.policy import Policy
from hopthu.verify.messages import letter

PERSON, ADDRESS = "nguyen-van-an", "annv@thanhhoa.gov.vn"
OUTSIDE, INSIDE = "cong-dan@example.org", "baylv@thanhhoa.gov.vn"
SUBJECT, AT_ONCE, LIMIT = "Dem nguoi nhan", 50, Policy().limits.external_messages
# Rspamd would start it.
AWAY = "systemctl mask --quiet --runtime --now valkey-server"
BACK = "systemctl unmask --quiet --runtime valkey-server; systemctl start valkey-server"
WORKERS = "systemctl show --property=MainPID --property=NRestarts rspamd"
RESTART_RSPAMD = """
systemctl kill --signal=KILL rspamd
systemctl reset-failed rspamd
systemctl restart rspamd
until (echo >/dev/tcp/127.0.0.1/11332) 2>/dev/null; do sleep 0.1; done
"""


def send(lab: Lab, recipient: str, times: int = 1) -> int:
    """Send a letter to one address, named `times` times; return the code of the reply."""
    message = letter(ADDRESS, recipient, SUBJECT).as_bytes()
    with (
        in_network_of(lab) as (known, context),
        smtplib.SMTP_SSL(known.host("mail1").address, 465, context=context, timeout=60) as smtp,
    ):
        smtp.login(ADDRESS, lab.passwords[PERSON])
        smtp.mail(ADDRESS)
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
        forget = f"valkey-cli -s {valkey.SOCKET} --scan --pattern 'hopthu:*side:*'"
        single.ssh("mail1", f"{BACK} rspamd")
        single.ssh("mail1", f"{forget} | xargs -r valkey-cli -s {valkey.SOCKET} del")
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
