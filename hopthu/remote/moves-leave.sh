#!/bin/bash
# shellcheck disable=SC2154
# Sign out who has mailboxes open that the directory says are frozen, take them aside, complete their
# copies, then do what the directory says. Behind moves.sh and moves-push.sh; argument: the SECONDS it may take; stdin:
# mailboxes, and `kick ID` for whoever else may have them open.
#
# Says `cut` when there is no connection to the other store, and tries again while there is
# time; `ready` when all copies are like their originals; then `back KIND ID` or `left KIND ID HOST`
# of each. Nothing is removed.

until=$((SECONDS + $1))
cat >"$work/asked"
grep -v '^kick ' "$work/asked" >"$work/list" || fail "no mailbox is named"
cut -d ' ' -f 2 "$work/asked" >"$work/kick"
tr ' ' / <"$work/list" >"$work/paths"

remaining() {
    echo $((until > SECONDS ? until - SECONDS : 1))
}

# Tell whether the directory of this host has heard of it: from then on nobody new comes in.
all_frozen() {
    whereabouts <"$work/list" >"$work/now" || return 1
    awk -v here="$here" '$3 == here && $4 == "frozen" { print $1, $2 }' "$work/now" |
        sort | cmp -s - <(sort "$work/list")
}

# Whatever is under way, such as a delivery that was let in before, finds no mailbox to write to:
# the exchange is one step for all who look, and the folder then found is not theirs.
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

# Named two people whom it does not find, doveadm 2.4.1 crashes: one at a time.
nobody_signed_in() {
    local name
    doveadm -f tab who 2>/dev/null | cut -f 1 | grep -Fxf "$work/kick" >"$work/open" || return 0
    sort -u "$work/open" | while read -r name; do
        doveadm kick "$name" >/dev/null 2>&1 || :
    done
    return 1
}

# Tell whether no process has anything of them open below a folder; those that stay are asked to end,
# then made to.
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

# Whoever was being let in when the directory changed is found by the second look.
all_gone() {
    nobody_signed_in && nothing_open "$1" && nobody_signed_in
}

# Once the directory lets go of them, whoever comes in may be there.
all_gone_or_let_go() {
    ! all_frozen || all_gone "$mail"
}

who_stays() {
    echo "somebody does not let go of them: $(tr '\n' ' ' <"$work/open" | head -c 200)"
}

# What killed processes have left would keep everybody out for minutes.
remove_locks() {
    local path
    while read -r path; do
        find "$mail/leaving/$path" -type f -name '*.lock' -delete
    done <"$work/paths"
}

# push_again FROM LIST [OPTION]…: as push, again and again while there is no connection.
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

# Indexes may change without their size or time telling, so those are compared by their content.
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

wait_for "$(remaining)" all_frozen || fail "its directory does not say that they are to leave"
# Before they are taken aside: a session whose files are gone says OK to marks that it cannot write.
asked=$SECONDS
wait_for "$(remaining)" all_gone_or_let_go || fail "$(who_stays)"
all_frozen || fail "its directory has let go of them"
take_aside
asked=$SECONDS
if ! wait_for "$(remaining)" all_gone "$mail/leaving"; then
    say "failed $(who_stays)"
elif ! remove_locks || ! complete; then
    say "failed the copy is not complete: $(said)"
elif [ -s "$work/changes" ]; then
    say "failed the copy is not like the original: $(head -n 3 "$work/changes" | tr '\n' ' ')"
else
    say "ready"
fi
wait_for 600 all_decided || fail "its directory does not say what becomes of them"
