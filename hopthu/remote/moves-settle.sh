#!/bin/bash
# shellcheck disable=SC2154
# Clear up what moves have left on this store, as the directory says: the one of this host, once it
# has all that the one at the address PROVIDER has; without that argument, this is the one. What runs
# as UNIT is stopped first, where there is one to be stopped: moves-settle.sh UNIT [PROVIDER], behind
# moves.sh. Says `back KIND ID`, `left KIND ID HOST` (its copy is still here), and `here KIND ID` of
# whoever has come and is not at home yet (moves-finish.sh).

[ -z "$1" ] || systemctl stop "$1" || fail "$1 cannot be stopped"
shift

position() {
    ldapsearch -Q -LLL -o nettimeout=5 -Y EXTERNAL -H "$1" -b "$base" -s base contextCSN 2>&1 |
        grep '^contextCSN'
}

up_to_date() {
    local tls=/etc/hopthu/tls theirs
    theirs=$(LDAPTLS_CACERT=$tls/ca.pem LDAPTLS_CERT=$tls/host.pem LDAPTLS_KEY=$tls/host.key \
        position "ldaps://$1") && [ "$theirs" = "$(position ldapi:///)" ]
}

[ "$#" = 0 ] || wait_for 60 up_to_date "$1" || fail "its directory does not follow the provider's"

inside leaving | whereabouts | settle_leaving

# Put in place, and where it never became valid a copy again.
[ ! -d "$state" ] || find "$state" -type f -printf '%P\n' | tr / ' ' >"$work/arrived"
[ ! -s "$work/arrived" ] || whereabouts <"$work/arrived" | while read -r kind id host frozen _; do
    if [ "$host" = "$here" ]; then
        say "here $kind $id"
        continue
    elif [ "$frozen" = frozen ]; then
        continue
    elif [ ! -d "$mail/$kind/$id" ] || is_placeholder "$mail/$kind/$id"; then
        : # it has left again
    elif [ -e "$mail/arriving/$kind/$id" ]; then
        rm -rf "${mail:?}/$kind/$id"
    else
        mv --no-copy -T "$mail/$kind/$id" "$mail/arriving/$kind/$id"
    fi
    rm "$state/$kind/$id"
done

# Copies of whom nobody wants here any more.
inside arriving | whereabouts | awk -v here="$here" '$6 != here { print $1, $2 }' |
    while read -r kind id; do
        rm -rf "${mail:?}/arriving/$kind/$id"
    done

# What kept others out of an empty place. A host that has just come up may have forgotten the last
# change of its directory, so not at once.
if [ ! -e "$no_placeholders" ]; then
    find "$mail/people" "$mail/units" -mindepth 1 -maxdepth 1 -user root -empty \
        \( -mmin +10 -delete -o -print \) >"$work/kept"
    [ -s "$work/kept" ] || touch "$no_placeholders"
fi
