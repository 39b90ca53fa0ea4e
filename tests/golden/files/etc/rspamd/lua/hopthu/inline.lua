-- Files in the words of a letter, from before MIME: uuencode, yEnc, BinHex. Mail programs make
-- attachments of them; no scanner here looks into them as it does into attachments.

local regexp = require "rspamd_regexp"

local inline = {}

local begins = regexp.create(
  "/^begin(?:-base64)?[ \\t]+[0-7]{3,4}[ \\t]+\\S[^\\r\\n]{0,1024}\\r?\\n[^\\r\\n]{0,1024}/m"
)
local others = regexp.create(
  "/^=ybegin [^\\r\\n]*line=\\d+[^\\r\\n]*name=|^\\(This file must be converted with BinHex/m"
)

-- Whether a line holds as many bytes as its first letter says.
local function is_uuencoded(line)
  local count = (line:byte() or 32) - 32
  if count < 1 or count > 63 or line:find("[^ -`]") then
    return false
  end
  local whole = math.ceil(count / 3) * 4
  return #line - 1 <= whole + 1 and #line - 1 >= whole - 3
end

-- Whether a text has a file in it: a first line with a program's name, or one with data behind it.
function inline.found(text, is_program)
  for _, start in ipairs(begins:search(text, true) or {}) do
    local kind, name, line = start:match("^begin(%S*)%s+%d+%s+([^\r\n]*)\r?\n(.*)$")
    local in_base64 = kind ~= "" and #line % 4 == 0 and line:find("^[%w+/]+=*$")
    if is_program(name) or in_base64 or (kind == "" and is_uuencoded(line)) then
      return true
    end
  end
  return others:match(text, true)
end

return inline
