#!/bin/bash
# shellcheck disable=SC2154
# Clean up what moves have left on this store, according to the directory of this host, once that has
# caught up with the one at the address PROVIDER; without this argument the host is the provider. The
# systemd unit UNIT is stopped first, unless empty: moves-settle.sh UNIT [PROVIDER], appended to
# moves.sh. Prints `back KIND ID`, `left KIND ID HOST` (its copy is still here), and `here KIND ID`
# for mailboxes that have arrived and are not finished yet (hopthu/remote/host/moves.py).

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

[ "$#" = 0 ] || wait_for 60 up_to_date "$1" || fail "its directory lags behind the provider's"

inside leaving | whereabouts | settle_leaving

# Mailboxes that were put in place; those that never became valid are copies again.
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

# Copies of mailboxes that are no longer to be moved here.
inside arriving | whereabouts | awk -v here="$here" '$6 != here { print $1, $2 }' |
    while read -r kind id; do
        rm -rf "${mail:?}/arriving/$kind/$id"
    done

# Placeholders. Not at once, because after a reboot the directory of a host may lack its last change.
if [ ! -e "$no_placeholders" ]; then
    find "$mail/people" "$mail/units" -mindepth 1 -maxdepth 1 -user root -empty \
        \( -mmin +10 -delete -o -print \) >"$work/kept"
    [ -s "$work/kept" ] || touch "$no_placeholders"
fi
