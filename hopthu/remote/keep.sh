#!/bin/bash
# Store the present state of this host as a complete record: keep.sh RECORD_ID SET… <record.json
#
# The record appears as a whole or not at all; if interrupted, the script can be run again. Besides
# record.json it has `digests` (digest, mode, owner, group and path of every managed file), the files
# themselves, the lists `managed/` and the commands `activate/` of the given sets, and `baseline`,
# the output of the commands in HOPTHU_BASELINE, if there are any.
#
# Exit 0: stored and deployed. Otherwise the reason is on stderr, and the last record stays deployed.
set -euo pipefail
umask 077
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
kept=20
id=$1
shift

fail() {
    echo "$*" >&2
    exit 1
}

# Copy the list and the command of each set, as far as the host has them.
copy_sets() {
    local set folder
    mkdir "$new/managed" "$new/activate"
    for set in "$@"; do
        for folder in managed activate; do
            if [ -e "$folder/$set" ]; then cp "$folder/$set" "$new/$folder/"; fi
        done
    done
}

# Write digest, mode, owner, group and path of every file; a missing file is an error.
write_digests() {
    local path digests owners
    local -a paths=()
    mapfile -t paths <"$new/paths"
    [ ${#paths[@]} -gt 0 ] || return 0
    for path in "${paths[@]}"; do
        [ -f "$path" ] || fail "$path is managed, but missing"
    done
    # With -z names are not escaped.
    digests=$(sha256sum -z -- "${paths[@]}" | tr '\0' '\n' | cut -c 1-64)
    owners=$(stat -c '%a %U %G %n' -- "${paths[@]}")
    paste -d ' ' <(echo "$digests") <(echo "$owners")
}

pack() {
    sed 's#^/##' "$new/paths" |
        tar --create --directory=/ --no-recursion --verbatim-files-from --files-from=-
}

[[ $id =~ ^[0-9A-Za-z-]+$ ]] || fail "not a valid record id: $id"
mkdir -p "$state/records"
cd "$state"
record=$(cat)

if [ ! -e "records/$id" ]; then
    new=records/.new
    rm -rf "$new"
    mkdir "$new"
    printf '%s\n' "$record" >"$new/record.json"
    copy_sets "$@"
    find "$new/managed" -type f -exec cat {} + | sort -u >"$new/paths"
    write_digests >"$new/digests"
    if command -v zstd >/dev/null; then
        pack | zstd -q -o "$new/files.tar.zst"
    else
        pack >"$new/files.tar"
    fi
    rm "$new/paths"
    if [ -n "${HOPTHU_BASELINE:-}" ]; then bash -c "$HOPTHU_BASELINE" >"$new/baseline"; fi
    find "$new" -exec sync -- {} +
    mv -T "$new" "records/$id"
    sync -- records
elif [ "$record" != "$(cat "records/$id/record.json")" ]; then
    fail "another record already has the id $id"
fi

ln -sfn "records/$id" .deployed
mv -T .deployed deployed
sync -- .

# Ids begin with the time, so the oldest come first.
find records -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort | head -n "-$kept" |
    while IFS= read -r old; do
        if [ "$old" != "$id" ]; then rm -rf "records/$old"; fi
    done
rm -f applying
