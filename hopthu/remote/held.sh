#!/bin/bash
# Tell what this host has on record: held.sh [all]; a word and a record.json a line.
#
#   deployed RECORD     the newest it took completely
#   running RECORD      an apply is under way
#   unfinished RECORD   one broke off: files may be of either
#   record RECORD       with `all`: every other one, newest first
#
# Nothing where nothing was ever applied.
set -euo pipefail
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
[ -d "$state" ] || exit 0
cd "$state"

if [ -e applying ]; then
    # Whoever changes a host holds its lock as long as they live.
    if flock -n -s lock true; then word=unfinished; else word=running; fi
    # It may have come to its end in between.
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
