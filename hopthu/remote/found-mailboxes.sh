#!/bin/bash
# Print ID HOST of every mailbox that Dovecot finds here: what its own bases and filters find in
# this host's directory, with its rights there. Dovecot is not asked, for 2.4.1 may crash when it
# lists users.
set -o pipefail

user=$(doveconf -h default_internal_user) || exit
doveconf userdb | sed -n 's/^userdb \(.*\) {$/\1/p' | while read -r name; do
    base=$(doveconf -h "userdb/$name/ldap_base") || exit
    filter=$(doveconf -h "userdb/$name/ldap_filter") || exit
    runuser -u "$user" -G openldap -- ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL \
        -H ldapi:/// -b "$base" "${filter//%\{user\}/*}" uid mailHost || exit
done | awk -v RS='' -F '\n' '{
    split("", value)
    for (n = 2; n <= NF; n++) {
        split($n, pair, ": ")
        value[pair[1]] = pair[2]
    }
    print value["uid"], value["mailHost"]
}'
