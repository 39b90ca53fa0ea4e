# What Rspamd marked goes to Junk, before any script of the owner sees it.
require ["fileinto", "mailbox"];

if header :contains "X-Spam" "Yes" {
    fileinto :create "Junk";
    stop;
}
