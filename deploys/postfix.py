"""Postfix: port 25 on edge hosts, 465 and 587 on access hosts, the way to scanners on stores."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.postfix import DAEMON, SOCKET_ACCESS, TABLES
from hopthu.operations import config, services
from hopthu.operations.names import step_name

# Postfix's tools only warn about mistakes and exit with 0: any output on stderr is an error.
_SILENT = """\
silent() {{
    output=$("$@" 2>&1 >/dev/null) || output="$output ($1 failed)"
    [ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
}}
"""

# They do not notice a daemon, restriction or table that does not exist, which would cause
# "451 Server configuration error" for mail. So these names are checked here, those of restrictions
# by searching the binary.
_TEST = f"""{_SILENT}
new={{stage}}/etc/postfix
silent postfix -c $new check
silent postconf -c $new -n
silent postconf -c $new -P
silent postconf -c $new -b $new/bounce.cf
daemons=$(postconf -c $new -hx daemon_directory)
for name in $(postconf -c $new -Fh '*/*/command' | cut -d ' ' -f 1); do
    [ -x $daemons/$name ] || {{{{ echo "master.cf: no such daemon: $name" >&2; exit 1; }}}}
done
for name in $(grep -Eo '\\b(permit|reject|check|defer|warn)_[a-z_]+' $new/main.cf); do
    grep -qaw $name $daemons/smtpd || {{{{ echo "main.cf: smtpd knows no $name" >&2; exit 1; }}}}
done
for table in $(grep -Eo 'lmdb:[^, ]+' $new/main.cf); do
    [ -e "${{{{table#lmdb:}}}}.lmdb" ] || {{{{ echo "main.cf: no such $table" >&2; exit 1; }}}}
done
"""

_RELOAD = f"""set -e
[ ! -e {SOCKET_ACCESS} ] || systemd-tmpfiles --create {SOCKET_ACCESS}
systemctl reload postfix
"""


@deploy(step_name("Postfix"))
def postfix() -> None:
    """Install → configure → activate Postfix.

    The tables come first, so that no configuration ever names one that does not exist.
    """
    install(DAEMON)

    if "edge" in host.groups or "access" in host.groups:
        _tables()
    settings = config.files(
        name=step_name("Configure Postfix"),
        daemon="postfix",
        files=rendered("postfix"),
        test=_TEST,
    )

    services.service(
        name=step_name("Start Postfix"), service="postfix.service", running=True, enabled=True
    )
    config.activate(
        name=step_name("Reload Postfix"),
        daemon="postfix",
        command=_RELOAD,
        after=[settings],
    )


def _tables() -> None:
    table_files = rendered("postfix-tables")
    paths = [path for path in table_files if not path.endswith(".cf")]
    staged = " ".join(f"lmdb:{{stage}}{path}" for path in paths)
    tables = config.files(
        name=step_name("Write the tables of addresses, routes and senders"),
        daemon="postfix-tables",
        files=table_files,
        test=f"{_SILENT}silent postmap -c {{stage}}{TABLES} {staged}",
        content=True,
    )
    # Each table is updated in place in one transaction: a look-up sees either the old rows or the
    # new ones, and nothing is reloaded. https://www.postfix.org/LMDB_README.html
    config.activate(
        name=step_name("Index the tables"),
        daemon="postfix-tables",
        command=f"postmap -c {TABLES} {' '.join(f'lmdb:{path}' for path in paths)}",
        after=[tables],
        content=True,
    )
