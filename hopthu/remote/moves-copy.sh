#!/bin/bash
# shellcheck disable=SC2154
# Copy mailboxes to another store while they are in use. What changes meanwhile is copied by the next
# call, and finally by moves-leave.sh when nothing can change. Appended to moves.sh and moves-push.sh;
# mailboxes on stdin.

while read -r kind id; do
    [ ! -d "$mail/$kind/$id" ] || echo "$kind/$id"
done >"$work/paths"
push 0 "$mail" "$work/paths" || {
    [ $? != 3 ] || say "cut"
    fail "the copy is incomplete: $(push_errors)"
}
say "copied"
