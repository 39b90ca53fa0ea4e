# shellcheck shell=bash disable=SC2154
# How copies of mailboxes get to another store: by rsync in TLS, both hosts proven by certificate.
# Arguments: NAME ADDRESS PORT of the other store.

# One at a time, so that no two write into one folder there.
exec 9>/run/lock/hopthu-moves
flock -n 9 || fail "mailboxes of $here are being moved already"

tls=/etc/hopthu/tls
export RSYNC_CONNECT_PROG="openssl s_client -quiet -verify_quiet -verify_return_error \
-noservername -CAfile $tls/ca.pem -cert $tls/host.pem -key $tls/host.key \
-verify_hostname $1 -connect $2:$3"
shift 3

# push SECONDS FROM LIST [OPTION]…: make the copies of what LIST names, below FROM, like it; 0
# seconds are as many as it takes. That files vanish meanwhile (24) is no failure: somebody has read
# or moved a message.
push() {
    local longest=$1 from=$2 list=$3 code=0
    shift 3
    [ -s "$list" ] || return 0
    timeout "$longest" rsync -rlptH --delete --timeout=60 --files-from="$list" "$@" \
        "$from/" rsync://store/arriving/ 2>"$work/said" 9>&- || code=$?
    [ "$code" = 0 ] || [ "$code" = 24 ]
}

# Say what was wrong with the last push.
said() {
    grep -v '^Connecting to ' "$work/said" | head -n 5 | tr '\n' ' ' || :
}
