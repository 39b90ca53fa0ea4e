# A person has moved this message into Junk: scanners learn that it is spam.
require ["duplicate", "vnd.dovecot.report"];
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
report "abuse" "Moved into Junk." "spam@training.thanhhoa.gov.vn";
