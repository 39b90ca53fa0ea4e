"""ClamAV: every message is scanned; unscannable content is reported (Art. 5.1, 6.3, 6.5).

docs/decisions/scanning.md gives the reason for each limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from hopthu.daemons.record import Alert, Daemon, FileSet, Service, Version
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.model.policy import MIB, Policy
from hopthu.render.context import Context, rendered
from hopthu.render.files import Files

SOCKET = "/run/clamav/clamd.ctl"
SCAN_SECONDS = 20
"""Seconds that clamd may take for one message; Rspamd waits a little longer."""

EXECUTABLES = (
    "ade", "adp", "apk", "app", "appcontent-ms", "appimage", "appinstaller", "application",
    "appref-ms", "appx", "appxbundle", "asx", "bas", "bat", "bgi", "cab", "cdxml", "chm", "cmd",
    "cnt", "com", "command", "cpl", "crx", "csh", "deb", "desklink", "desktop", "diagcab",
    "diagcfg", "diagpkg", "dll", "dmg", "ex", "ex_", "exe", "fileloc", "fxp", "gadget", "grp",
    "hlp", "hpj", "hta", "htc", "img", "inetloc", "inf", "ins", "iqy", "iso", "isp", "its", "jar",
    "jnlp", "js", "jse", "ksh", "lib", "library-ms", "lnk", "mad", "maf", "mag", "mam", "mapimail",
    "maq", "mar", "mas", "mau", "mav", "maw", "mcf", "mda", "mde", "mdt", "mdw", "mdz", "mjs",
    "mobileconfig", "mof", "msc", "msh", "msh1", "msh1xml", "msh2", "msh2xml", "mshxml", "msi",
    "msix", "msixbundle", "msp", "msrcincident", "mst", "msu", "nsh", "ocx", "one", "onepkg", "ops",
    "oqy", "osd", "osdx", "pcd", "pif", "pkg", "pl", "plg", "prf", "prg", "printerexport", "ps1",
    "ps1xml", "ps2", "ps2xml", "psc1", "psc2", "psd1", "psdm1", "psm1", "pssc", "py", "pyc", "pyo",
    "pyw", "pyz", "pyzw", "rdp", "reg", "rpm", "rqy", "scf", "scr", "sct", "search-ms",
    "searchconnector-ms", "settingcontent-ms", "sh", "shb", "shs", "slk", "sys", "theme",
    "themepack", "tsp", "udl", "url", "vb", "vbe", "vbp", "vbs", "vhd", "vhdx", "vsmacros", "vsto",
    "vsw", "vxd", "webloc", "webpnp", "website", "wll", "ws", "wsb", "wsc", "wsf", "wsh", "xbap",
    "xlam", "xll", "xnk",
)  # fmt: skip
"""Extensions of files that a double click runs, mounts or lets download: Gmail and Outlook's lists.

https://support.google.com/mail/answer/6590 and "Blocked attachments in Outlook" of Microsoft, with
OneNote and remote desktop files, Office add-ins, and what runs or installs on Linux and macOS.
HTML, Access databases, certificates (.cer) and documents with macros (.docm) are not among them:
citizens and other systems send them.
"""

UNSCANNABLE = (
    "7z", "ace", "alz", "arc", "arj", "b6z", "bh", "br", "cpt", "dar", "esd", "gca", "kgb", "lbr",
    "lha", "lrz", "lz", "lz4", "lzh", "lzma", "lzo", "ost", "paq", "pea", "pst", "r00", "rar",
    "rev", "sea", "sit", "sitx", "sqx", "swm", "taz", "tlz", "tz", "tzst", "uha", "wim", "xar",
    "yz1", "z", "z01", "zoo", "zpaq", "zst",
)  # fmt: skip
"""Extensions of archives that clamd cannot open, or cannot open in all variants."""

WRAPPERS = ("br", "bz", "bz2", "gz", "gzip", "lz", "lz4", "lzma", "lzo", "p7m", "xz", "z", "zst")
"""Extensions of compressed single files, whose content is named without the extension."""

_UNPACKED_TIMES = 8
"""Limit of unpacked content, as a multiple of the largest message."""
_THREADS = 8
_DATABASE = "/var/lib/clamav"
_OLD = 3 * 86400
"""Seconds after which signatures are old: the mirror has new ones every day."""
_FRESHCLAM = "/etc/clamav/freshclam.conf"
_TEST = f"""\
clamd --config-file={{stage}}/etc/clamav/clamd.conf --version
[ ! -e {{stage}}{_FRESHCLAM} ] || freshclam --config-file={{stage}}{_FRESHCLAM} --version
"""
# The socket belongs to systemd: while clamd restarts, connections wait and are not refused.
_RESTART = """\
systemctl start clamav-daemon.socket
systemctl restart clamav-daemon.service
clamdscan --ping 60:1 >/dev/null
"""
# With a mirror, clamd does not start until its signatures exist.
_FETCH = f"""\
[ -n "$(ls {_DATABASE}/daily.c?d 2>/dev/null)" ] || freshclam --quiet
systemctl restart clamav-freshclam.service
"""
_FETCH_NOTHING = "systemctl disable --quiet --now clamav-freshclam.service\n"
_SIGNATURES = ("hopthu.ndb", "hopthu.ldb", "hopthu.cdb", "hopthu.ftm")


def units(context: Context) -> Files:
    """Return drop-in files that must exist before the packages are installed and start daemons."""
    mirror = context.host.signature_mirror
    units = {f"clamav-daemon.{kind}": f"daemon.{kind}.j2" for kind in ("service", "socket")}
    if not mirror:
        units |= {f"clamav-freshclam{each}.service": "freshclam.service" for each in ("", "-once")}
    places = {f"/etc/systemd/system/{unit}.d/hopthu.conf": name for unit, name in units.items()}
    return rendered("clamav", places, context, mirror=mirror)


def files(context: Context) -> Files:
    """Return the configuration of clamd, and of freshclam if the host has a mirror."""
    mirror = context.host.signature_mirror
    places = {"/etc/clamav/clamd.conf": "clamd.conf.j2"}
    return rendered(
        "clamav",
        places | ({_FRESHCLAM: "freshclam.conf.j2"} if mirror else {}),
        context,
        stream=_message_mb(context.policy) + 1,
        inside=_inside_mb(context.policy),
        scan_seconds=SCAN_SECONDS,
        threads=_THREADS,
        socket=SOCKET,
        mirror=mirror,
    )


def _restart(files: Files) -> str:
    """Return the command that restarts clamd, and freshclam if there is a mirror."""
    return "set -e\n" + (_FETCH if _FRESHCLAM in files else _FETCH_NOTHING) + _RESTART


def unpack_limits(policy: Policy) -> tuple[str, ...]:
    """Return the options with which clamscan unpacks as much as clamd does."""
    inside = _inside_mb(policy)
    return (
        f"--max-filesize={inside}M",
        f"--max-scansize={inside}M",
        f"--max-scantime={SCAN_SECONDS * 1000}",
    )


def _message_mb(policy: Policy) -> int:
    return -(-policy.limits.message // MIB)


def _inside_mb(policy: Policy) -> int:
    return _message_mb(policy) * _UNPACKED_TIMES


def signatures(context: Context) -> Files:
    """Return hopthu's own signatures: executables at any depth, and EICAR."""
    return rendered(
        "clamav/signatures",
        {f"{_DATABASE}/{name}": f"{name}.j2" for name in _SIGNATURES},
        context,
        executables=EXECUTABLES,
        unscannable=UNSCANNABLE,
        wrappers=WRAPPERS,
        encoding_field=_in_any_case("content-transfer-encoding"),
    )


def _in_any_case(word: str) -> list[str]:
    """Return signatures that find a word in letters of any case; each needs two certain ones."""
    begins = product(*({letter, letter.upper()} for letter in word[:2]))
    rest = "".join(f"({ord(each):02x}|{ord(each.upper()):02x})" for each in word[2:])
    return sorted("".join(begin).encode().hex() + rest for begin in begins)


def _has_mirror(host: Host) -> bool:
    return bool(host.signature_mirror)


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    return {"signatures": [_DATABASE]} if _has_mirror(context.host) else {}


DAEMON = Daemon(
    name="clamav",
    title=Message("ClamAV"),
    roles=("edge", "access"),
    after=("base", "openldap"),
    packages={"": ("clamav-daemon", "clamav-freshclam", "clamdscan", "clamav")},
    versions=(
        Version(
            "clamav-daemon", "1.", Message("the options of clamd.conf change with major versions")
        ),
    ),
    services=(
        Service("clamav-daemon"),
        # Nothing waits for it, and each restart queries the mirror again.
        Service("clamav-freshclam", pause=60, on=_has_mirror),
    ),
    units=("clamav-daemon.socket",),
    file_sets=(
        FileSet(
            name="clamav-units",
            render=units,
            configure=Message("Write the start conditions of ClamAV"),
            activate=Message("Load the start conditions of ClamAV"),
            activation="restart",
            phrase=Message("ClamAV restarts; mail waits meanwhile"),
            first=True,
        ),
        FileSet(
            name="clamav-signatures",
            render=signatures,
            configure=Message("Write local virus signatures"),
            activate=Message("Load local virus signatures"),
            activation="reload",
            phrase=Message("ClamAV reloads its signatures"),
            command="! systemctl --quiet is-active clamav-daemon || clamdscan --reload",
            # clamd reports an invalid one only at its start, and then does not start.
            test=f"clamscan --quiet --database={{stage}}{_DATABASE} - </dev/null",
        ),
        FileSet(
            name="clamav",
            render=files,
            configure=Message("Configure ClamAV"),
            activate=Message("Restart ClamAV"),
            activation="restart",
            phrase=Message("ClamAV restarts; mail waits meanwhile"),
            command=_restart,
            test=_TEST,
            beside=("clamav-units",),
        ),
    ),
    measures=_measures,
    alerts=(
        Alert(
            name="SignaturesOld",
            expr=f"time() - hopthu_signatures_seconds > {_OLD}",
            summary=Message("Virus signatures are more than three days old."),
        ),
    ),
    probes=("virus-inbound", "virus-outbound", "virus-internal", "scanner-down", "scanner-frozen"),
)
