#!/bin/bash
# Print who may sign in (`active ID`) and who has a password (`password ID`), one person per line:
# sign-ins.sh SUFFIX, run by root on the provider. No hash is read.
set -euo pipefail

people() {
    ldapsearch -Q -LLL -o ldif-wrap=no -o nettimeout=5 -Y EXTERNAL -H ldapi:/// \
        -b "ou=people,$1" "$2" uid
}

people "$1" '(hopthuState=active)' | sed -n 's/^uid: /active /p'
people "$1" '(userPassword=*)' | sed -n 's/^uid: /password /p'
