# shellcheck shell=bash
# What the scripts that move mailboxes share; each is sent behind this text and has its own
# arguments behind these: SUFFIX of the directory, FQDN of this host. Mailboxes are lines `KIND ID`:
# `people an`, `units stc`. What happens when: docs/decisions/moves.md.
set -euo pipefail
umask 077
export LC_ALL=C
# Whoever sent us may be gone: what was begun comes to an end that is safe all the same.
trap '' HUP PIPE

mail=/var/vmail
# Who has been put in place, and may not be valid yet, or not at home.
# shellcheck disable=SC2034
state=/var/lib/hopthu/arrived
# There while no folder keeps the place of a mailbox that has left: to look at all takes a while.
# shellcheck disable=SC2034
no_placeholders=/var/lib/hopthu/no-placeholders
base=$1
here=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() {
    echo "$*" || :
}

fail() {
    say "failed $*"
    exit 1
}

# Wait until a command succeeds, for so many seconds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.1
    done
}

# Say what the directory of this host has of the mailboxes on stdin, as far as it has any:
# KIND ID HOST frozen|free STATE DESTINATION, the last one `-` where there is none.
whereabouts() {
    cut -d ' ' -f 2 | xargs -r -n 200 | while read -r ids; do
        ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=10 -Y EXTERNAL -H ldapi:/// -b "$base" \
            "(|(uid=${ids// /)(uid=}))" uid mailHost hopthuFrozen hopthuState hopthuMoving
    done | awk -v RS='' -F '\n' '{
        split("", value)
        for (n = 2; n <= NF; n++) {
            split($n, pair, ": ")
            value[pair[1]] = pair[2]
        }
        print ($1 ~ /,ou=units,/ ? "units" : "people"), value["uid"], value["mailHost"],
            (value["hopthuFrozen"] == "TRUE" ? "frozen" : "free"), value["hopthuState"],
            ("hopthuMoving" in value ? value["hopthuMoving"] : "-")
    }'
}

# A folder of root's, where no mailbox is: whatever still would write to one here cannot make one.
is_placeholder() {
    [ -d "$1" ] && [ "$(stat -c %u "$1")" = 0 ] && [ -z "$(ls -A "$1")" ]
}

# List the mailboxes in a folder below that of all mail.
inside() {
    [ ! -d "$mail/$1" ] || find "$mail/$1" -mindepth 2 -maxdepth 2 -printf '%P\n' | tr / ' '
}

# Put a mailbox that was taken aside back in its place.
put_back() {
    local live=$mail/$1/$2 aside=$mail/leaving/$1/$2
    if is_placeholder "$live"; then
        mv --exchange --no-copy -T "$aside" "$live"
    fi
    is_placeholder "$aside" || fail "$1/$2 is here twice: $live and $aside"
    rmdir "$aside"
}

# Act on what the directory says (as `whereabouts` does) of mailboxes that were taken aside: who is
# still of this host goes back, who is not has left. Those that are frozen stay as they are.
settle_leaving() {
    local kind id host frozen rest
    while read -r kind id host frozen rest; do
        [ "$frozen" = free ] || continue
        if [ "$host" = "$here" ]; then
            put_back "$kind" "$id"
            say "back $kind $id"
        else
            say "left $kind $id $host"
        fi
    done
}
