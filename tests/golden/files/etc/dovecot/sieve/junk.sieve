# What every letter passes before any script of the owner sees it.
require ["duplicate", "envelope", "fileinto", "mailbox", "variables"];

# Of a letter to a list one copy for each address: a host that dies before it has noted a delivery, and a
# program that did not wait for the answer, hand it in again. docs/decisions/lists.md
if allof (
    header :is "Precedence" "list",
    header :matches "Message-ID" "<*>"
) {
    set "letter" "${1}";
    if envelope :matches "from" "*" { set "sender" "${1}"; }
    if envelope :matches "to" "*" { set "address" "${1}"; }
    if duplicate :seconds 86400 :uniqueid "${letter} ${sender} ${address}" {
        discard;
        stop;
    }
}

# What Rspamd marked goes to Junk.
if header :contains "X-Spam" "Yes" {
    fileinto :create "Junk";
    stop;
}
