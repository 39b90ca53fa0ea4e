#!/bin/bash
# shellcheck disable=SC2154
# End the sessions of mailboxes that the directory has frozen, set the mailboxes aside, complete their
# copies, then act on what the directory says. Appended to moves.sh and moves-push.sh; argument: the
# SECONDS it may take; stdin: mailboxes, and `kick ID` for other people who may have them open.
#
# Prints `cut` if it cannot connect to the other store, and tries again while there is time; `ready`
# when all copies match their originals; then `back KIND ID` or `left KIND ID HOST` for each. Nothing
# is removed.

until=$((SECONDS + $1))
cat >"$work/asked"
grep -v '^kick ' "$work/asked" >"$work/list" || fail "no mailbox was given"
cut -d ' ' -f 2 "$work/asked" >"$work/kick"
tr ' ' / <"$work/list" >"$work/paths"

remaining() {
    echo $((until > SECONDS ? until - SECONDS : 1))
}

# Succeed if the directory of this host has frozen all: from then on nobody can sign in any more.
all_frozen() {
    whereabouts <"$work/list" >"$work/now" || return 1
    awk -v here="$here" '$3 == here && $4 == "frozen" { print $1, $2 }' "$work/now" |
        sort | cmp -s - <(sort "$work/list")
}

# Anything still in progress, such as a delivery accepted before, finds no mailbox to write to: the
# exchange is atomic, and the folder then in place is owned by root.
take_aside() {
    local kind id live aside
    while read -r kind id; do
        live=$mail/$kind/$id aside=$mail/leaving/$kind/$id
        [ ! -e "$aside" ] || fail "$aside is in the way"
        [ -d "$live" ] || install -d -o vmail -g vmail -m 700 "$live"
        install -d -m 700 "$mail/leaving" "$mail/leaving/$kind"
        install -d -m 500 "$aside"
        rm -f "$no_placeholders"
        mv --exchange --no-copy -T "$aside" "$live"
        rm -f "$no_placeholders" # another run may have looked a moment ago
    done <"$work/list"
}

# One at a time: doveadm 2.4.1 crashes if it is given two people that it does not find.
nobody_signed_in() {
    local name
    doveadm -f tab who 2>/dev/null | cut -f 1 | grep -Fxf "$work/kick" >"$work/open" || return 0
    sort -u "$work/open" | while read -r name; do
        doveadm kick "$name" >/dev/null 2>&1 || :
    done
    return 1
}

# Succeed if no process has any of them open below a folder; processes that stay are sent SIGTERM,
# then SIGKILL.
nothing_open() {
    local path anywhere=()
    while read -r path; do
        anywhere+=(-o -lname "$1/$path" -o -lname "$1/$path/*")
    done <"$work/paths"
    find /proc/[0-9]*/fd /proc/[0-9]*/cwd \( "${anywhere[@]:1}" \) -printf '%p\n' \
        2>/dev/null >"$work/holders" || :
    [ -s "$work/holders" ] || return 0
    [ "$SECONDS" -ge $((asked + 3)) ] || return 1
    local word=TERM
    [ "$SECONDS" -lt $((asked + 6)) ] || word=KILL
    cut -d / -f 3 "$work/holders" | sort -u | xargs -r kill -s "$word" 2>/dev/null || :
    return 1
}

# A session that was being opened when the directory changed is found by the second check.
all_gone() {
    nobody_signed_in && nothing_open "$1" && nobody_signed_in
}

# Once the directory has unfrozen them, new sessions are allowed.
all_gone_or_let_go() {
    ! all_frozen || all_gone "$mail"
}

who_stays() {
    echo "somebody still has them open: $(tr '\n' ' ' <"$work/open" | head -c 200)"
}

# Locks left by killed processes would block access for minutes.
remove_locks() {
    local path
    while read -r path; do
        find "$mail/leaving/$path" -type f -name '*.lock' -delete
    done <"$work/paths"
}

# push_again FROM LIST [OPTION]…: like push, but repeat it while there is no connection.
push_again() {
    local code pause=1
    while true; do
        code=0
        push "$(remaining)" "$@" || code=$?
        [ "$code" = 3 ] && [ "$((SECONDS + pause))" -lt "$until" ] || return "$code"
        say "cut"
        sleep "$pause"
        pause=$((pause < 4 ? pause * 2 : 4))
    done
}

# Indexes may change without a new size or time, so they are compared by content.
complete() {
    sed 's#$#/index#; p; s#/index$#/units#' "$work/paths" | while read -r path; do
        [ ! -d "$mail/leaving/$path" ] || echo "$path"
    done >"$work/indexes"
    push_again "$mail/leaving" "$work/paths" &&
        push_again "$mail/leaving" "$work/indexes" --checksum &&
        push_again "$mail/leaving" "$work/paths" --dry-run --itemize-changes
}

all_decided() {
    whereabouts <"$work/list" >"$work/now" || return 1
    settle_leaving <"$work/now"
    awk '$4 == "free" { print $1, $2 }' "$work/now" >"$work/decided"
    grep -vxFf "$work/decided" "$work/list" >"$work/rest" || return 0
    mv "$work/rest" "$work/list"
    return 1
}

wait_for "$(remaining)" all_frozen || fail "its directory has not frozen these mailboxes"
# Before they are set aside: a session without its files confirms flags that it cannot store.
asked=$SECONDS
wait_for "$(remaining)" all_gone_or_let_go || fail "$(who_stays)"
all_frozen || fail "its directory has unfrozen these mailboxes"
take_aside
asked=$SECONDS
if ! wait_for "$(remaining)" all_gone "$mail/leaving"; then
    say "failed $(who_stays)"
elif ! remove_locks || ! complete; then
    say "failed the copy is incomplete: $(push_errors)"
elif [ -s "$work/changes" ]; then
    say "failed the copy differs from the original: $(head -n 3 "$work/changes" | tr '\n' ' ')"
else
    say "ready"
fi
wait_for 600 all_decided || fail "its directory has not unfrozen these mailboxes"
