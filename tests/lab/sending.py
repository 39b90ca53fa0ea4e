"""Letters that somebody sends by an access host, until they are stopped."""

import shlex
import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from labs import Lab, in_network_of

from hopthu.daemons import rspamd, valkey
from hopthu.model.policy import Policy
from hopthu.verify.messages import letter

LIMITS = Policy().limits
LATELY = f"hopthu:outside:{LIMITS.external_minutes * 60}"


@contextmanager
def signed_in(lab: Lab, host: str, person: str, address: str) -> Iterator[smtplib.SMTP]:
    """Yield a session of somebody at an access host."""
    with (
        in_network_of(lab) as (known, context),
        smtplib.SMTP_SSL(known.host(host).address, 465, context=context, timeout=60) as smtp,
    ):
        smtp.login(address, lab.passwords[person])
        yield smtp


def offered(smtp: smtplib.SMTP, sender: str, to: str, what: str = "Thư") -> int:
    """Return the code of the answer to a letter."""
    smtp.mail(sender)
    smtp.rcpt(to)
    try:
        return smtp.data(letter(sender, to, what).as_bytes())[0]
    except smtplib.SMTPDataError as error:
        return error.smtp_code


def sends(lab: Lab, host: str, person: str, address: str, to: str, times: int = 1) -> list[int]:
    """Return the answers to letters, each in a session of its own."""
    codes = []
    for number in range(times):
        with signed_in(lab, host, person, address) as smtp:
            codes.append(offered(smtp, address, to, f"lu {number}"))
    return codes


def reach_a_limit(lab: Lab, host: str, person: str) -> None:
    """Have somebody be at the limit of recipients outside."""
    most = LIMITS.external_messages
    lab.ssh(host, f"valkey-cli -s {valkey.SOCKET} set {LATELY}:{person} {most}")


def note(person: str) -> str:
    """Return the path of the note that somebody is stopped."""
    return f"{rspamd.STOPPED}/stopped.{person}"


def leave_note(lab: Lab, host: str, person: str, seen: str = "") -> None:
    """Stop somebody on a host as Rspamd does; `seen` is the release that the host knew then."""
    new = f"{rspamd.STOPPED}/new.stopped.{person}"
    lab.ssh(
        host,
        f"install -o _rspamd -g _rspamd /dev/stdin {new} && mv {new} {note(person)}",
        stdin=" ".join(filter(None, ("flood", seen))).encode(),
    )


PEOPLE = "ou=people,dc=thanhhoa,dc=gov,dc=vn"


def hears_of(lab: Lab, host: str, person: str, *, stopped: bool = True) -> None:
    """Wait until the directory of a host has somebody stopped, or released; a minute at most."""
    find = f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b {PEOPLE} uid={person} hopthuStopped"
    known = f"until {'' if stopped else '! '}{find} | grep -q ^hopthuStopped; do sleep 0.1; done"
    lab.ssh(host, f"timeout 60 sh -c {shlex.quote(known)}")


@contextmanager
def floods_once_released(
    lab: Lab, host: str, person: str, address: str, to: str
) -> Iterator[list[int]]:
    """Have sessions that are open go on as soon as the directory of their host has a release.

    Yields what the letters are answered, until the sessions are ended.
    """
    answers: list[int] = []

    def go_on(smtp: smtplib.SMTP, session: int) -> None:
        with suppress(smtplib.SMTPServerDisconnected):
            answers.extend(
                offered(smtp, address, to, f"tran {session} {number}")
                for number in range(LIMITS.refused_letters)
            )

    with ExitStack() as stack:
        opened = [stack.enter_context(signed_in(lab, host, person, address)) for _ in range(6)]
        with ThreadPoolExecutor(len(opened) + 1) as pool:

            def wait() -> None:
                hears_of(lab, host, person, stopped=False)
                for session, smtp in enumerate(opened):
                    pool.submit(go_on, smtp, session)

            waited = pool.submit(wait)
            yield answers
            waited.result()
