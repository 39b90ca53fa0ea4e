#!/bin/bash
# Fill an empty directory: fill.sh content|copy FILE DATABASE BASE [INDEXES]
#
# FILE is LDIF compressed by gzip, or a copy of the provider's database compressed by zstd; INDEXES
# then lists its indexes. FILE is removed in any case, because it contains password hashes. The
# database is built beside the live one, checked, and replaces it in one step: whatever dies before
# that leaves an empty directory, which the next run fills.
set -euo pipefail
umask 077

how=$1 file=$2 database=$3 base=$4 indexes=${5:-}
state=${HOPTHU_STATE:-/var/lib/hopthu}
live=${HOPTHU_SLAPD_CONF:-/etc/ldap/slapd.conf}
new=$database.new

trap 'rm -rf "$file" "$new"; rmdir "${file%/*}" 2>/dev/null; systemctl start slapd' EXIT

as_slapd() { runuser -u openldap -- "$@"; }

# Print the position of a directory; during replication it appears only once everything is there.
position() {
    slapcat -f "$1" -o ldif-wrap=no -H "ldap:///$base??base" 2>/dev/null | grep '^contextCSN'
}

# A provider with any entry is left alone. A replica that is still replicating has entries but no
# position; one with a position is complete by now and needs no copy.
leave_filled() {
    if [ "$how" = content ]; then
        [ -z "$(slapcat -f "$live" 2>/dev/null | head -c 1)" ] || {
            echo "this directory is not empty; nothing was changed" >&2
            exit 1
        }
    elif position "$live" >/dev/null; then
        exit 0
    fi
}

make() {
    rm -rf "$new"
    install -d -o openldap -g openldap -m 700 "$new" "$new/made"
    sed "s|^directory .*|directory $new/made|" "$live" >"$new/slapd.conf"
    chown openldap "$new/slapd.conf"
    if [ "$how" = content ]; then
        install -d -o openldap -g openldap -m 700 "$new/loaded"
        sed "s|^directory .*|directory $new/loaded|" "$live" >"$new/load.conf"
        chown openldap "$new/load.conf"
        gunzip <"$file" | as_slapd slapadd -q -w -f "$new/load.conf"
        # A quick load leaves a file of the maximum size of the database, mostly unused.
        as_slapd mdb_copy -c "$new/loaded" "$new/made"
    else
        zstd -q -d -c "$file" >"$new/made/data.mdb"
        chown openldap:openldap "$new/made/data.mdb"
        [ "$indexes" = "$(cat "$state/openldap-indexes")" ] ||
            as_slapd slapindex -q -f "$new/slapd.conf"
    fi
    position "$new/slapd.conf" >/dev/null || {
        echo "the new database is incomplete" >&2
        exit 1
    }
}

leave_filled
make
systemctl stop slapd
leave_filled
mv -f "$new/made/data.mdb" "$database/data.mdb"
rm -f "$database/lock.mdb"
