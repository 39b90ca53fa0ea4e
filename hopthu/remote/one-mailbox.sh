#!/bin/bash
# Print what this host knows of one mailbox: one-mailbox.sh SUFFIX FQDN ROLES ID NAME…, run by root.
# ROLES are those of this host, separated by commas; NAMEs are what people may sign in with. A line
# is a word and its values, as hopthu/show/live.py reads them. No hash and no mail is read.
set -euo pipefail
suffix=$1 here=$2 roles=,$3, id=$4
shift 4

# A journal of months takes minutes to search, and a person at the telephone does not wait for them.
days=30 patience=20

entry() {
    ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// -b "$suffix" "$@"
}

# Print WORD with the moment and the client address of the last line that matches a pattern in the
# journal of some programs: last WORD PATTERN PROGRAM…
last() {
    local word=$1 pattern=$2 line code=0
    shift 2
    line=$(timeout "$patience" journalctl --quiet --no-pager --reverse --lines 1 \
        --since "-${days}days" --output short-unix --case-sensitive=no --grep "$pattern" \
        "${@/#/--identifier=}") || code=$?
    if [ "$code" = 124 ]; then
        echo "unread $word"
    elif [ -n "$line" ]; then
        sed -nE "s/^([0-9]+)[.].*(rip=|\[)([0-9a-fA-F.:]+)[],].*/$word \1 \3/p" <<<"$line"
    fi
}

# The wanted attributes come as words; those of the other kind of entry are not there.
found=$(entry "(uid=$id)" hopthuState mailHost pwdReset hopthuPasswordUntil pwdAccountLockedTime \
    pwdChangedTime |
    sed -nE 's/^([A-Za-z]+): /\1 /p')
[ -z "$found" ] || grep -v '^dn ' <<<"$found"
if entry "(&(uid=$id)(userPassword=*))" 1.1 | grep -q '^dn:'; then
    echo "password"
fi
entry "(uid=$id)" hopthuClientPassword | sed -n 's/^hopthuClientPassword: [0-9a-f]* /client /p'

if [[ $roles == *,store,* ]] && grep -qx "mailHost $here" <<<"$found"; then
    if quota=$(doveadm -f tab quota get -u "$id" 2>&1); then
        awk -F '\t' '$2 == "STORAGE" { print "quota", $3, $4 }' <<<"$quota"
    fi
    doveadm -f tab who "$id" | awk -F '\t' 'NR > 1 { print "session", $2, split($3, pids, " ") }'
fi
if [[ $roles == *,access,* ]]; then
    own=${id//./[.]}
    names=$(printf '|%s' "$id" "$@" | sed 's/^|//; s/[.]/[.]/g')
    submission=(postfix/submission/smtpd postfix/submissions/smtpd)
    last read "-login: (proxy[(]$own,.*: started proxying|(login|logged in): user=<$own>)" dovecot
    last sent "sasl_username=$own(,|\$)" "${submission[@]}"
    last refused "(auth.failed.*user=<|sasl .* authentication failed:.*sasl_username=)($names)(>|\$)" \
        dovecot "${submission[@]}"
fi
