#!/bin/bash
# Date issued passwords back, so that slapd itself refuses them from their deadline on:
# date-passwords.sh SUFFIX <LDIF, run by root on the provider.
set -euo pipefail
export LC_ALL=C

# Who has replaced theirs in this second keeps the date of that (122: the assertion failed). `relax`:
# slapd sets this time itself.
ldapmodify -c -Q -Y EXTERNAL -H ldapi:/// -e '!relax' -e '!assert=(pwdReset=TRUE)' >/dev/null ||
    [ $? = 122 ]
