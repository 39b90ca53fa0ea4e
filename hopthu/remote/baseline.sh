#!/bin/bash
# Print the state of this host as sorted lines: KIND NAME…<tab>VALUE… (listed in docs/drift.md).
# With arguments only these parts: baseline.sh [files|services|…|access]…
#
# Words are separated by one space; spaces, tabs, newlines, backslashes and bytes that are not
# printable ASCII are written as in /proc/mounts: a backslash and three octal digits. Run as root;
# changes nothing. Anything that changes by itself must not be included.
set -euo pipefail
export LC_ALL=C

state=/var/lib/hopthu
mail=/var/vmail

# Set REPLY to $1 as one word.
word() {
    REPLY=$1
    case $1 in *[!\!-\[\]-~]*) ;; *) return ;; esac
    local i byte number
    REPLY=
    for ((i = 0; i < ${#1}; i++)); do
        byte=${1:i:1}
        case $byte in
        [\!-\[\]-~]) REPLY+=$byte ;;
        *)
            printf -v number %d "'$byte"
            printf -v byte '\\%03o' "$number"
            REPLY+=$byte
            ;;
        esac
    done
}

# --- files: those managed by hopthu, and those under /etc that belong to no package

declare -A kind=() digest=() packaged=()

# Collect every file to be checked.
gather() {
    local path
    if [ -d $state/managed ]; then
        while IFS= read -r path; do
            kind["$path"]="file"
            # What daemons actually read: the index of a table, the compiled script.
            [ ! -e "$path.lmdb" ] || kind["$path.lmdb"]="index"
            [[ $path != *.sieve || ! -e ${path%.sieve}.svbin ]] ||
                kind["${path%.sieve}.svbin"]="index"
        done < <(find $state/managed -type f -exec cat {} + | sort -u)
    fi
    while IFS= read -r -d '' path; do
        if [ -z "${kind["$path"]:-}" ]; then
            theirs "$path"
            kind["$path"]=$REPLY
        fi
    done < <(unmanaged)
}

# List files that may have been added by hand. Left out: files that programs write by themselves, what
# is listed as account or service, and copies that nothing reads.
unmanaged() {
    local -a folders=()
    local folder
    for folder in /etc /usr/local/{bin,sbin,etc,lib/systemd} /var/spool/cron /run/systemd/system; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    find "${folders[@]}" \
        \( -path /etc/alternatives -o -path /etc/ssl/certs -o -path '/etc/rc?.d' \) -prune -o \
        \( -type l -path '/etc/systemd/*' \
        \( -lname /dev/null -o -lname '*/lib/systemd/*' -o -path '*.wants/*' \) \) -o \
        \( -type f -o -type l \) \
        ! -path '/etc/passwd*' ! -path '/etc/group*' ! -path '/etc/shadow*' \
        ! -path '/etc/gshadow*' ! -path '/etc/sub[ug]id*' ! -name '*.dpkg-*' ! -name '*.ucf-*' \
        ! -name '*.hopthu-new' \
        ! -path /etc/ld.so.cache ! -path /etc/mtab ! -path /etc/adjtime ! -path /etc/.pwd.lock \
        ! -path /etc/.updated ! -path /etc/resolv.conf ! -name .placeholder \
        ! -path '/var/spool/cron/atjobs/.SEQ' -print0
    own_units
}

# List systemd units in the folder for packages that belong to no package.
own_units() {
    find /usr/lib/systemd/system -maxdepth 1 -type f -printf '%p\n' | sort |
        comm -23 - <(sed -n 's#^\(/usr\)\?\(/lib/systemd/system/\)#/usr\2#p' \
            /var/lib/dpkg/info/*.list | sort -u) | tr '\n' '\0'
}

# Set REPLY to the kind of a file that is not ours.
theirs() {
    case $1 in
    */systemd/system/* | */systemd/user/* | /etc/init.d/*) REPLY=unit ;;
    /etc/cron* | /var/spool/cron/*) REPLY=cron ;;
    /etc/sudoers*) REPLY=sudo ;;
    *) REPLY=config ;;
    esac
}

# Leave out files that are unchanged since their package was installed: an update may change them.
forget_packaged() {
    local line path
    local -a plain=()
    while IFS= read -r line; do
        [[ ! $line =~ ^\ (.*)\ ([0-9a-f]{32})( |$) ]] ||
            packaged["${BASH_REMATCH[1]}"]=${BASH_REMATCH[2]}
    done < <(dpkg-query -W -f '${Conffiles}\n')
    [ ! -e /var/lib/ucf/hashfile ] ||
        while read -r line path; do packaged["$path"]=$line; done </var/lib/ucf/hashfile
    for path in "${!kind[@]}"; do
        [[ ${kind["$path"]} == file || -L $path || -z ${packaged["$path"]:-} ]] || plain+=("$path")
    done
    [ ${#plain[@]} -gt 0 ] || return 0
    while IFS= read -r -d '' line; do
        path=${line:34}
        [ "${line:0:32}" != "${packaged["$path"]}" ] || unset "kind[\$path]"
    done < <(md5sum -z -- "${plain[@]}")
}

# Compute the digest of every file; for an index that of its rows, as LMDB leaves old pages behind.
digests() {
    local line path
    local -a plain=()
    for path in "${!kind[@]}"; do
        [[ ! -f $path || -L $path ]] || plain+=("$path")
    done
    [ ${#plain[@]} -gt 0 ] || return 0
    while IFS= read -r -d '' line; do
        digest["${line:66}"]=${line:0:64}
    done < <(sha256sum -z -- "${plain[@]}")
    rows_of_indexes
}

# Compute the digest of the rows of each index. An apply runs this twice, and few indexes change: the
# file HOPTHU_ROWS, if set, caches the digests with inode, size and change time of the index. Drift
# does not set it, and reads every row.
rows_of_indexes() {
    local path marks sum now=${EPOCHREALTIME/./}
    local -a indexes=() lines=()
    local -A known=()
    for path in "${!kind[@]}"; do
        [[ ${kind["$path"]} != index || $path != *.lmdb ]] || indexes+=("$path")
    done
    [ ${#indexes[@]} -gt 0 ] || return 0
    [ ! -e "${HOPTHU_ROWS:-}" ] ||
        while read -r marks sum path; do known["$marks $path"]=$sum; done <"$HOPTHU_ROWS"
    while read -r marks path; do
        sum=${known["$marks $path"]:-}
        [ -n "$sum" ] || sum=$(rows "${path%.lmdb}") || { digest["$path"]=unreadable && continue; }
        digest["$path"]=$sum
        # The clock of a file system ticks a hundred times a second: a file that was changed just now
        # may be changed again without a new change time.
        [ $((now - ${marks##*:})) -lt 100000 ] || lines+=("$marks $sum $path")
    done < <(stat -c '%i:%s:%.6Z %n' -- "${indexes[@]}" | sed 's/\.//')
    [ -z "${HOPTHU_ROWS:-}" ] || printf '%s\n' "${lines[@]}" >"$HOPTHU_ROWS"
}

# Print the digest of the rows of a table. A main.cf beside it serves while Postfix's is broken.
rows() {
    local -a settings=()
    [ ! -e "${1%/*}/main.cf" ] || settings=(-c "${1%/*}")
    postmap "${settings[@]}" -s "lmdb:$1" 2>/dev/null | sha256sum | cut -c 1-64
}

files() {
    gather
    forget_packaged
    digests
    local path type mode owner group target
    local -a there=()
    for path in "${!kind[@]}"; do
        word "$path"
        if [[ -e $path || -L $path ]]; then
            there+=("$path")
        else
            printf '%s %s\tgone\n' "${kind["$path"]}" "$REPLY"
        fi
    done
    # shellcheck disable=SC2185  # find reads its paths from stdin
    while IFS=/ read -r -d '' type mode owner group && IFS= read -r -d '' path &&
        IFS= read -r -d '' target; do
        case $type in
        f) target=${digest["$path"]} ;;
        l) word "$target" && target=link:$REPLY ;;
        d) target=folder ;;
        *) target=special ;;
        esac
        word "$path"
        printf '%s %s\t%s %s %s %s\n' \
            "${kind["$path"]}" "$REPLY" "$target" "$mode" "$owner" "$group"
    done < <(printf '%s\0' "${there[@]}" |
        find -files0-from - -maxdepth 0 -printf '%y/%m/%u/%g\0%p\0%l\0')
    for path in "$state"/pending/*; do
        [ ! -e "$path" ] || printf 'pending %s\n' "${path##*/}"
    done
}

# --- services, packages

# For a oneshot unit, whether it is active depends on the moment.
services() {
    local unit enabled
    local -a units=()
    while read -r unit enabled _; do
        case $unit in
        *@.*) printf 'service %s\t%s -\n' "$unit" "$enabled" ;;
        *) units+=("$unit") ;;
        esac
    done < <(systemctl list-unit-files --no-legend --no-pager --full \
        --type=service,socket,timer,path --state=enabled,enabled-runtime,linked,linked-runtime \
        --state=masked,masked-runtime,disabled,bad)
    systemctl show --no-pager --property=Id,Type,UnitFileState,ActiveState -- "${units[@]}" |
        awk -F= '
            function print_unit() {
                if (Id == "") return
                if (Type == "oneshot") ActiveState = "-"
                if (ActiveState == "reloading" || ActiveState == "refreshing")
                    ActiveState = "active"
                print "service " Id "\t" UnitFileState " " ActiveState
                Id = Type = ""
            }
            $1 == "Id" { Id = $2 }
            $1 == "Type" { Type = $2 }
            $1 == "UnitFileState" { UnitFileState = $2 }
            $1 == "ActiveState" { ActiveState = $2 }
            $0 == "" { print_unit() }
            END { print_unit() }'
}

packages() {
    # shellcheck disable=SC2016  # fields of dpkg-query, not shell variables
    dpkg-query -W -f '${db:Status-Status} ${db:Status-Want} ${binary:Package} ${Version}\n' |
        awk '$1 == "installed" { print "package " $3 "\t" $4 ($2 == "hold" ? " hold" : "") }'
}

# --- who can sign in

# Set REPLY to the kind of a password field; a changed password shows, but the hash does not.
password() {
    case $1 in
    '') REPLY=empty ;;
    [\!\*]*) REPLY=locked ;;
    *) REPLY=set:$(sha256sum <<<"$1" | cut -c 1-16) ;;
    esac
}

accounts() {
    local name secret uid gid home shell members
    local -A shadow=()
    while IFS=: read -r name secret _; do shadow["$name"]=$secret; done </etc/shadow
    while IFS=: read -r name secret uid gid _ home shell; do
        [ -n "$name" ] || continue
        [ "$secret" != x ] || secret=${shadow["$name"]-*}
        word "$name" && name=$REPLY
        word "${home:--}" && home=$REPLY
        word "${shell:--}" && shell=$REPLY
        password "$secret"
        printf 'account %s\t%s %s %s %s %s\n' "$name" "$uid" "$gid" "$home" "$shell" "$REPLY"
    done </etc/passwd
    while IFS=: read -r name secret gid members; do
        [ -n "$name" ] || continue
        word "$name" && name=$REPLY
        if [[ $members == *,* ]]; then
            members=$(tr , '\n' <<<"$members" | sort -u | paste -s -d , -)
        fi
        word "$members"
        printf 'group %s\t%s %s\n' "$name" "$gid" "${REPLY:--}"
    done </etc/group
}

# The digest covers the whole line, which includes the options of the key.
keys() {
    local patterns='.ssh/authorized_keys .ssh/authorized_keys2' settings pattern name home file line
    if command -v sshd >/dev/null; then
        if settings=$(sshd -T 2>/dev/null); then
            patterns=$(sed -n 's/^authorizedkeysfile //p' <<<"$settings")
        else
            printf 'sshd settings\trefused\n'
        fi
    fi
    while IFS=: read -r name _ uid _ _ home _; do
        [ -n "$home" ] || continue
        for pattern in $patterns; do
            file=${pattern//%u/$name}
            file=${file//%U/$uid}
            file=${file//%h/$home}
            file=${file//%%/%}
            [[ $file == /* ]] || file=$home/$file
            [ -f "$file" ] || continue
            while IFS= read -r line || [ -n "$line" ]; do
                [[ ! $line =~ ^[[:space:]]*(#|$) ]] || continue
                word "$name"
                printf 'key %s %s\t%s\n' "$REPLY" "$(fingerprint "$line")" \
                    "$(sha256sum <<<"$line" | cut -c 1-64)"
            done <"$file"
        done
    done </etc/passwd
}

fingerprint() {
    local output
    if output=$(ssh-keygen -lf - <<<"$1" 2>/dev/null); then
        output=${output#* }
        echo "${output%% *}"
    else
        echo "unreadable:$(sha256sum <<<"$1" | cut -c 1-16)"
    fi
}

# Ephemeral UDP ports come and go, so they are left out.
listeners() {
    local protocol address port holders first
    read -r first _ </proc/sys/net/ipv4/ip_local_port_range
    while read -r protocol _ _ _ address _ holders; do
        port=${address##*:}
        if [ "$protocol" = udp ] && [ "$port" -ge "$first" ]; then continue; fi
        word "$(program "$holders")"
        printf 'listener %s %s %s\t%s\n' "$protocol" "${address%:*}" "$port" "$REPLY"
    done < <(ss -Hltunp)
}

# Print the owner of a socket: its service, whichever process has it at the moment, or else the name
# of the program. What people start by hand may run under the service by which they signed in.
program() {
    local pid line unit name=unknown
    while read -r pid; do
        [ "$pid" != 1 ] || { echo systemd && return; }
        line=$(grep '^0::' "/proc/$pid/cgroup" 2>/dev/null) || continue # it has just exited
        unit=${line##*/}
        [[ $unit != *.service || $unit == ssh.service ]] || { echo "$unit" && return; }
        [ "$name" != unknown ] || name=$(cat "/proc/$pid/comm" 2>/dev/null) || name=unknown
    done < <(grep -o 'pid=[0-9]*' <<<"$1" | cut -c 5- | sort -n)
    echo "$name"
}

# --- packet filter, and access to unit mailboxes

ruleset() {
    command -v nft >/dev/null || return 0
    local family name
    while read -r _ family name; do
        printf 'ruleset %s %s\t%s\n' "$family" "$name" \
            "$(nft --stateless list table "$family" "$name" | sha256sum | cut -c 1-64)"
    done < <(nft list tables)
}

# A new folder inherits the rights of its mailbox, so folders are not distinguished.
access() {
    [ -d $mail/units ] || return 0
    cd $mail/units
    { grep -rHZ --include=dovecot-acl --exclude-dir={cur,new,tmp,fts-flatcurve} '' . || [ $? = 1 ]; } |
        tr '\0' '\t' | awk -F '\t' '
            split($1, parts, "/") > 2 && match($NF, / [^ ]*$/) {
                who = substr($NF, 1, RSTART - 1)
                gsub(/ /, "\\040", who)
                print "access " parts[2] " " who " " substr($NF, RSTART + 1)
            }'
}

[ "$#" -gt 0 ] || set -- files services packages accounts keys listeners ruleset access
for part in "$@"; do "$part"; done | sort -u
