-- Messages that Outlook has saved (.msg): streams in a compound file. clamd scans what is attached
-- to them, but does not see its names. [MS-CFB] 2, [MS-OXMSG] 2.

local regexp = require "rspamd_regexp"
local util = require "rspamd_util"

local tnef = ...

local compound = {}

local SIGNATURE = "\208\207\17\224\161\177\26\225"
local ENTRY_SIZE, SHORT_SIZE, FEWEST_LARGE = 128, 64, 4096
local NO_SECTOR, LONGEST_NAME = 0xfffffffa, 2048

-- Extension, short and long file name of an attachment. Not its display name (3001), which
-- recipients have too, and theirs may end in ".com".
local name_stream = "^__substg1%.0_370[347]001([eEfF])$"
local is_message = regexp.create("/_\\x00_\\x00s\\x00u\\x00b\\x00s\\x00t\\x00g\\x001\\x00/")

-- Return a number at a place counted from 0; an error where there is none, for pcall.
local function number_at(bytes, at, size)
  return (util.unpack("<I" .. size, tostring(bytes:sub(at + 1, at + size))))
end

-- Return the sectors of a table by their number in it, from the header and from further lists.
local function table_sectors(content, size)
  local found, further = {}, number_at(content, 68, 4)
  for number = 0, 108 do
    found[#found + 1] = number_at(content, 76 + number * 4, 4)
  end
  while further < NO_SECTOR do
    local list = (further + 1) * size
    for number = 0, size / 4 - 2 do
      found[#found + 1] = number_at(content, list + number * 4, 4)
    end
    assert(#found <= #content / size + 109 + size / 4)
    further = number_at(content, list + size - 4, 4)
  end
  return found
end

-- Return a chain of sectors, given what follows each.
local function chain(first, next_of, most)
  local found = {}
  while first < NO_SECTOR do
    found[#found + 1] = first
    assert(#found <= most)
    first = next_of(first)
  end
  return found
end

-- Return what reads a stream, given its first sector and its size.
local function reader(content)
  local size = 2 ^ number_at(content, 30, 2)
  local tables = table_sectors(content, size)
  local function sectors(first)
    return chain(first, function(sector)
      local place = (tables[math.floor(sector * 4 / size) + 1] + 1) * size + sector * 4 % size
      return number_at(content, place, 4)
    end, #content / size)
  end
  local function joined(first)
    local found = {}
    for _, sector in ipairs(sectors(first)) do
      found[#found + 1] = tostring(content:sub((sector + 1) * size + 1, (sector + 2) * size))
    end
    return table.concat(found)
  end
  local directory = joined(number_at(content, 48, 4))
  local short_next, short_sectors = joined(number_at(content, 60, 4)), nil
  local function short(first, length)
    short_sectors = short_sectors or sectors(number_at(directory, 116, 4))
    local found = {}
    for _, sector in ipairs(chain(first, function(sector)
      return number_at(short_next, sector * 4, 4)
    end, length / SHORT_SIZE + 1)) do
      local place = sector * SHORT_SIZE
      local start = (short_sectors[math.floor(place / size) + 1] + 1) * size + place % size
      found[#found + 1] = tostring(content:sub(start + 1, start + SHORT_SIZE))
    end
    return table.concat(found)
  end
  return directory, function(first, length)
    local bytes = length < FEWEST_LARGE and short(first, length) or joined(first)
    assert(length <= LONGEST_NAME and #bytes >= length)
    return bytes:sub(1, length)
  end
end

local function add_names(content, found)
  local directory, read = reader(content)
  for at = 0, #directory - 1, ENTRY_SIZE do
    local label = directory:sub(at + 1, at + 64):gsub("%z", "")
    local kind = label:lower():match(name_stream)
    if kind then
      local bytes = read(number_at(directory, at + 116, 4), number_at(directory, at + 120, 4))
      found[#found + 1] = tnef.text(kind == "f" and 0x1f or 0x1e, bytes)
    end
  end
end

-- Whether a file is a message in a compound file.
function compound.begins(content)
  return tostring(content:sub(1, 8)) == SIGNATURE and is_message:match(content, true)
end

-- Return the names of the attachments of a message, or nothing when it cannot be read.
function compound.names(content)
  local found = {}
  return pcall(add_names, content, found) and found or nil
end

return compound
