# What every letter passes before any script of the owner sees it.
require ["duplicate", "envelope", "fileinto", "mailbox", "subaddress", "variables"];

# Of a letter to a list one copy, whichever address it came to, and a unit's own in Sent: a host that dies
# before it has noted a delivery, and a program that did not wait for the answer, hand it in again. Lists
# elsewhere write the same mark; nobody outside sends from our domain. docs/decisions/lists.md
if allof (
    header :is "Precedence" "list",
    envelope :domain "from" "thanhhoa.gov.vn",
    header :matches "Message-ID" "<*>"
) {
    set "letter" "${1}";
    if envelope :matches "from" "*" { set "sender" "${1}"; }
    if envelope :detail :matches "to" "*" { set "folder" "${1}"; }
    if duplicate :seconds 86400 :uniqueid "${letter} ${sender} ${folder}" {
        discard;
        stop;
    }
}

# What Rspamd marked goes to Junk.
if header :contains "X-Spam" "Yes" {
    fileinto :create "Junk";
    stop;
}
