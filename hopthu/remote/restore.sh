#!/bin/bash
# Put the files of a record back: restore.sh RECORD|last SET…
#
# Of each set given the files that differ are put beside the live ones, then renamed over them, with
# their owner and mode; files that the record does not have go. Then each set that changed is taken
# up by its own command, in the order given. Mail, directory entries and packages are not touched.
# Killed at any point, it finishes when run again.
#
# Prints a line for each set that was changed; with HOPTHU_LOOK it changes nothing, and prints set and
# path of each file that it would put back (+) or remove (-). Exit 7: this host has no such record.
# Exit 1: why, on stderr; everything else was put back.
set -euo pipefail
umask 077
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
longest=${HOPTHU_LONGEST:-300}
asked=$1
shift

# The paths in a list; nothing where there is none.
listed() {
    if [ -e "$1" ]; then sort -u "$1"; fi
}

# Digest, mode, owner, group and path of each file named on stdin that is there.
digests_now() {
    local path digest
    while IFS= read -r path; do
        if [ -f "$path" ]; then
            digest=$(sha256sum <"$path")
            printf '%s %s %s\n' "${digest%% *}" "$(stat -c '%a %U %G' -- "$path")" "$path"
        fi
    done
}

# The lines of the record's `digests` for the paths in the file given.
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

# Find what is to be done for a set: $work/SET.wanted, .put and .gone list its files.
compare() {
    local set=$1
    listed "$record/managed/$set" >"$work/$set.wanted"
    digests_then "$work/$set.wanted" | sort >"$work/then"
    digests_now <"$work/$set.wanted" | sort >"$work/now"
    comm -23 "$work/then" "$work/now" | cut -d ' ' -f 5- | sort >"$work/$set.put"
    listed "$state/managed/$set" | comm -13 "$work/$set.wanted" - >"$work/$set.gone"
}

# Make the files, the list and the command of a set those of the record.
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
        # Before the files, so that what dies in between is finished by the next run: no file of
        # ours is forgotten, and its daemon is still to be told.
        cat "$work/$set.wanted" >>"$state/managed/$set"
        : >"$state/pending/$set"
    fi
    while IFS= read -r path; do mv -fT -- "$path.hopthu-new" "$path"; done <"$work/$set.put"
    while IFS= read -r path; do rm -f -- "$path"; done <"$work/$set.gone"
    # Left by an apply that died while it put files beside the live ones.
    while IFS= read -r path; do rm -f -- "$path.hopthu-new"; done < <(
        cat "$work/$set.wanted" "$work/$set.gone"
    )
    # Sets of other roles than this host's are neither here nor there.
    if [ -e "$record/managed/$set" ] || [ -e "$state/managed/$set" ]; then
        take "$work/$set.wanted" "$state/managed/$set"
    fi
    # The command of a set that the record does not have stays: its daemon, if there is one, is to
    # be told that its files are gone.
    take "$record/activate/$set" "$state/activate/$set"
}

take() {
    if [ -e "$1" ] && ! cmp -s "$1" "$2"; then
        cp -- "$1" "$2.new"
        mv -f -- "$2.new" "$2"
    fi
}

# Have the daemon of a set take its files up; that it cannot matters where the record has the set.
activate() {
    local set=$1 said
    if [ -e "$state/activate/$set" ] &&
        ! said=$(timeout "$longest" sh "$state/activate/$set" </dev/null 2>&1); then
        if [ -e "$record/managed/$set" ]; then
            echo "$set: its files are back, but they were not taken up: $said" >&2
            return 1
        fi
        echo "$set: not in the record; its daemon says: $said"
    fi
    rm -f "$state/pending/$set" || return 1
    echo "$set: $(wc -l <"$work/$set.put") file(s) put back, $(wc -l <"$work/$set.gone") removed"
}

if [ "$asked" = last ]; then id=$(readlink "$state/deployed" || true); else id=$asked; fi
id=${id##*/}
if [ -z "$id" ] || [ ! -e "$state/records/$id/record.json" ]; then
    echo "this host has no record ${id:-yet}" >&2
    exit 7
fi
record=$state/records/$id
stage=$state/staging/restore
# Not on the disk: that may be full, which can be why files are put back.
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
    # In a shell of its own, which ends at the first failure; the other sets still get theirs.
    set +e
    (
        set -e
        compare "$set"
        put_back "$set"
    )
    code=$?
    set -e
    if [ "$code" != 0 ]; then
        echo "$set: its files could not be put back" >&2
        failed=1
    elif [ -e "$state/pending/$set" ]; then
        changed+=("$set")
    fi
done
for set in "${changed[@]}"; do activate "$set" || failed=1; done
exit "$failed"
