-- How the content of a part is written. What programs decode in different ways is refused: one
-- would show what another has looked for in vain. RFC 2045 section 6.

local regexp = require "rspamd_regexp"

local encodings = {}

local identity = { [""] = true, ["7bit"] = true, ["8bit"] = true, ["binary"] = true }

local base64 = regexp.create("/^[A-Za-z0-9+\\/]*={0,2}$/")
-- Blanks behind a soft line break: some programs leave them out and join the lines, others do not.
local not_quoted_printable = regexp.create("/=(?![0-9A-F]{2}|\\r?\\n|$(?![\\s\\S]))/i")

-- Nothing but the alphabet, in whole groups, and padding at the end only.
local function is_base64(content)
  local letters = content:exclude_chars("\r\n\t ", true)
  return #letters == 0 or #letters % 4 == 0 and base64:match(letters, true)
end

-- Return the encoding that fields of a part give it, or nothing when they give it several or one
-- that is none.
function encodings.said(values)
  local said
  for _, value in ipairs(values or { "" }) do
    local word = value:gsub("^%s+", ""):gsub("%s+$", ""):lower()
    if said and said ~= word then
      return nil
    end
    said = word
  end
  if identity[said] then
    return "identity"
  end
  return (said == "base64" or said == "quoted-printable") and said or nil
end

-- Whether the content is what its encoding says. Words of a letter may have a stray "=", as many
-- small programs write; a file may not.
function encodings.right(part, encoding, is_file)
  if encoding == "identity" then
    return true
  elseif part:is_multipart() then
    return false
  elseif encoding == "base64" then
    return is_base64(part:get_raw_content())
  end
  return not is_file or not not_quoted_printable:match(part:get_raw_content(), true)
end

return encodings
