"""Rspamd: the checks of a message before Postfix accepts it."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.rspamd import DAEMON, DKIM_KEY, STOPPED_PATH
from hopthu.operations import config, services
from hopthu.operations.names import step_name

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


@deploy(step_name("Rspamd"))
def rspamd() -> None:
    """Install → configure → activate Rspamd; its unit first, because Debian starts new packages."""
    units = config.files(
        name=step_name("Write the start conditions of Rspamd"),
        daemon="rspamd-units",
        files=rendered("rspamd-units"),
    )
    config.activate(
        name=step_name("Load the start conditions of Rspamd"),
        daemon="rspamd-units",
        command="systemctl daemon-reload",
        after=[units],
    )
    install(DAEMON)

    settings = config.files(
        name=step_name("Configure Rspamd"),
        daemon="rspamd",
        files=rendered("rspamd"),
        test=_TEST,
    )

    config.activate(
        name=step_name("Reload Rspamd"), daemon="rspamd", command=_RELOAD, after=[settings]
    )
    services.service(
        name=step_name("Keep Rspamd running"), service="rspamd.service", running=True, enabled=True
    )
    if "access" in host.groups:
        services.service(
            name=step_name("Keep {service} running", service=STOPPED_PATH),
            service=STOPPED_PATH,
            running=True,
            enabled=True,
        )
