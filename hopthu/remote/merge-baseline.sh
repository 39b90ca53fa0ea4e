#!/bin/bash
# Print the baseline of a host after an apply: merge-baseline.sh OLD BEGIN END
#
# OLD is the baseline of the host's last record (a missing file if this is the first), BEGIN and END
# the output of baseline.sh before and after the apply. Only what changed in between is adopted: an
# account that somebody created before the apply must still be reported. Managed files and access to
# unit mailboxes are the exception: the apply checks all of them, so they are as intended; and if a
# file is adopted so is its index. Input and output are sorted.
set -euo pipefail
export LC_ALL=C

if [ ! -e "$1" ]; then exec cat "$3"; fi
awk -F '\t' '
    function text_of(name) {
        sub(/^index /, "file ", name)
        sub(/\.lmdb$/, "", name)
        sub(/\.svbin$/, ".sieve", name)
        return name
    }
    FILENAME == ARGV[1] { old[$0] = $1; next }
    FILENAME == ARGV[2] { begin[$0] = $1; next }
    { end[$0] = $1 }
    END {
        for (line in begin) if (!(line in end)) taken[begin[line]]
        for (line in end) if (!(line in begin)) taken[end[line]]
        for (line in old) if (old[line] ~ /^(access|file) / && !(line in end)) taken[old[line]]
        for (line in end) if (end[line] ~ /^(access|file) / && !(line in old)) taken[end[line]]
        for (line in end)
            if (end[line] ~ /^index / && text_of(end[line]) in taken) taken[end[line]]
        for (line in old) if (!(old[line] in taken)) print line
        for (line in end) if (end[line] in taken) print line
    }' "$1" "$2" "$3" | sort
