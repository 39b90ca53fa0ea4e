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
# or moved a message. What --itemize-changes says is in $work/changes afterwards. Ends with 3 when
# there was no connection, or it was cut: that may be tried again.
push() {
    local longest=$1 from=$2 list=$3 code=0
    shift 3
    [ -s "$list" ] || return 0
    timeout "$longest" rsync -rlptH --delete --timeout=60 --files-from="$list" "$@" \
        "$from/" rsync://store/arriving/ >"$work/changes" 2>"$work/said" 9>&- || code=$?
    [ "$code" != 0 ] && [ "$code" != 24 ] || return 0
    ! was_cut "$code" || return 3
    return 1
}

# was_cut CODE: tell whether rsync ended so for want of a connection. Codes are of rsync(1): it could
# not begin (5), sockets (10), the stream (12), a time limit (30, 35). They come of other reasons, too.
was_cut() {
    case $1 in 5 | 10 | 12 | 30 | 35) ;; *) return 1 ;; esac
    ! grep -Eqi 'verify error|alert|@ERROR|No space left|quota|denied|Read-only|code 11' "$work/said"
}

# Say what was wrong with the last push.
said() {
    grep -v '^Connecting to ' "$work/said" | head -n 5 | tr '\n' ' ' || :
}
