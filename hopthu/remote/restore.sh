#!/bin/bash
# Restore the files of a record: restore.sh RECORD|last SET…
#
# The files of the given sets that differ are written beside the live ones, then renamed over them,
# with owner and mode; files that the record does not have are removed. Then each changed set is
# loaded by its own command, in the given order. Mail, directory entries and packages are not touched.
# If killed at any point, it finishes when run again.
#
# Prints a line for each changed set; with HOPTHU_LOOK it changes nothing, and prints set and path of
# each file that it would restore (+) or remove (-). Exit 7: this host has no such record.
# Exit 1: the reason is on stderr, and everything else was restored.
set -euo pipefail
umask 077
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
longest=${HOPTHU_LONGEST:-300}
asked=$1
shift

# The paths in a list; nothing if there is no list.
listed() {
    if [ -e "$1" ]; then sort -u "$1"; fi
}

# Digest, mode, owner, group and path of each existing file named on stdin.
digests_now() {
    local path digest
    while IFS= read -r path; do
        if [ -f "$path" ]; then
            digest=$(sha256sum <"$path")
            printf '%s %s %s\n' "${digest%% *}" "$(stat -c '%a %U %G' -- "$path")" "$path"
        fi
    done
}

# The lines of the record's `digests` for the paths in the given file.
digests_then() {
    awk 'NR == FNR { wanted[$0]; next }
        { path = $0; sub(/^([^ ]+ ){4}/, "", path); if (path in wanted) print }' \
        "$1" "$record/digests"
}

# Unpack the files named on stdin into the staging folder.
unpack() {
    local names=$work/names
    sed 's#^/##' >"$names"
    if [ -e "$record/files.tar.zst" ]; then
        zstd -qdc "$record/files.tar.zst"
    else
        cat "$record/files.tar"
    fi | tar --extract --preserve-permissions --directory="$stage" \
        --verbatim-files-from --files-from="$names"
}

# Find what to do for a set: $work/SET.wanted, .put and .gone list its files.
compare() {
    local set=$1
    listed "$record/managed/$set" >"$work/$set.wanted"
    digests_then "$work/$set.wanted" | sort >"$work/then"
    digests_now <"$work/$set.wanted" | sort >"$work/now"
    comm -23 "$work/then" "$work/now" | cut -d ' ' -f 5- | sort >"$work/$set.put"
    listed "$state/managed/$set" | comm -13 "$work/$set.wanted" - >"$work/$set.gone"
}

# Restore the files, the list and the command of a set.
put_back() {
    local set=$1 path
    if [ -s "$work/$set.put" ]; then
        unpack <"$work/$set.put"
        while IFS= read -r path; do
            [ -d "${path%/*}" ] || (umask 022 && mkdir -p -- "${path%/*}")
            cp -p -- "$stage$path" "$path.hopthu-new"
            rm -- "$stage$path"
        done <"$work/$set.put"
    fi
    if [ -s "$work/$set.put" ] || [ -s "$work/$set.gone" ]; then
        # Before the files, so that the next run finishes what dies in between: no managed file is
        # forgotten, and its daemon still has to load the files.
        cat "$work/$set.wanted" >>"$state/managed/$set"
        : >"$state/pending/$set"
    fi
    while IFS= read -r path; do mv -fT -- "$path.hopthu-new" "$path"; done <"$work/$set.put"
    while IFS= read -r path; do rm -f -- "$path"; done <"$work/$set.gone"
    # Left by an apply that died while it wrote files beside the live ones.
    while IFS= read -r path; do rm -f -- "$path.hopthu-new"; done < <(
        cat "$work/$set.wanted" "$work/$set.gone"
    )
    # Sets of other roles are neither in the record nor on this host.
    if [ -e "$record/managed/$set" ] || [ -e "$state/managed/$set" ]; then
        take "$work/$set.wanted" "$state/managed/$set"
    fi
    # The command of a set that the record lacks is kept: its daemon, if there is one, must notice
    # that its files are gone.
    take "$record/activate/$set" "$state/activate/$set"
}

take() {
    if [ -e "$1" ] && ! cmp -s "$1" "$2"; then
        cp -- "$1" "$2.new"
        mv -f -- "$2.new" "$2"
    fi
}

# Have the daemon of a set load its files; a failure only counts if the record has the set.
activate() {
    local set=$1 output
    if [ -e "$state/activate/$set" ] &&
        ! output=$(timeout "$longest" sh "$state/activate/$set" </dev/null 2>&1); then
        if [ -e "$record/managed/$set" ]; then
            echo "$set: the files were restored, but the daemon did not load them: $output" >&2
            return 1
        fi
        echo "$set: not in the record; output of its daemon: $output"
    fi
    rm -f "$state/pending/$set" || return 1
    echo "$set: files restored: $(wc -l <"$work/$set.put"), removed: $(wc -l <"$work/$set.gone")"
}

if [ "$asked" = last ]; then id=$(readlink "$state/deployed" || true); else id=$asked; fi
id=${id##*/}
if [ -z "$id" ] || [ ! -e "$state/records/$id/record.json" ]; then
    echo "this host has no record ${id:-yet}" >&2
    exit 7
fi
record=$state/records/$id
stage=$state/staging/restore
# Not on disk, which may be full; that can be the reason for the rollback.
work=$(mktemp -d -p /dev/shm hopthu.XXXXXX)
trap 'rm -rf "$work"' EXIT

if [ -n "${HOPTHU_LOOK:-}" ]; then
    for set in "$@"; do
        compare "$set"
        sed "s#^#$set + #" "$work/$set.put"
        sed "s#^#$set - #" "$work/$set.gone"
    done
    exit 0
fi

trap 'rm -rf "$work" "$stage"' EXIT
rm -rf "$stage"
mkdir -p "$state/managed" "$state/activate" "$state/pending" "$stage"

failed=0 changed=()
for set in "$@"; do
    # In a subshell, which ends at the first failure; the other sets are still restored.
    set +e
    (
        set -e
        compare "$set"
        put_back "$set"
    )
    code=$?
    set -e
    if [ "$code" != 0 ]; then
        echo "$set: the files could not be restored" >&2
        failed=1
    elif [ -e "$state/pending/$set" ]; then
        changed+=("$set")
    fi
done
for set in "${changed[@]}"; do activate "$set" || failed=1; done
exit "$failed"
