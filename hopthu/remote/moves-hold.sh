#!/bin/bash
# Freeze mailboxes in the directory for at most SECONDS, then switch them to another host, or unfreeze
# them where they are: moves-hold.sh FROM TO SECONDS, run by root on the provider.
# stdin: DNs, one per line, an empty line, and then the word `switch`, or anything else, or nothing.
# Prints `held`, then `switched` or `released`. Without FROM it unfreezes all frozen mailboxes.
set -euo pipefail
export LC_ALL=C
trap '' HUP PIPE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
from=${1:-} to=${2:-} seconds=${3:-0}

say() {
    echo "$*" || :
}

# modify ATTRIBUTES [OPTION]…: make this change in every entry of the list; stop at the first error.
modify() {
    local change=$1 dn
    shift
    while read -r dn; do
        printf 'dn: %s\nchangetype: modify\n%s\n\n' "$dn" "$change"
    done <"$work/dns" >"$work/ldif"
    ldapmodify -Q -Y EXTERNAL -H ldapi:/// "$@" <"$work/ldif" >/dev/null 2>"$work/errors"
}

# Repeat until it succeeds, because the mailboxes cannot be read before.
release() {
    until modify $'replace: hopthuFrozen\n-' -c; do
        ! grep -q 'No such object' "$work/errors" || break
        [ "$SECONDS" -lt 3600 ] || break
        sleep 1
    done
    say "released $(head -n 1 "$work/errors")"
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
# An entry in any other state is not touched.
waits="(mailHost=$from)(hopthuMoving=$to)"
if ! modify $'replace: hopthuFrozen\nhopthuFrozen: TRUE\n-' -e "!assert=(&$waits(!(hopthuFrozen=TRUE)))"
then
    reason=$(head -n 1 "$work/errors")
    release >/dev/null
    say "refused $reason"
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
    reason=$(head -n 1 "$work/errors")
    release >/dev/null
    say "refused $reason"
fi
