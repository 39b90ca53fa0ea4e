#!/bin/bash
# Compare the tables of a record with the present ones: compare-tables.sh RECORD FOLDER
#
# FOLDER contains the tables `mailboxes` and `transport`, rows of address, tab and value sorted by
# address. Prints `moved ADDRESS` if the record has another store for it, `new ADDRESS` if the record
# does not have it, `gone ADDRESS` if only the record has it. Prints nothing if either lacks these
# tables.
set -euo pipefail
export LC_ALL=C

record=${HOPTHU_STATE:-/var/lib/hopthu}/records/$1
folder=$2
work=$(mktemp -d -p /dev/shm hopthu.XXXXXX)
trap 'rm -rf "$work"' EXIT

# The record's table.
table() {
    if [ -e "$record/files.tar.zst" ]; then
        zstd -qdc "$record/files.tar.zst"
    else
        cat "$record/files.tar"
    fi | tar --extract --to-stdout --file=- -- "${folder#/}/$1"
}

for name in mailboxes transport; do
    [ -e "$folder/$name" ] || exit 0
    grep -q " $folder/$name\$" "$record/digests" || exit 0
    table "$name" >"$work/$name"
done
tab=$'\t'
join -t "$tab" "$work/transport" "$folder/transport" | awk -F "$tab" '$2 != $3 { print "moved " $1 }'
join -t "$tab" -v 2 -o 0 "$work/mailboxes" "$folder/mailboxes" | sed 's/^/new /'
join -t "$tab" -v 1 -o 0 "$work/mailboxes" "$folder/mailboxes" | sed 's/^/gone /'
