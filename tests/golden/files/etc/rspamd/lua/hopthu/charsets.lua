-- What the bytes of a name mean: encoded words (RFC 2047) and charsets. Only what is in ASCII
-- matters for an extension, so letters of old charsets become U+FFFD, "some letter".

local util = require "rspamd_util"

local charsets = {}

charsets.LETTER = "\239\191\189"

-- Charsets in which ASCII means ASCII. Those that write letters in ASCII (UTF-7, UTF-16, EBCDIC)
-- are in no name a mail program writes.
local extends_ascii = {
  "^iso%-8859%-%d+$", "^windows%-%d+$", "^cp125%d$", "^koi8%-[ru]$", "^gb2312$", "^gbk$",
  "^gb18030$", "^big5$", "^euc%-%a+$", "^ks_c_5601%-1987$", "^shift_jis$", "^windows%-31j$",
  "^tis%-620$", "^viscii$", "^tcvn$", "^macintosh$", "^x%-mac%-%a+$", "^unknown%-8bit$",
}

-- Return bytes of a charset as UTF-8, or nothing when they are not what they say.
function charsets.decoded(charset, bytes)
  charset = charset:lower()
  if charset == "utf-8" or charset == "utf8" then
    return util.is_valid_utf8(bytes) and bytes or nil
  end
  if charset == "us-ascii" or charset == "ascii" then
    return not bytes:find("[\128-\255]") and bytes or nil
  end
  if charset:find("^iso%-2022%-jp") and not bytes:find("[\128-\255]") then
    -- Nothing between two escape sequences is no letter, half a letter is not read for certain.
    local half = false
    local read = bytes:gsub("\27%$[@B](.-)\27%([BJ]", function(letters)
      half = half or #letters % 2 == 1
      return letters == "" and "" or charsets.LETTER
    end)
    return not half and read or nil
  end
  for _, pattern in ipairs(extends_ascii) do
    if charset:find(pattern) then
      return (bytes:gsub("[\128-\255]", charsets.LETTER))
    end
  end
end

-- Return a text with its %XX undone, or nothing when a % is followed by something else.
function charsets.unpercent(text)
  local rest = text:gsub("%%%x%x", "")
  if rest:find("%", 1, true) then
    return nil
  end
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function word_bytes(encoding, text)
  if encoding == "b" then
    text = text:gsub("%s+", "")
    return text:find("^[%w+/]*=?=?$") and tostring(util.decode_base64(text)) or nil
  end
  local rest = text:gsub("=%x%x", "")
  if encoding ~= "q" or rest:find("=", 1, true) then
    return nil
  end
  return (text:gsub("_", " "):gsub("=(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- Return the pieces of a text: words of one charset in a row are one piece, as programs cut
-- letters in two; what is no word has no charset.
local function pieces(text)
  local found, at = {}, 1
  while true do
    local first, last, charset, encoding, content = text:find("=%?([^?]*)%?([^?]*)%?([^?]*)%?=", at)
    local plain = text:sub(at, (first or #text + 1) - 1)
    if plain ~= "" then
      found[#found + 1] = { bytes = plain }
    end
    if not first then
      return found
    end
    local bytes = word_bytes(encoding:lower(), content)
    if not bytes then
      return nil
    end
    charset = charset:gsub("%*.*", ""):lower()
    local before = found[#found]
    if before and before.charset == charset then
      before.bytes = before.bytes .. bytes
    else
      found[#found + 1] = { charset = charset, bytes = bytes }
    end
    at = last + 1
  end
end

-- Return a text with its encoded words decoded, or nothing when that cannot be done for certain.
function charsets.unworded(text)
  local read = {}
  for _, piece in ipairs(pieces((text:gsub("%?=%s+=%?", "?==?"))) or { { bytes = "=?" } }) do
    local words = charsets.decoded(piece.charset or "utf-8", piece.bytes)
    if not words or words:find("=?", 1, true) then
      return nil
    end
    read[#read + 1] = words
  end
  return table.concat(read)
end

return charsets
