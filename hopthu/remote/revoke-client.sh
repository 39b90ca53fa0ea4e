#!/bin/bash
# Take one of a person's client passwords away: revoke-client.sh SUFFIX PERSON LABEL, run by root on
# the provider; LABEL is percent-encoded. Prints `none` if there is none, otherwise `position CSN`,
# that of the directory afterwards. The hash passes through a pipe, not as an argument.
set -euo pipefail
export LC_ALL=C

dn="uid=$2,ou=people,$1"
ask() {
    ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// "$@"
}

value=$(ask -b "$dn" -s base hopthuClientPassword |
    label=$3 awk '$1 == "hopthuClientPassword:" && $4 == ENVIRON["label"] { print $2, $3, $4 }')
if [ -z "$value" ]; then
    echo none
    exit
fi
printf 'dn: %s\nchangetype: modify\ndelete: hopthuClientPassword\nhopthuClientPassword: %s\n' \
    "$dn" "$value" | ldapmodify -Q -Y EXTERNAL -H ldapi:/// >/dev/null
ask -b "$1" -s base contextCSN | sed -n 's/^contextCSN: /position /p'
