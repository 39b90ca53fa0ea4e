#!/bin/bash
# Keep mailboxes from changing, for SECONDS at most; then the directory says that they are elsewhere,
# or lets them go where they were: moves-hold.sh FROM TO SECONDS, run by root on the provider.
# stdin: DNs, a line each, an empty line, and then the word `switch`, or anything else, or nothing.
# Says `held`, then `switched` or `released`. Without FROM lets go of all that are held.
set -euo pipefail
export LC_ALL=C
trap '' HUP PIPE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
from=${1:-} to=${2:-} seconds=${3:-0}

say() {
    echo "$*" || :
}

# modify ATTRIBUTES [OPTION]…: change every entry in the list so; the first refusal ends it.
modify() {
    local change=$1 dn
    shift
    while read -r dn; do
        printf 'dn: %s\nchangetype: modify\n%s\n\n' "$dn" "$change"
    done <"$work/dns" >"$work/ldif"
    ldapmodify -Q -Y EXTERNAL -H ldapi:/// "$@" <"$work/ldif" >/dev/null 2>"$work/said"
}

# Until it is done: nobody reads their mail before.
release() {
    until modify $'replace: hopthuFrozen\n-' -c; do
        ! grep -q 'No such object' "$work/said" || break
        [ "$SECONDS" -lt 3600 ] || break
        sleep 1
    done
    say "released $(head -n 1 "$work/said")"
}

if [ -z "$from" ]; then
    base=$(ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -s base -b '' namingContexts |
        sed -n 's/^namingContexts: //p')
    ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H ldapi:/// -b "$base" hopthuFrozen=TRUE 1.1 |
        sed -n 's/^dn: //p' >"$work/dns"
    [ ! -s "$work/dns" ] || release
    exit 0
fi

while read -r dn && [ -n "$dn" ]; do
    echo "$dn"
done >"$work/dns"
# An entry that is not just as it was thought to be is not touched.
waits="(mailHost=$from)(hopthuMoving=$to)"
if ! modify $'replace: hopthuFrozen\nhopthuFrozen: TRUE\n-' -e "!assert=(&$waits(!(hopthuFrozen=TRUE)))"
then
    said=$(head -n 1 "$work/said")
    release >/dev/null
    say "refused $said"
    exit 1
fi
say "held"
word=
read -r -t "$seconds" word || :
if [ "$word" != switch ]; then
    release
elif modify $'replace: mailHost\nmailHost: '"$to"$'\n-\nreplace: hopthuMoving\n-\nreplace: hopthuFrozen\n-' \
    -e "!assert=(&$waits(hopthuFrozen=TRUE))"; then
    say "switched"
else
    said=$(head -n 1 "$work/said")
    release >/dev/null
    say "refused $said"
fi
