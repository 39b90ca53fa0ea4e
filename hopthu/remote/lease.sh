#!/bin/bash
# Lock this host for one run of `hopthu apply`: nobody else can change it meanwhile, and if the
# operator disappears during a change the host rolls itself back.
#
# usage: bash lease.sh RUN PATIENCE SET...
# On stdin, one per line: the holder of the lock, then the scripts baseline, merge-baseline, keep and
# restore, all in base64; then
#   beat             heartbeat; without a line for PATIENCE seconds the run counts as dead
#   look [PART…]     note the present state, to compare it with the final one; no answer
#   begin RECORD     the host is changed from now on, by RECORD (base64, JSON)               -> begun
#   keep ID RECORD   the change succeeded; record it as ID                                   -> kept
#   return           it failed: restore the last record             -> returned, or nothing if none
# Each is answered by a line; `failed BASE64` gives the reason. The first answer is `ready`, or
# `held BASE64` if another run has the lock. The end of input means `return` during a change.
set -uo pipefail
umask 077
trap '' HUP PIPE # the operator may be gone; what was started is finished

run=$1 patience=$2
shift 2
state=${HOPTHU_STATE:-/var/lib/hopthu}
here=${HOPTHU_RUN:-/run/hopthu}/$run
export HOPTHU_STATE="$state"

say() { printf '%s\n' "$*" 2>/dev/null || :; }
receive() { read -r -t "$patience" line && printf '%s' "$line" | base64 -d; }

mkdir -p "$state" "${here%/*}"
exec 9>>"$state/lock"
holder=$(receive) || exit 1
if ! flock -n 9; then
    say "held $(base64 -w 0 "$state/holder")"
    exit 0
fi
printf '%s\n' "$holder" >"$state/holder"

# Commands of this run go through this shell: once the lease is over none of them starts any more,
# and it is possible to wait for those that are running.
mkdir "$here" || exit 1
for script in baseline merge-baseline keep restore; do
    receive >"$here/$script" || exit 1
done
: >"$here/busy"
printf '#!/bin/sh\nexec flock -o -s -n -E 75 %s/busy sh "$@"\n' "$here" >"$here/sh"
chmod 700 "$here/sh"
rm -rf "$state"/staging/* # left by runs that died: as the lock was free, none is alive

give_back() {
    mv -f "$here/sh" "$here/over"
    exec 8>>"$here/busy"
    flock -x 8
    bash "$here/restore" last "$@" >"$here/output" 2>&1 9>&- 8>&- || return
    [ ! -s "$state/back.ldif" ] || take_back >"$here/output" 2>&1 9>&- 8>&- || return 1
    rm -f "$state/back.ldif"
}

# Undo the changes of the directory. A change that was not made cannot be undone: there is no such
# attribute (16) or object (32), or the value (20) or the entry (68) still exists.
take_back() {
    local code=0
    ldapmodify -c -Q -Y EXTERNAL -H ldapi:/// -f "$state/back.ldif" 2>"$here/refused" || code=$?
    cat "$here/refused"
    [ "$code" = 0 ] && return
    grep -q '^ldap_' "$here/refused" &&
        ! grep '^ldap_' "$here/refused" | grep -qvE '\((16|20|32|68)\)$'
}

# Note the state of the host before the run, to compare it with the state afterwards. This takes
# seconds of CPU time, so it is done only if there is something to record, and only for the parts that
# can change; for the others the last record stays valid, if there is one.
before=
parts=()
export HOPTHU_ROWS="$state/rows"
look() {
    [ -z "$before" ] || return 0
    [ ! -e "$state/deployed/baseline" ] || parts=("$@")
    bash "$here/baseline" "${parts[@]}" >"$here/before" 2>"$here/output" 9>&- &
    before=$!
}

# On a host that the run does not change, changes by others meanwhile must not be adopted. On a host
# that it changes, earlier access to unit mailboxes does not matter, because the run decides all of it.
record() {
    look
    wait "$before" || return
    local look="bash $here/baseline ${parts[*]} >$here/after"
    if [ -z "$begun" ]; then
        look="cp $here/before $here/after"
    elif [ ${#parts[@]} -gt 0 ]; then
        look="bash $here/baseline ${parts[*]} access >$here/after"
    fi
    export HOPTHU_BASELINE="$look &&
        bash $here/merge-baseline $state/deployed/baseline $here/before $here/after"
    base64 -d <<<"$2" | bash "$here/keep" "$1" "${@:3}" >"$here/output" 2>&1 9>&-
}

begun=
say ready
# shellcheck disable=SC2086
while read -r -t "$patience" word first second; do
    case $word in
    beat) ;;
    look) look $first $second ;; # a word each
    begin)
        look
        if wait "$before" && base64 -d <<<"$first" >"$state/applying.new" &&
            mv "$state/applying.new" "$state/applying"; then
            begun=yes
            say begun
        else
            say "failed $( (cat "$here/output" && echo "the host cannot be changed") | base64 -w 0)"
        fi
        ;;
    keep)
        if record "$first" "$second" "$@"; then
            rm -f "$state/back.ldif"
            begun=
            say kept
        else
            say "failed $(base64 -w 0 "$here/output")"
        fi
        ;;
    return)
        begun=
        give_back "$@"
        case $? in
        0) rm -f "$state/applying"; say returned ;;
        7) say nothing ;;
        *) say "failed $(base64 -w 0 "$here/output")" ;;
        esac
        break
        ;;
    *) break ;;
    esac
done
[ -z "$begun" ] || { give_back "$@" && rm -f "$state/applying"; }
rm -rf "$here"
