# A person reports this message: the operator has it as an attachment (RFC 5965), its header alone if it is large.
require ["duplicate", "environment", "imapsieve", "variables", "vnd.dovecot.report"];
# A person counts for so many letters in 24 hours: each takes the first place that is free, for as long.
if allof (
    duplicate :handle "report" :seconds 86400 :uniqueid "0",
    duplicate :handle "report" :seconds 86400 :uniqueid "1",
    duplicate :handle "report" :seconds 86400 :uniqueid "2",
    duplicate :handle "report" :seconds 86400 :uniqueid "3",
    duplicate :handle "report" :seconds 86400 :uniqueid "4",
    duplicate :handle "report" :seconds 86400 :uniqueid "5",
    duplicate :handle "report" :seconds 86400 :uniqueid "6",
    duplicate :handle "report" :seconds 86400 :uniqueid "7",
    duplicate :handle "report" :seconds 86400 :uniqueid "8",
    duplicate :handle "report" :seconds 86400 :uniqueid "9",
    duplicate :handle "report" :seconds 86400 :uniqueid "10",
    duplicate :handle "report" :seconds 86400 :uniqueid "11",
    duplicate :handle "report" :seconds 86400 :uniqueid "12",
    duplicate :handle "report" :seconds 86400 :uniqueid "13",
    duplicate :handle "report" :seconds 86400 :uniqueid "14",
    duplicate :handle "report" :seconds 86400 :uniqueid "15",
    duplicate :handle "report" :seconds 86400 :uniqueid "16",
    duplicate :handle "report" :seconds 86400 :uniqueid "17",
    duplicate :handle "report" :seconds 86400 :uniqueid "18",
    duplicate :handle "report" :seconds 86400 :uniqueid "19"
) { stop; }
if environment :matches "imap.user" "*" {
    set "text" "Người báo cáo: ${1}. Thư được báo cáo ở tệp đính kèm; nội dung có thể không an toàn.";
}
if size :over 1024K {
    report :headers_only "abuse" "${text}" "abuse@thanhhoa.gov.vn";
} else {
    report "abuse" "${text}" "abuse@thanhhoa.gov.vn";
}
