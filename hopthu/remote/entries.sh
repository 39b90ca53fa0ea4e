#!/bin/bash
# Write what this host's own directory holds: the domain and how far the directory is (contextCSN,
# nothing where it does not run), separated by a tab; then its entries as LDIF, compressed.
# Arguments: the folder of the database, then the attributes wanted; no other leaves the host.
# Nothing is written where there is no database yet. A directory that does not run is read from its
# file, so that an apply can judge what it changes before it starts it again.
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

# Before the entries: whatever changes meanwhile is after this.
position=$(ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
    -b "$suffix" -s base contextCSN 2>/dev/null | sed -n 's/^contextCSN: //p' | tr '\n' ' ') || :

# 32: slapd serves, and holds nothing of ours yet.
ask "$@" || [ $? = 32 ] || dump "$@" || {
    echo "the directory neither answers nor can be read from its file" >&2
    exit 1
}
printf '%s\t%s\n' "$suffix" "${position% }"
{
    cat "$found"
    echo '# complete'
} | gzip -1n | base64 -w 65536
