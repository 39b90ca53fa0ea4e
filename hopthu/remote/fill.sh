#!/bin/bash
# Give a directory that holds nothing all it should: fill.sh content|copy FILE DATABASE BASE [INDEXES]
#
# FILE is LDIF packed by gzip, or a copy of the provider's database packed by zstd; INDEXES then
# says what that is indexed by. It is removed whatever comes of it: it holds hashes of passwords.
# The database is made beside the live one, looked at, and takes its place in one step: whatever
# dies before that leaves an empty directory, to be filled by the next run.
set -euo pipefail
umask 077

how=$1 file=$2 database=$3 base=$4 indexes=${5:-}
state=${HOPTHU_STATE:-/var/lib/hopthu}
live=${HOPTHU_SLAPD_CONF:-/etc/ldap/slapd.conf}
new=$database.new

trap 'rm -rf "$file" "$new"; rmdir "${file%/*}" 2>/dev/null; systemctl start slapd' EXIT

as_slapd() { runuser -u openldap -- "$@"; }

# Print how far a directory is: replication has it only once all is there.
position() {
    slapcat -f "$1" -o ldif-wrap=no -H "ldap:///$base??base" 2>/dev/null | grep '^contextCSN'
}

# An entry is enough on the provider. A replica that is still asking has some, and no position; one
# that has a position has come by all of it by itself meanwhile, and needs no copy.
leave_filled() {
    if [ "$how" = content ]; then
        [ -z "$(slapcat -f "$live" 2>/dev/null | head -c 1)" ] || {
            echo "this directory is not empty; it has been left as it is" >&2
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
        # A quick load leaves a file as large as the database may ever be, and room in it.
        as_slapd mdb_copy -c "$new/loaded" "$new/made"
    else
        zstd -q -d -c "$file" >"$new/made/data.mdb"
        chown openldap:openldap "$new/made/data.mdb"
        [ "$indexes" = "$(cat "$state/openldap-indexes")" ] ||
            as_slapd slapindex -q -f "$new/slapd.conf"
    fi
    position "$new/slapd.conf" >/dev/null || {
        echo "the new database is not complete" >&2
        exit 1
    }
}

leave_filled
make
systemctl stop slapd
leave_filled
mv -f "$new/made/data.mdb" "$database/data.mdb"
rm -f "$database/lock.mdb"
