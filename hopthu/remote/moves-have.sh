#!/bin/bash
# shellcheck disable=SC2154
# Print which of the mailboxes on stdin are here: `has KIND ID`. Appended to moves.sh.

while read -r kind id; do
    if [ -d "$mail/$kind/$id" ] && ! is_placeholder "$mail/$kind/$id"; then
        say "has $kind $id"
    fi
done
