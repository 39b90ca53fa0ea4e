#!/bin/bash
# shellcheck disable=SC2154
# Put copies that have arrived in place, before the directory directs anybody to them. Appended to
# moves.sh; mailboxes on stdin. Prints `arrived` when all are there and Dovecot can read them.

cat >"$work/list"

# A copy contains files, folders, and a link to the active filter: nothing that points elsewhere.
looks_right() {
    local copy=$1 odd
    [ -d "$copy" ] || fail "$copy has not arrived"
    odd=$(find "$copy" \( ! -user vmail -o ! -type f ! -type d ! -path "$copy/.dovecot.sieve" \) \
        -print -quit)
    [ -z "$odd" ] || fail "$odd does not belong in a mailbox"
    [ ! -L "$copy/.dovecot.sieve" ] || [[ $(readlink "$copy/.dovecot.sieve") =~ ^sieve/[^/]+$ ]] ||
        fail "$copy/.dovecot.sieve points outside the mailbox"
}

# Keep what is in the way, unless it is a copy that never became valid.
make_room() {
    local live=$mail/$1/$2
    if is_placeholder "$live"; then
        rmdir "$live"
    elif [ -e "$state/$1/$2" ]; then
        rm -rf "$live"
    elif [ -e "$live" ]; then
        install -d -m 700 "$mail/aside" "$mail/aside/$1"
        mv --no-copy -T "$live" "$mail/aside/$1/$2.$(date -u +%Y%m%dT%H%M%SZ)"
        say "aside $1 $2"
    fi
}

# Print ID NUMBER: the number of message files.
files() {
    local kind id
    while read -r kind id; do
        echo "$id $(find "$mail/$kind/$id" -type f ! -name '.*' \
            \( -path '*/cur/*' -o -path '*/new/*' \) -printf . | wc -c)"
    done
}

# Print ID NUMBER: the number of messages that Dovecot finds, for mailboxes it knows.
messages() {
    cut -d ' ' -f 2 >"$work/ids"
    [ -s "$work/ids" ] || return 0
    doveadm -o namespace/units/disabled=yes -f tab mailbox status -F "$work/ids" messages '*' |
        awk -F '\t' 'NR > 1 { sum[$1] += $3 } END { for (id in sum) print id, sum[id] }'
}

whereabouts <"$work/list" >"$work/now"
awk -v here="$here" '$4 == "frozen" && $3 != here { print $1, $2 }' "$work/now" | sort |
    cmp -s - <(sort "$work/list") || fail "its directory does not expect these mailboxes"
while read -r kind id; do
    looks_right "$mail/arriving/$kind/$id"
done <"$work/list"
sync -f "$mail/arriving"
while read -r kind id; do
    make_room "$kind" "$id"
    install -d -m 700 "$state" "$state/$kind"
    : >"$state/$kind/$id"
    mv --no-copy -T "$mail/arriving/$kind/$id" "$mail/$kind/$id"
done <"$work/list"
sync -f "$mail"
awk '$5 == "active" || $5 == "locked" { print $1, $2 }' "$work/now" >"$work/live"
cmp -s <(files <"$work/live" | sort) <(messages <"$work/live" | sort) ||
    fail "Dovecot does not find the same number of messages as there are files"
say "arrived"
