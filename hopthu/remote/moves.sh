# shellcheck shell=bash
# Functions shared by the scripts that move mailboxes. Each script is appended to this text and has
# its own arguments after these: SUFFIX of the directory, FQDN of this host. Mailboxes are lines
# `KIND ID`: `people an`, `units stc`. The order of steps: docs/decisions/moves.md.
set -euo pipefail
umask 077
export LC_ALL=C
# The operator may be gone: what was started is still brought to a safe end.
trap '' HUP PIPE

mail=/var/vmail
# Mailboxes that have been put in place, and may not be valid yet or not have access granted.
# shellcheck disable=SC2034
state=/var/lib/hopthu/arrived
# This file exists if there are no placeholders of mailboxes that have left; a search takes long.
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

# Print what the directory of this host has about the mailboxes on stdin, if it knows them:
# KIND ID HOST frozen|free STATE DESTINATION; DESTINATION is `-` if there is none.
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

# A folder owned by root in place of a mailbox, so that no program can create a mailbox there.
is_placeholder() {
    [ -d "$1" ] && [ "$(stat -c %u "$1")" = 0 ] && [ -z "$(ls -A "$1")" ]
}

# List the mailboxes in a folder below that of all mail.
inside() {
    [ ! -d "$mail/$1" ] || find "$mail/$1" -mindepth 2 -maxdepth 2 -printf '%P\n' | tr / ' '
}

# Put a mailbox that was set aside back in place.
put_back() {
    local live=$mail/$1/$2 aside=$mail/leaving/$1/$2
    if is_placeholder "$live"; then
        mv --exchange --no-copy -T "$aside" "$live"
    fi
    is_placeholder "$aside" || fail "mailbox $1/$2 exists twice: $live and $aside"
    rmdir "$aside"
}

# Act on what the directory says (as printed by `whereabouts`) about mailboxes that were set aside:
# those still on this host are put back, the others have left. Frozen ones are left alone.
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
