# shellcheck shell=bash disable=SC2154
# Copy mailboxes to another store by rsync over TLS; both hosts authenticate by certificate.
# Arguments: NAME ADDRESS PORT of the other store.

# One at a time, so that no two write into the same folder there.
exec 9>/run/lock/hopthu-moves
flock -n 9 || fail "another move of mailboxes from $here is in progress"

tls=/etc/hopthu/tls
export RSYNC_CONNECT_PROG="openssl s_client -quiet -verify_quiet -verify_return_error \
-noservername -CAfile $tls/ca.pem -cert $tls/host.pem -key $tls/host.key \
-verify_hostname $1 -connect $2:$3"
shift 3

# push SECONDS FROM LIST [OPTION]…: update the copies of the paths in LIST, below FROM; 0 seconds mean
# no limit. Files that vanish meanwhile (24) are not an error: somebody has read or moved a message.
# The output of --itemize-changes is in $work/changes afterwards. Returns 3 if there was no
# connection, or it was cut: that may be tried again.
push() {
    local longest=$1 from=$2 list=$3 code=0
    shift 3
    [ -s "$list" ] || return 0
    timeout "$longest" rsync -rlptH --delete --timeout=60 --files-from="$list" "$@" \
        "$from/" rsync://store/arriving/ >"$work/changes" 2>"$work/errors" 9>&- || code=$?
    [ "$code" != 0 ] && [ "$code" != 24 ] || return 0
    ! was_cut "$code" || return 3
    return 1
}

# was_cut CODE: succeed if rsync failed because of the connection. Codes of rsync(1): error starting
# the protocol (5), sockets (10), the data stream (12), timeouts (30, 35). As these have other causes
# too, the error messages are checked.
was_cut() {
    case $1 in 5 | 10 | 12 | 30 | 35) ;; *) return 1 ;; esac
    ! grep -Eqi 'verify error|alert|@ERROR|No space left|quota|denied|Read-only|code 11' "$work/errors"
}

# Print the errors of the last push.
push_errors() {
    grep -v '^Connecting to ' "$work/errors" | head -n 5 | tr '\n' ' ' || :
}
