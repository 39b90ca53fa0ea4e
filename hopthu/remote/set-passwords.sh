#!/bin/bash
# Make changes of entries that match FILTER, in order, until the directory refuses one:
# set-passwords.sh SUFFIX FILTER <LDIF, run by root on the provider.
# Prints `done NUMBER`, `refused REASON` if not all were made, and `position CSN`, that of the
# directory after them. Hashes pass through a pipe: none is in a file or in the arguments of a program.
set -euo pipefail
export LC_ALL=C

code=0
said=$(ldapmodify -Q -Y EXTERNAL -H ldapi:/// -e "!assert=$2" 2>&1) || code=$?
number=$(grep -c '^modifying entry ' <<<"$said") || :
if [ "$code" != 0 ]; then
    number=$((number > 0 ? number - 1 : 0))
    echo "refused $(grep -v '^$' <<<"$said" | tail -n 2 | tr '\n' ' ')"
fi
echo "done $number"
ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// -b "$1" -s base \
    contextCSN | sed -n 's/^contextCSN: /position /p'
