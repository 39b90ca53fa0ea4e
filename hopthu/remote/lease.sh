#!/bin/bash
# Hold this host for one run of `hopthu apply`: nobody else changes it meanwhile, and should whoever
# holds it go away in the middle, it returns by itself to what it was.
#
# usage: bash lease.sh RUN PATIENCE SET...
# On stdin, a line each: who holds it, then the scripts baseline, merge-baseline, keep and restore,
# all in base64; then
#   beat             still there; without a line for PATIENCE seconds the run counts as dead
#   look [PART…]     see what the host is, to compare with what it is in the end; no answer
#   begin RECORD     from here on the host is changed; RECORD (base64, JSON) says by what    -> begun
#   keep ID RECORD   it took the change, which is recorded as ID                             -> kept
#   return           it did not: put the last record back                -> returned, or nothing: none
# Each is answered by a line; `failed BASE64` says why not. The first answer is `ready`, or
# `held BASE64` by somebody else. The end of input is `return`, if the host was being changed.
set -uo pipefail
umask 077
trap '' HUP PIPE # whoever holds the lease may be gone; what was begun is brought to an end

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

# Commands of this run go through this shell: once the lease is over none of them begins any more,
# and the end of those under way can be waited for.
mkdir "$here" || exit 1
for script in baseline merge-baseline keep restore; do
    receive >"$here/$script" || exit 1
done
: >"$here/busy"
printf '#!/bin/sh\nexec flock -o -s -n -E 75 %s/busy sh "$@"\n' "$here" >"$here/sh"
chmod 700 "$here/sh"
rm -rf "$state"/staging/* # left by runs that died: the lock says that none is alive

give_back() {
    mv -f "$here/sh" "$here/over"
    exec 8>>"$here/busy"
    flock -x 8
    bash "$here/restore" last "$@" >"$here/said" 2>&1 9>&- 8>&- || return
    [ ! -s "$state/back.ldif" ] || take_back >"$here/said" 2>&1 9>&- 8>&- || return 1
    rm -f "$state/back.ldif"
}

# Take back what was changed in the directory. A change that was not made cannot be taken back: there
# is no such attribute (16) or object (32), the value (20) or the entry (68) is there still.
take_back() {
    local code=0
    ldapmodify -c -Q -Y EXTERNAL -H ldapi:/// -f "$state/back.ldif" 2>"$here/refused" || code=$?
    cat "$here/refused"
    [ "$code" = 0 ] && return
    grep -q '^ldap_' "$here/refused" &&
        ! grep '^ldap_' "$here/refused" | grep -qvE '\((16|20|32|68)\)$'
}

# What the host is before the run; its records are compared with what is true afterwards. It takes
# seconds of a processor, so only once there is something to record, and only the parts that can
# become otherwise: of the rest the last record tells, if there is one.
before=
parts=()
export HOPTHU_ROWS="$state/rows"
look() {
    [ -z "$before" ] || return 0
    [ ! -e "$state/deployed/baseline" ] || parts=("$@")
    bash "$here/baseline" "${parts[@]}" >"$here/before" 2>"$here/said" 9>&- &
    before=$!
}

# What somebody else changes meanwhile on a host that the run leaves alone is none of its doing. Of
# one that it changes nobody need know who was let into a unit mailbox before: it decides that of all.
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
    base64 -d <<<"$2" | bash "$here/keep" "$1" "${@:3}" >"$here/said" 2>&1 9>&-
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
            say "failed $( (cat "$here/said" && echo "it cannot be changed") | base64 -w 0)"
        fi
        ;;
    keep)
        if record "$first" "$second" "$@"; then
            rm -f "$state/back.ldif"
            begun=
            say kept
        else
            say "failed $(base64 -w 0 "$here/said")"
        fi
        ;;
    return)
        begun=
        give_back "$@"
        case $? in
        0) rm -f "$state/applying"; say returned ;;
        7) say nothing ;;
        *) say "failed $(base64 -w 0 "$here/said")" ;;
        esac
        break
        ;;
    *) break ;;
    esac
done
[ -z "$begun" ] || { give_back "$@" && rm -f "$state/applying"; }
rm -rf "$here"
