"""The measurement of mail, as far as it needs no lab."""

import subprocess
import sys
from email import message_from_bytes

from benchmarks import mail, mail_load
from benchmarks.mail import ALONE, EACH, KEPT, OURS, UNINDEXED, UNSCANNED, Measured


def test_letters_are_five_kilobytes_for_everybody_in_turn() -> None:
    """Each has an id of its own, by which it is found again."""
    asked = {"letters": 3, "recipients": ["an@x.vn", "binh@x.vn"], "sender": "cd@example.org"}
    sent = list(mail_load.letters({**asked, "token": "t"}))
    assert ["an@x.vn", "binh@x.vn", "an@x.vn"] == [recipient for recipient, _ in sent]
    letters = [message_from_bytes(letter) for _, letter in sent]
    assert [f"<t-{n}@example.org>" for n in range(3)] == [m["Message-ID"] for m in letters]
    assert all(4000 < len(letter) < 6000 for _, letter in sent), [len(letter) for _, letter in sent]


def measured(rate: float, time: float) -> Measured:
    """Return what three rounds found, one of them disturbed."""
    used = {("edge1", "postfix"): time, ("edge1", "ssh"): 9.0, ("store1", "dovecot"): time}
    programs = {("store1", "dovecot/lmtp"): time / 2, ("store2", "dovecot/ended"): time / 2}
    rates = [rate, rate, rate / 10]
    everything = [{**used, **programs, ("edge1", "all"): 9.0, ("access1", "slapd"): time}] * 3
    return Measured(rates, rates, rates, everything, everything)


def test_rates_are_medians_and_times_leave_out_who_measures() -> None:
    """A program of Dovecot is part of Dovecot, and not counted twice."""
    found = {name: measured(20, 0.02) for name in (EACH, UNSCANNED, UNINDEXED, ALONE, KEPT)}
    rows = mail.rows({OURS: measured(40, 0.01), **found})
    told = {(row.what, row.against.rpartition(" ")[0]): row for row in rows}
    stored = told["mail: stored a second", EACH]
    assert ("40.0", 2.0) == (stored.figure, stored.ratio)
    whole = told["mail: processor for a letter", f"{EACH} 60.0"]
    assert ("30.0 ms", 0.5) == (whole.figure, whole.ratio)
    delivery = told["mail: processor for a letter, stores: delivery", f"{EACH} 20.0"]
    assert ("10.0 ms", 0.5) == (delivery.figure, delivery.ratio)


def test_what_hosts_run_is_the_standard_library_only() -> None:
    """They have nothing else."""
    program = mail_load.__file__
    assert 0 == subprocess.run([sys.executable, "-I", "-S", program], check=False).returncode
