#!/bin/bash
# End all sessions of a person on this host once its directory has a change:
# end-sessions.sh SUFFIX POSITION PERSON [store] [access], run by root.
# POSITION is the contextCSN of the directory with that change; what is older still accepts the
# earlier password.
set -euo pipefail
export LC_ALL=C

suffix=$1 position=$2 person=$3
shift 3

fail() {
    echo "$*" >&2
    exit 1
}

# Wait until a command succeeds, for so many seconds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

current() {
    local here
    here=$(ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// -b "$suffix" \
        -s base contextCSN 2>/dev/null | sed -n 's/^contextCSN: //p')
    [ -n "$here" ] && [[ ! $here < $position ]]
}

# A session that was being opened when the password changed is found by the second look.
nobody() {
    gone && gone
}

gone() {
    doveadm -f tab who "$person" 2>/dev/null | tail -n +2 | grep -q . || return 0
    doveadm kick "$person" >/dev/null 2>&1 || :
    return 1
}

wait_for 20 current || fail "the directory here does not have the new password yet: the old one still works"
doveadm auth cache flush "$person" >/dev/null
wait_for 20 nobody || fail "sessions of $person are still open"

# Postfix does not tell whose a session is until it sends: all that are signed in end here, and mail
# programs open new ones.
if [[ " $* " == *" access "* ]]; then
    pkill -TERM -f '^smtpd -n submissions? ' || [ $? = 1 ]
fi
