-- Archives behind something else. clamd looks for them behind most things, but passes over music and
-- films, web pages, and what is behind the end of a gzip or a zip; programs that unpack do not.
-- APPNOTE.TXT 4.3.16, 4.4.4.

local regexp = require "rspamd_regexp"
local util = require "rspamd_util"

local archives = {}

-- rar, 7z; zip members that need a password, by member and by directory: a method there is, and an
-- odd byte of flags.
local odd = {}
for byte = 1, 255, 2 do
  odd[#odd + 1] = string.format("\\x%02x", byte)
end
odd = "[" .. table.concat(odd) .. "]"
local unopened = regexp.create(
  "/Rar!\\x1a\\x07[\\x00\\x01]|7z\\xbc\\xaf\\x27\\x1c"
    .. "|PK(?:\\x03\\x04..|\\x01\\x02.{4})" .. odd .. ".[\\x00-\\x14\\x5d-\\x63]\\x00/s"
)

-- What clamd does not look at: MP3, Ogg, Windows Media, Real, MPEG.
local media = { "^ID3", "^\255[\250\251\242\243]", "^OggS", "^0&\178u", "^%.RMF", "^%z%z\1[\179\186]" }

-- The end of a zip archive, with the longest comment it may have.
local END_SIZE, END_REACH = 22, 22 + 65535

-- Return the zip archive whose end stands at a place in the last bytes of a file, if it is one:
-- whether it reaches the end of the file, and whether it begins where it says.
local function zip_ending(last, at, before)
  if #last - at + 1 < END_SIZE then
    return nil
  end
  local _, _, size, offset, comment = util.unpack("<I4I8I4I4I2", last:sub(at, at + END_SIZE - 1))
  local place = before + at - 1
  if size > place then
    return nil
  end
  return { reaches = at + END_SIZE - 1 + comment == #last, whole = offset + size == place,
    directory = place - size }
end

-- Whether a zip archive is in a file that does not begin with it.
local function has_zip_behind(content)
  local first = tostring(content:sub(1, 8))
  local before = math.max(0, #content - END_REACH)
  local last = tostring(content:sub(before + 1))
  local is_media, at = false, 0
  for _, pattern in ipairs(media) do
    is_media = is_media or first:find(pattern) ~= nil
  end
  while true do
    at = last:find("PK\5\6", at + 1, true)
    local zip = at and zip_ending(last, at, before)
    if not at then
      return false
    elseif zip and (zip.reaches or is_media) and not (zip.whole and first:find("^PK")) then
      local directory = tostring(content:sub(zip.directory + 1, zip.directory + 4))
      if directory == "PK\1\2" then
        return true
      end
    end
  end
end

-- Whether there is an archive in a file that nobody here has looked into.
function archives.hidden(content)
  return unopened:match(content, true) or has_zip_behind(content)
end

return archives
