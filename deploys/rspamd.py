"""Rspamd: everything that is said about a message before Postfix takes it."""

from __future__ import annotations

from pyinfra.api import deploy
from pyinfra.operations import systemd

from deploys.common import install, rendered
from hopthu.daemons.rspamd import DAEMON, DKIM_KEY
from hopthu.operations import config

# Ours over a copy of the package's, or the test would read the live files. It notices Lua that does
# not load; what breaks only when a message comes sets no symbol, and the gate defers the message.
_TEST = f"""\
cp -a /etc/rspamd {{stage}}/test
cp -a {{stage}}/etc/rspamd/. {{stage}}/test/
rspamadm --var=CONFDIR={{stage}}/test --var=LOCAL_CONFDIR={{stage}}/test \\
    configtest --strict --config {{stage}}/test/rspamd.conf
[ ! -e {{stage}}{DKIM_KEY} ] || openssl pkey -in {{stage}}{DKIM_KEY} -noout
"""

# A reload, never a restart: that takes a minute, and no mail is taken meanwhile. The main process
# answers with new workers, or, if it cannot read its configuration after all, with none.
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


@deploy("Rspamd")
def rspamd() -> None:
    """Install → configure → activate Rspamd; its unit first, as Debian starts what it installs."""
    units = config.files(
        name="Say when Rspamd may start", daemon="rspamd-units", files=rendered("rspamd-units")
    )
    config.activate(
        name="Take up when Rspamd may start",
        daemon="rspamd-units",
        command="systemctl daemon-reload",
        after=[units],
    )
    install(DAEMON)

    settings = config.files(
        name="Put the configuration of Rspamd",
        daemon="rspamd",
        files=rendered("rspamd"),
        test=_TEST,
    )

    config.activate(name="Reload Rspamd", daemon="rspamd", command=_RELOAD, after=[settings])
    systemd.service(name="Keep Rspamd running", service="rspamd", running=True, enabled=True)
