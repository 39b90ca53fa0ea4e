#!/bin/bash
# Print the records of this host: records.sh [all]; each line is a word and a record.json.
#
#   deployed RECORD     the newest complete one
#   running RECORD      that of an apply in progress
#   unfinished RECORD   that of an interrupted apply: files may be old or new
#   record RECORD       with `all`: every other one, newest first
#
# Prints nothing if nothing was ever applied.
set -euo pipefail
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
[ -d "$state" ] || exit 0
cd "$state"

if [ -e applying ]; then
    # A run that changes a host holds its lock until it ends.
    if flock -n -s lock true; then word=unfinished; else word=running; fi
    # It may have finished in between.
    record=$(cat applying 2>/dev/null || true)
    if [ -n "$record" ]; then printf '%s %s\n' "$word" "$record"; fi
fi
deployed=$(readlink deployed || true)
if [ -n "$deployed" ]; then printf 'deployed %s\n' "$(cat "$deployed/record.json")"; fi
if [ "${1:-}" = all ] && [ -d records ]; then
    find records -mindepth 1 -maxdepth 1 -name '[0-9]*' | sort -r | while IFS= read -r each; do
        if [ "$each" != "$deployed" ]; then
            printf 'record %s\n' "$(cat "$each/record.json")"
        fi
    done
fi
