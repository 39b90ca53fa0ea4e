#!/bin/bash
# Print the content of this host's own directory: its suffix and position (contextCSN, empty if it is
# not running), separated by a tab; then its entries as LDIF, compressed.
# Arguments: the folder of the database, then the wanted attributes; no others leave the host.
# Prints nothing if there is no database yet. If the directory is not running its database is read,
# so that an apply can plan its changes before it starts the directory again.
set -euo pipefail

database=$1
shift
[ -e "$database/data.mdb" ] || exit 0

configuration=/etc/ldap/slapd.conf
suffix=$(sed -nE 's/^suffix[[:space:]]+"?([^"]+)"?$/\1/p' "$configuration" | head -n 1)
found=$(mktemp)
trap 'rm -f "$found"' EXIT

ask() {
    ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
        -b "$suffix" '(objectClass=*)' "$@" >"$found" 2>/dev/null
}

dump() {
    slapcat -f "$configuration" -b "$suffix" -o ldif-wrap=no 2>/dev/null |
        awk -v wanted="dn $*" '
            BEGIN { n = split(tolower(wanted), names, " "); for (i = 1; i <= n; i++) keep[names[i]] }
            /^$/ { print; next }
            { name = $0; sub(/:.*/, "", name); if (tolower(name) in keep) print }
        ' >"$found"
}

# Before the entries, so that changes made meanwhile have a later position.
position=$(ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b "$suffix" -s base contextCSN 2>/dev/null | sed -n 's/^contextCSN: //p' | tr '\n' ' ') || :

# 32: slapd is running, but has no entries yet.
ask "$@" || [ $? = 32 ] || dump "$@" || {
    echo "the directory does not answer, and its database cannot be read" >&2
    exit 1
}
printf '%s\t%s\n' "$suffix" "${position% }"
{
    cat "$found"
    echo '# complete'
} | gzip -1n | base64 -w 65536
