"""Ways to break a service so that a probe must fail, and how to mend each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is done to which host, how it is undone, and which probes must say what of it."""

    probes: tuple[str, ...]
    says: str
    host: str
    script: str
    undo: str


def waits(port: int) -> str:
    """Return the line that waits until somebody listens on `port`."""
    return f"until (echo >/dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.1; done"


def restart(unit: str) -> str:
    """Return the line that restarts a service, however often it was lately."""
    return f"systemctl reset-failed {unit}; systemctl restart {unit}"


READERS = "/var/lib/dovecot/readers/units"
SHOWN = "doveadm user probe_stranger_store1 | grep -q namespace/"
RESTART_RSPAMD = f"systemctl kill --signal=KILL rspamd; {restart('rspamd')}; {waits(11332)}"
RESTART_CLAMD = f"{restart('clamav-daemon')}; clamdscan --ping 30:1 >/dev/null"


def edited(place: str, take_up: str, script: str) -> tuple[str, str]:
    """Return the script that also keeps `place` and takes the change up, and the one back."""
    kept = "/var/tmp/before.tar"  # noqa: S108  (on a host of the lab)
    return (
        f"set -e; tar cf {kept} {place} 2>/dev/null; {script}; {take_up}",
        f"set -e; rm -rf {place}; tar xpf {kept} -C /; {take_up}",
    )


def postfix(script: str) -> tuple[str, str]:
    """Change Postfix."""
    return edited("/etc/postfix", "systemctl reload postfix", script)


def dovecot(script: str) -> tuple[str, str]:
    """Change Dovecot."""
    return edited("/etc/dovecot", restart("dovecot"), f"cd /etc/dovecot; {script}")


def rspamd(script: str) -> tuple[str, str]:
    """Change Rspamd: reloading takes ten seconds and stopping a minute, a crash is quick."""
    return edited("/etc/rspamd", RESTART_RSPAMD, f"cd /etc/rspamd; {script}")


def clamd(script: str) -> tuple[str, str]:
    """Change ClamAV: its settings or its signatures."""
    return edited("/etc/clamav /var/lib/clamav", RESTART_CLAMD, script)


def slapd(script: str) -> tuple[str, str]:
    """Change the directory's configuration."""
    return edited("/etc/ldap", f"{restart('slapd')}; {waits(636)}", f"cd /etc/ldap; {script}")


TABLES = "/etc/postfix/hopthu"
# A check that is content with everything: what a Lua error or a careless edit might come to.
ALWAYS = (
    'printf \'rspamd_config:register_symbol({{name="{0}",type="normal",score=0,'
    "callback=function() return true end}})\\n' >lua.local.d/{1}.lua"
)
ANY_FROM = ALWAYS.format("HOPTHU_FROM", "hopthu_from")
ANY_WRITER = ALWAYS.format("HOPTHU_LISTS", "hopthu_lists")
ANY_NUMBER = ALWAYS.format("HOPTHU_COUNTED", "hopthu_flood")
ANY_NOTICE = ALWAYS.format("HOPTHU_VACATION", "hopthu_vacation")
ANY_PDF = ALWAYS.format("HOPTHU_PDFS", "hopthu_pdf")
ANY_ATTACHMENT = ALWAYS.format("HOPTHU_ATTACHMENTS", "hopthu_attachments")
STATE = (
    "printf 'dn: uid=probe_locked_store1,ou=people,ou=probes,dc=thanhhoa,dc=gov,dc=vn\\n"
    "changetype: modify\\nreplace: hopthuState\\nhopthuState: {}\\n' | "
    "ldapmodify -Q -Y EXTERNAL -H ldapi:/// >/dev/null"
)
REPLICA = (
    "systemctl stop slapd; cd /var/lib/ldap/hopthu; {}; "
    "chown openldap:openldap *; systemctl reset-failed slapd; systemctl start slapd"
)
PLUGIN = "protocol imap {\\n  mail_plugins {\\n    imap_acl = yes\\n  }\\n}\\n"

FAULTS = {
    "delivery off": Fault(
        ("inbound-store1",),
        "nothing within",
        "store1",
        *dovecot("sed -i 's/^ *lmtp = yes//' dovecot.conf"),
    ),
    "two addresses gone": Fault(
        ("inbound-store2", "case", "registered"),
        "550|missing",
        "edge1",
        *postfix(
            "for a in 1 2; do postmap -d probe_reader_store$a@thanhhoa.gov.vn "
            f"lmdb:{TABLES}/mailboxes; done"
        ),
    ),
    "catch-all": Fault(
        ("unknown-recipient",),
        "at RCPT; got 250",
        "edge1",
        *postfix("postconf -e virtual_mailbox_maps=static:all virtual_transport=discard:"),
    ),
    "open relay": Fault(
        ("no-open-relay",),
        "expected reply 554 at RCPT; got 250",
        "edge1",
        *postfix(
            "postconf -e mynetworks=10.88.0.0/24 "
            "smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination"
        ),
    ),
    "no word for leavers": Fault(
        ("closed-mailbox",),
        'with "\\S+@thanhhoa.gov.vn" at RCPT; got 550 5.1.1',
        "edge1",
        *postfix(f": >{TABLES}/refused; postmap lmdb:{TABLES}/refused"),
    ),
    "nobody asks stores for room": Fault(
        ("full-mailbox",),
        "expected reply 552 .*at RCPT; got 250",
        "edge1",
        "systemctl stop hopthu-quota.socket",
        "systemctl start hopthu-quota",
    ),
    "no port 465": Fault(
        ("internal",),
        "mail.thanhhoa.gov.vn:465 to greet",
        "access1",
        *postfix("postconf -MX submissions/inet"),
    ),
    "unsigned": Fault(
        ("outbound-dkim",),
        "expected dkim=pass",
        "access1",
        *rspamd("echo 'enabled = false;' >local.d/dkim_signing.conf"),
    ),
    "password in clear": Fault(
        ("tls-only",),
        "no AUTH offered at mail:587 before STARTTLS",
        "access1",
        *postfix(
            "postconf -e smtpd_tls_auth_only=no; "
            "postconf -P submission/inet/smtpd_tls_security_level=may"
        ),
    ),
    "sieve in clear": Fault(
        ("tls-only",),
        "sign-in on 4190 refused before TLS",
        "access1",
        *dovecot("sed -i 's/^ssl = required/ssl = yes\\nauth_allow_cleartext = yes/' dovecot.conf"),
    ),
    "filters that answer": Fault(
        ("filters",),
        "expected filters may use body .*; got body .* reject",
        "store2",
        *dovecot("sed -i 's/^sieve_extensions = /&reject /' dovecot.conf"),
    ),
    "filters that forward": Fault(
        ("filters",),
        "store1: expected local policy prohibits .*; got .* failed to redirect",
        "store1",
        *dovecot("sed -i 's/^sieve_max_redirects = 0/sieve_max_redirects = 4/' dovecot.conf"),
    ),
    "notices as often as one likes": Fault(
        ("vacation", "forwarding"),
        "expected 5.7.1; got .* sent vacation response|expected a letter to a list that no notice",
        "access1",
        *rspamd(ANY_NOTICE),
    ),
    "notices to anybody": Fault(
        ("vacation",),
        "expected notices to .* alone, by certificate; got 250 .*; 250 ",
        "access1",
        *postfix("postconf -e vacation_recipient_restrictions=permit_tls_all_clientcerts,reject"),
    ),
    "letters from outside that may be answered": Fault(
        ("vacation",),
        "expected discarding vacation response; got .*Notices are for colleagues alone",
        "edge1",
        *rspamd(ANY_NOTICE),
    ),
    "moves that nobody notices": Fault(
        ("junk",),
        "expected access1 to learn from what is moved; got nothing",
        "store1",
        *dovecot("sed -i 's/imap_sieve = yes/imap_sieve = no/' dovecot.conf"),
    ),
    "a scanner that learns nothing": Fault(
        ("junk",),
        "expected edge1 to learn from what is moved; got nothing",
        "edge1",
        *rspamd("sed -i 's/task:learn/return --/' lua.local.d/hopthu_training.lua"),
    ),
    "a scanner that learns from anybody": Fault(
        ("junk",),
        "expected letters to learn from by certificate alone, and no others; got 250",
        "edge1",
        *postfix("postconf -e learning_recipient_restrictions=permit_tls_all_clientcerts,reject"),
    ),
    "reports from anybody to anybody": Fault(
        ("reports",),
        "expected reports to abuse@thanhhoa.gov.vn alone, by certificate; got 250 .*; 250 ",
        "access1",
        *postfix("postconf -e report_recipient_restrictions=permit_tls_all_clientcerts,reject"),
    ),
    "nobody is postmaster": Fault(
        ("reports",),
        "expected reply 250; got 550 5.1.1 <postmaster@thanhhoa.gov.vn>",
        "edge1",
        *postfix(f"postmap -d postmaster@thanhhoa.gov.vn lmdb:{TABLES}/aliases"),
    ),
    "an alias that leads outside": Fault(
        ("forwarding",),
        "x@thanhhoa.gov.vn to lead to mailboxes here; got edge1: cong-dan@example.org",
        "edge1",
        *postfix(
            f"echo 'x@thanhhoa.gov.vn cong-dan@example.org' | postmap -i lmdb:{TABLES}/aliases"
        ),
    ),
    "a hidden copy": Fault(
        ("forwarding",),
        "expected a letter to go to .*; got cong-dan@example.org, ",
        "access1",
        *postfix("postconf -e always_bcc=cong-dan@example.org"),
    ),
    "no packet filter": Fault(
        ("tls-only", "ssh-closed"),
        "closed on every host; got 10.88.0.31:24|22 on no host; got .*10.88.0.31:22",
        "store1",
        "nft flush ruleset",
        "nft -f /etc/nftables.conf",
    ),
    "any password": Fault(
        ("wrong-password", "locked"),
        "expected submission to refuse",
        "access1",
        *dovecot(
            "sed -i '/^passdb probes {/,/^}/{s/ldap_bind = yes/ldap_bind = no/; "
            "s/user = %{ldap:uid}/&\\n    nopassword = yes/}; "
            "s/(hopthuState=active)//' dovecot.conf"
        ),
    ),
    "unlocked": Fault(
        ("locked",), "IMAP to refuse", "dir1", STATE.format("active"), STATE.format("locked")
    ),
    "any sender": Fault(
        ("forged-sender", "unit-stranger"),
        "expected reply 553; got 250",
        "access1",
        *postfix("postconf -e submission_sender_restrictions="),
    ),
    "any From": Fault(("forged-header",), "From a colleague: 250", "access1", *rspamd(ANY_FROM)),
    "any From outside": Fault(("forged-outside",), "expected 5xx; got", "edge1", *rspamd(ANY_FROM)),
    "any writer": Fault(
        ("unit-list",), "expected reply 5xx; got 250", "access1", *rspamd(ANY_WRITER)
    ),
    "any number": Fault(
        ("limits",), "expected reply 451 .*; got 250", "access1", *rspamd(ANY_NUMBER)
    ),
    "nobody asks who was stopped": Fault(
        ("stopped",),
        "expected reply 554 .*; got 250",
        "access1",
        *postfix("postconf -e submission_end_restrictions="),
    ),
    "no copy of what units send": Fault(
        ("unit-head",),
        "/Sent of",
        "access1",
        *postfix("postconf -e copies_of_units="),
    ),
    "nobody heads": Fault(
        ("unit-head",),
        "to be listed; got",
        "store1",
        "doveadm acl delete -u probe_unit_store1 INBOX user=probe_head_store1",
        "true",  # the next apply gives it back
    ),
    "open door": Fault(
        ("unit-stranger",),
        "hidden from",
        "store1",
        "doveadm acl set -u probe_unit_store1 INBOX user=probe_stranger_store1 lookup read; "
        f"sed -i '/^probe_head_store1:/{{p;s//probe_stranger_store1:/}}' {READERS}; "
        f"until {SHOWN}; do sleep 0.1; done",
        "doveadm acl delete -u probe_unit_store1 INBOX user=probe_stranger_store1; "
        f"sed -i '/^probe_stranger_store1:/d' {READERS}; "
        f"while {SHOWN}; do sleep 0.1; done",
    ),
    "a right that stays": Fault(
        ("unit-former",),
        "expected store1 to have no right of dang-cong-hien in the mailbox of so-y-te; got .* read",
        "store1",
        "doveadm acl set -u so-y-te INBOX user=dang-cong-hien lookup read",
        "doveadm acl delete -u so-y-te INBOX user=dang-cong-hien",
    ),
    "sharing": Fault(
        ("no-sharing",),
        "expected SETACL INBOX refused",
        "store1",
        *dovecot(f"printf '{PLUGIN}' >>dovecot.conf"),
    ),
    "blind outside": Fault(
        ("virus-inbound", "virus-zip", "virus-large-member"),
        "expected reply 5xx; got 250",
        "edge1",
        *clamd("sed -i /EICAR/d /var/lib/clamav/hopthu.ndb"),
    ),
    "blind inside": Fault(
        ("virus-outbound", "virus-internal"),
        "expected reply 5xx; got 250",
        "access1",
        *clamd("sed -i /EICAR/d /var/lib/clamav/hopthu.ndb"),
    ),
    "short-sighted": Fault(
        ("virus-deep-zip", "virus-encrypted"),
        # What is too deep for the reader of PDFs too is put off, and not refused.
        "expected reply 5xx; got (250|451)",
        "edge1",
        *edited(
            "/etc/rspamd /etc/clamav /var/lib/clamav",
            f"{RESTART_RSPAMD}; {RESTART_CLAMD}",
            f"cd /etc/rspamd; {ANY_ATTACHMENT}; sed -i /Encrypted/d /var/lib/clamav/hopthu.*; "
            "sed -i '/^AlertExceedsMax/d; /^AlertEncrypted/d' /etc/clamav/clamd.conf",
        ),
    ),
    "any PDF": Fault(
        ("pdf-file",),
        "expected reply 5xx; got 250",
        "access1",
        *rspamd(ANY_PDF),
    ),
    "programs": Fault(
        ("executable",),
        "expected reply 5xx; got 250",
        "access1",
        *edited(
            "/etc/rspamd /var/lib/clamav",
            f"{RESTART_RSPAMD}; {RESTART_CLAMD}",
            f"cd /etc/rspamd; {ANY_ATTACHMENT}; sed -i /Executable/d /var/lib/clamav/hopthu.*",
        ),
    ),
    "unscanned": Fault(
        ("scanner-down", "scanner-frozen"),
        "expected reply 4xx; got 250",
        "access1",
        *postfix("postconf -e milter_default_action=accept"),
    ),
    "spam": Fault(
        ("spam",),
        "expected reply 5xx; got 250",
        "edge1",
        *rspamd("echo 'gtube_patterns = \"disable\";' >>override.d/options.inc"),
    ),
    "all is spam": Fault(
        ("ham",),
        "expected the letter in INBOX; got in Junk",
        "edge1",
        *rspamd("sed -i 's/add_header = .*/add_header = -100;/' override.d/actions.conf"),
    ),
    "open directory": Fault(
        ("directory-sign-in",),
        "a refusal without sign-in",
        "access1",
        *slapd(
            "sed -i '/^disallow bind_anon/d; /^require authc/d; "
            "s/by dn.children=\"ou=people.*break/by * break/' slapd.conf"
        ),
    ),
    "nothing to see": Fault(
        ("directory-search",),
        "expected an entry; got",
        "access1",
        *slapd("sed -i 's/^    by \\* read/    by * none/' slapd.conf"),
    ),
    "hashes to see": Fault(
        ("directory-no-hash",),
        "expected no hash; got userpassword",
        "access1",
        *slapd("sed -i 's/^    by anonymous auth/&\\n    by users read/' slapd.conf"),
    ),
    "replica astray": Fault(
        ("directory-replica",),
        "the same content on",
        "store2",
        REPLICA.format(
            "slapcat >/var/tmp/all.ldif; rm -f *.mdb; "
            "sed -i 's/^title:.*/title: x/' /var/tmp/all.ldif; slapadd -q -l /var/tmp/all.ldif"
        ),
        REPLICA.format("rm -f *.mdb; touch x"),
    ),
    "a replica that does not stand alone": Fault(
        ("directory-down",),
        "authentication|to sign in",
        "access1",
        "systemd-run --quiet --collect --unit=follower bash -c '"
        "while (echo >/dev/tcp/10.88.0.41/636) 2>/dev/null; do sleep 0.05; done; "
        "systemctl stop slapd'",
        f"systemctl stop follower 2>/dev/null; systemctl start slapd; {waits(636)}",
    ),
    "a mailbox too many": Fault(
        ("registered",),
        "1 too many",
        "access1",
        *postfix(f"echo 'ma@thanhhoa.gov.vn ma' | postmap -i lmdb:{TABLES}/mailboxes"),
    ),
    "a store that does not find whoever is locked": Fault(
        ("registered",),
        "mailboxes that store2 finds .*missing .*probe_locked_store",
        "store2",
        *edited(
            "/etc/dovecot",
            "true",
            "sed -i '/^userdb probes {/a ldap_filter = (&(hopthuState=active)(uid=%{user}))' "
            "/etc/dovecot/dovecot.conf",
        ),
    ),
    "behind the days": Fault(
        ("on-its-day",),
        "store2 applied up to 2025-01-01; due on 2025-",
        "store2",
        *edited(
            "/var/lib/hopthu/records",
            "true",
            'sed -i \'s/"on": *"[0-9-]*"/"on": "2025-01-01"/\' '
            "/var/lib/hopthu/deployed/record.json",
        ),
    ),
    "a warning": Fault(
        ("clean-journal",),
        "nobody has seen this",
        "dir1",
        "logger -p mail.info -t postfix 'warning: nobody has seen this before'",
        "journalctl --quiet --rotate --vacuum-time=1s",
    ),
}

ANOTHER_CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x "
    "-keyout /etc/postfix/x.key -out /etc/postfix/x.pem 2>/dev/null; "
    "postconf -e 'smtpd_tls_chain_files=/etc/postfix/x.key, /etc/postfix/x.pem'"
)

# In the layout `resilient` each is made on the second of two hosts that do the same, one of these
# and one of those at a time: their probes go through one of the two, or do not mind the other.
ON_ONE_ACCESS_HOST = {
    "submission is down": Fault(
        ("internal", "locked"),
        "through access2.*mail.thanhhoa.gov.vn:587 to greet",
        "access2",
        *postfix("postconf -MX submission/inet"),
    ),
    "the proxy is down": Fault(
        ("wrong-password", "no-sharing"),
        "through access2.*mail.thanhhoa.gov.vn:993 to greet",
        "access2",
        "systemctl stop dovecot",
        restart("dovecot"),
    ),
    "ManageSieve is down": Fault(
        ("tls-only",),
        "through edge2, access2: expected ManageSieve on 4190",
        "access2",
        *dovecot("sed -i 's/^ *sieve = yes//' dovecot.conf"),
    ),
    "unsigned": Fault(
        ("outbound-dkim",),
        "through access2: expected dkim=pass",
        "access2",
        *rspamd("echo 'enabled = false;' >local.d/dkim_signing.conf"),
    ),
    "any sender": Fault(
        ("forged-sender",),
        "through access2: expected reply 553; got 250",
        "access2",
        *postfix("postconf -e submission_sender_restrictions="),
    ),
    "open directory": Fault(
        ("directory-sign-in",),
        "through access2: expected a refusal without sign-in",
        "access2",
        *slapd(
            "sed -i '/^disallow bind_anon/d; /^require authc/d; "
            "s/by dn.children=\"ou=people.*break/by * break/' slapd.conf"
        ),
    ),
    "nobody tells of who was stopped": Fault(
        ("stopped",),
        "through access2: expected access1 to hear of a stop; got nothing",
        "access2",
        "systemctl stop hopthu-stopped.path",
        "systemctl start hopthu-stopped.path",
    ),
}
ON_ONE_EDGE_HOST = {
    "another certificate": Fault(
        ("virus-inbound", "forged-outside"),
        "through edge2: .*self-signed certificate",
        "edge2",
        *postfix(ANOTHER_CERTIFICATE),
    ),
    "port 25 is closed": Fault(
        ("unknown-recipient",),
        "through edge2: .*mx.thanhhoa.gov.vn:25 to greet",
        "edge2",
        "systemctl stop postfix",
        "systemctl start postfix",
    ),
    "open relay": Fault(
        ("no-open-relay",),
        "through edge2: expected reply 554 at RCPT; got 250",
        "edge2",
        *postfix(
            "postconf -e mynetworks=10.88.0.0/24 "
            "smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination"
        ),
    ),
    "ClamAV is frozen": Fault(
        ("virus-inbound",),
        "through edge2: expected reply 5xx; got 4",
        "edge2",
        "systemctl kill --signal=STOP clamav-daemon",
        "systemctl kill --signal=CONT clamav-daemon",
    ),
    "a stale table of recipients": Fault(
        ("case", "registered"),
        "through edge2, access2: .*550|on edge2 .*missing",
        "edge2",
        *postfix(f": >{TABLES}/mailboxes; postmap lmdb:{TABLES}/mailboxes"),
    ),
    "Rspamd is down": Fault(
        ("spam",),
        "through edge2: .*4.3.0 Try again later",
        "edge2",
        "systemctl kill --signal=KILL rspamd; systemctl stop rspamd",
        RESTART_RSPAMD,
    ),
    "no letter is spam": Fault(
        ("spam",),
        "through edge2: expected reply 5xx; got 250",
        "edge2",
        *rspamd("echo 'gtube_patterns = \"disable\";' >>override.d/options.inc"),
    ),
}
