# A person has moved this message out of Junk: scanners learn that it is none, unless it is thrown away.
require ["duplicate", "environment", "imapsieve", "vnd.dovecot.imapsieve", "vnd.dovecot.report"];
if anyof (
    not environment :matches "vnd.dovecot.mailbox-from" ["Junk", "*/Junk"],
    environment :matches "vnd.dovecot.mailbox-to" ["Trash", "*/Trash", "Junk", "*/Junk"]
) { stop; }
if size :over 1024K { stop; }
# A person counts for so many letters in 24 hours: each takes the first place that is free, for as long.
if allof (
    duplicate :handle "training" :seconds 86400 :uniqueid "0",
    duplicate :handle "training" :seconds 86400 :uniqueid "1",
    duplicate :handle "training" :seconds 86400 :uniqueid "2",
    duplicate :handle "training" :seconds 86400 :uniqueid "3",
    duplicate :handle "training" :seconds 86400 :uniqueid "4",
    duplicate :handle "training" :seconds 86400 :uniqueid "5",
    duplicate :handle "training" :seconds 86400 :uniqueid "6",
    duplicate :handle "training" :seconds 86400 :uniqueid "7",
    duplicate :handle "training" :seconds 86400 :uniqueid "8",
    duplicate :handle "training" :seconds 86400 :uniqueid "9",
    duplicate :handle "training" :seconds 86400 :uniqueid "10",
    duplicate :handle "training" :seconds 86400 :uniqueid "11",
    duplicate :handle "training" :seconds 86400 :uniqueid "12",
    duplicate :handle "training" :seconds 86400 :uniqueid "13",
    duplicate :handle "training" :seconds 86400 :uniqueid "14",
    duplicate :handle "training" :seconds 86400 :uniqueid "15",
    duplicate :handle "training" :seconds 86400 :uniqueid "16",
    duplicate :handle "training" :seconds 86400 :uniqueid "17",
    duplicate :handle "training" :seconds 86400 :uniqueid "18",
    duplicate :handle "training" :seconds 86400 :uniqueid "19"
) { stop; }
report "not-spam" "Moved out of Junk." "ham@training.thanhhoa.gov.vn";
