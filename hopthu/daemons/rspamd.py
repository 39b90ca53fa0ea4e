"""Rspamd: check senders, content and spam; sign with DKIM (Art. 5.1, 6.2, 6.3, 6.5).

docs/decisions/scanning.md describes when a message passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hopthu.daemons import accounts, clamav, openldap, pdf, postfix, valkey
from hopthu.daemons.record import Alert, Daemon, FileSet, Passage, Service, Version, itself
from hopthu.directory.entries import suffix
from hopthu.i18n.message import Message
from hopthu.render.context import Context, names, rendered
from hopthu.render.files import File, Files

DKIM_KEY = "/etc/hopthu/dkim.key"

OFF = (
    "asn", "elastic", "fuzzy_check", "greylist", "history_redis", "metadata_exporter", "mid",
    "neural", "ratelimit", "rbl", "replies", "reputation", "rspamd_update",
    "url_redirector", "whitelist",
)  # fmt: skip
"""Modules that query the Internet, store what people write, or duplicate hopthu's own."""

STOPPED = "/var/lib/rspamd"
"""Where it keeps a note of who was stopped, until the directory has it: `stopped.ID`."""

STOPPED_PATH = "hopthu-stopped.path"
"""The unit that waits for senders who are stopped, on access hosts."""

_UNITS = "/etc/systemd/system"
_PROGRAM = "/usr/local/lib/hopthu/tell_stopped.py"
_WORKERS = 4
_CLAMD_SECONDS = clamav.SCAN_SECONDS + 5
_PDF_SECONDS = pdf.SECONDS + 5
_TASK_SECONDS = max(_CLAMD_SECONDS, _PDF_SECONDS) + 5

# The new files are laid over a copy of the package's, or the test would read the live files. It
# notices Lua that does not load; an error at run time sets no symbol, and the message is deferred.
_TEST = f"""\
cp -a /etc/rspamd {{stage}}/test
cp -a {{stage}}/etc/rspamd/. {{stage}}/test/
rspamadm --var=CONFDIR={{stage}}/test --var=LOCAL_CONFDIR={{stage}}/test \\
    configtest --strict --config {{stage}}/test/rspamd.conf
[ ! -e {{stage}}{DKIM_KEY} ] || openssl pkey -in {{stage}}{DKIM_KEY} -noout
"""

# A reload, never a restart: a restart takes a minute in which no mail is accepted. The main process
# then starts new workers, or none if it cannot read its configuration.
_RELOAD = """\
workers() { pgrep --parent "$(systemctl show --property=MainPID --value rspamd)" -f rspamd_proxy; }
changed() { workers | grep -vxF "$old"; }
wait_for() { for _ in $(seq 600); do ! "$@" >/dev/null || return 0; sleep 0.1; done; return 1; }

old=none
if systemctl --quiet is-active rspamd; then
    wait_for workers
    old=$(workers)
    systemctl reload rspamd
else
    systemctl start rspamd
fi
wait_for changed || { echo "rspamd has not taken its configuration: journalctl -u rspamd"; exit 1; }
"""


def units(context: Context) -> Files:
    """Return the drop-in file that must exist before the package is installed and starts Rspamd.

    And what tells the directory, and people, of senders who were stopped.
    """
    places = {f"{_UNITS}/rspamd.service.d/hopthu.conf": "rspamd.service"}
    values = {}
    if context.host.has("access"):
        places |= {
            _PROGRAM: "tell_stopped.py",
            f"{_UNITS}/{STOPPED_PATH}": STOPPED_PATH,
            f"{_UNITS}/hopthu-stopped.service": "hopthu-stopped.service.j2",
        }
        provider = context.centre.provider
        there = openldap.LDAPI if context.host == provider else f"ldaps://{provider.address}"
        base = suffix(context.desired.domain)
        values = {"program": _PROGRAM, "base": base, "provider": there, "notes": STOPPED}
    return rendered("rspamd", places, context, **values)


def files(context: Context) -> Files:
    """Return the configuration of Rspamd, and the DKIM key if the host signs mail."""
    signs = context.host.has("access")
    values = {
        "clamd": clamav.SOCKET,
        "clamd_seconds": _CLAMD_SECONDS,
        "dkim_key": DKIM_KEY,
        "executables": clamav.EXECUTABLES,
        "milter": postfix.MILTER,
        "pdf": pdf.SOCKET,
        "pdf_seconds": _PDF_SECONDS,
        "report_user": postfix.REPORTS.user,
        "signs": signs,
        "stopped": STOPPED,
        "task_seconds": _TASK_SECONDS,
        "training_user": postfix.TRAINING.user,
        "unscannable": clamav.UNSCANNABLE,
        "vacation_user": postfix.NOTICES.user,
        "valkey": valkey.SOCKET,
        "workers": _WORKERS,
        "wrappers": clamav.WRAPPERS,
    }
    off = {f"/etc/rspamd/local.d/{name}.conf": File.text("enabled = false;\n") for name in OFF}
    every = names("rspamd/etc", context)
    places = {f"/etc/rspamd/{name.removesuffix('.j2')}": name for name in every}
    files = off | rendered("rspamd/etc", places, context, **values)
    if signs:
        key = context.keys["dkim.key"]
        files[DKIM_KEY] = File(key, mode=0o640, group="_rspamd", secret=True)
    return files


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    return {"notes": [STOPPED]} if context.host.has("access") else {}


DAEMON = Daemon(
    name="rspamd",
    title=Message("Rspamd"),
    roles=("edge", "access"),
    after=("clamav", "pdf", "valkey"),
    packages={"": ("rspamd", "openssl")},
    versions=(Version("rspamd", "3.", Message("its Lua interface changes with major versions")),),
    units=(STOPPED_PATH,),
    # Workers hold the port for as long as connections last.
    services=(Service("rspamd", restart="always", kill_mode="mixed"),),
    file_sets=(
        FileSet(
            name="rspamd-units",
            render=units,
            configure=Message("Write the start conditions of Rspamd"),
            activate=Message("Load the start conditions of Rspamd"),
            activation="nothing",
            phrase=Message("Rspamd: nothing is restarted or reloaded"),
            first=True,
            reads_certificate=(_PROGRAM,),
        ),
        FileSet(
            name="rspamd",
            render=files,
            configure=Message("Configure Rspamd"),
            activate=Message("Reload Rspamd"),
            activation="reload",
            phrase=Message("Rspamd reloads"),
            command=_RELOAD,
            test=_TEST,
        ),
    ),
    passages=(
        Passage(
            role="",
            ports=(postfix.MILTER,),
            sources=itself,
            accounts=(accounts.POSTFIX,),
            why="Letters that Postfix has checked.",
        ),
    ),
    measures=_measures,
    alerts=(
        Alert(
            name="StopUntold",
            expr='time() - hopthu_stop_note_seconds{kind!="bad"} > 60'
            ' or hopthu_stop_note_seconds{kind="bad"}',
            summary=Message("That somebody was stopped from sending is not told everywhere."),
        ),
    ),
    probes=(
        "executable",
        "spam",
        "ham",
        "junk",
        "forged-header",
        "outbound-dkim",
        "unit-list",
        "limits",
    ),
)
