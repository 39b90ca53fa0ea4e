-- Zip archives by their structure. Programs find the files of a zip in different ways: by the end
-- of the directory, by the directory, by what stands before each file. Only where all of these say
-- the same has clamd seen what others see. APPNOTE.TXT 4.3, 4.6.9.

local regexp = require "rspamd_regexp"
local util = require "rspamd_util"

local zips = {}

-- The end with the longest comment, and the line ends or zeros that gateways and bsdtar put behind it.
local END_SIZE, LONGEST_COMMENT, MOST_BEHIND = 22, 65535, 10240
local ENTRY_SIZE, LOCAL_SIZE = 46, 30

-- Anything a program might take for a part of an archive.
local record = regexp.create("/PK(?:\\x01\\x02|\\x03\\x04|\\x05\\x06|\\x06[\\x06\\x07])/")

-- Whether a file begins as a zip does: with a file, with the end of an empty one, or in volumes.
function zips.begins(content)
  local first = tostring(content:sub(1, 4))
  return first == "PK\3\4" or first == "PK\5\6" or first == "PK\7\8" or first == "PK00"
end

-- Return the directory of a zip that ends as it says, where it begins, and how many files it names.
local function directory_of(content)
  local before = math.max(0, #content - END_SIZE - LONGEST_COMMENT - MOST_BEHIND)
  local last = tostring(content:sub(before + 1))
  local at, next_at = nil, last:find("PK\5\6", 1, true)
  while next_at do
    at, next_at = next_at, last:find("PK\5\6", next_at + 1, true)
  end
  if not at or #last - at + 1 < END_SIZE then
    return nil
  end
  local disk, first_disk, here, count, size, start, comment =
    util.unpack("<I2I2I2I2I4I4I2", last:sub(at + 4, at + END_SIZE - 1))
  local behind = last:sub(at + END_SIZE + comment)
  local whole = at + END_SIZE - 1 + comment <= #last and #behind <= MOST_BEHIND
    and not behind:find("[^%s%z]")
  if not whole or disk ~= 0 or first_disk ~= 0 or here ~= count
    or start + size ~= before + at - 1 then
    return nil
  end
  return tostring(content:sub(start + 1, start + size)), start, count
end

-- Add the names of the Unicode Path field in an extra field: programs show them instead.
local function add_unicode_paths(extra, names)
  local at = 1
  while at + 3 <= #extra do
    local kind, size = util.unpack("<I2I2", extra:sub(at, at + 3))
    if kind == 0x7075 then
      names[#names + 1] = extra:sub(at + 9, at + 3 + size)
    end
    at = at + 4 + size
  end
end

-- Return an entry of the directory and where the next one begins.
local function entry_at(directory, at, names)
  if directory:sub(at, at + 3) ~= "PK\1\2" or at + ENTRY_SIZE - 1 > #directory then
    return nil
  end
  local flags, method, _, _, size, unpacked, name, extra, comment, disk, _, _, start =
    util.unpack("<I2I2I4I4I4I4I2I2I2I2I2I4I4", directory:sub(at + 8, at + ENTRY_SIZE - 1))
  local name_at = at + ENTRY_SIZE
  local next_at = name_at + name + extra + comment
  -- Sizes kept elsewhere (zip64) clamd does not read.
  if next_at > #directory + 1 or disk ~= 0 or math.max(size, unpacked, start) == 0xffffffff then
    return nil
  end
  local entry = { flags = flags, method = method, size = size, start = start,
    name = directory:sub(name_at, name_at + name - 1) }
  names[#names + 1] = entry.name
  add_unicode_paths(directory:sub(name_at + name, name_at + name + extra - 1), names)
  return entry, next_at
end

-- Return where a file ends, if what stands before it agrees with the directory.
local function file_end(content, entry, names)
  local head = tostring(content:sub(entry.start + 1, entry.start + LOCAL_SIZE))
  if #head < LOCAL_SIZE or head:sub(1, 4) ~= "PK\3\4" then
    return nil
  end
  local flags, method, _, _, size, _, name, extra =
    util.unpack("<I2I2I4I4I4I4I2I2", head:sub(7))
  local name_at = entry.start + LOCAL_SIZE + 1
  local rest = tostring(content:sub(name_at, name_at + name + extra - 1))
  -- With a data descriptor (bit 3) the size stands in the directory alone.
  local sized = size == entry.size or math.floor(flags / 8) % 2 == 1
  if not sized or method ~= entry.method or rest:sub(1, name) ~= entry.name then
    return nil
  end
  add_unicode_paths(rest:sub(name + 1), names)
  return entry.start + LOCAL_SIZE + name + extra + entry.size
end

-- Whether nothing of an archive is between two places.
local function is_gap(content, from, to)
  return from == to or from < to and not record:match(content:sub(from + 1, to), true)
end

-- Return all names in a zip, or nothing when programs would find different files in it.
function zips.names(content)
  local directory, start, count = directory_of(content)
  if not directory then
    return nil
  end
  local names, entries, at = {}, {}, 1
  while at <= #directory do
    local entry, next_at = entry_at(directory, at, names)
    if not entry then
      return nil
    end
    entries[#entries + 1], at = entry, next_at
  end
  table.sort(entries, function(one, other)
    return one.start < other.start
  end)
  local reached = 0
  for _, entry in ipairs(entries) do
    local ended = is_gap(content, reached, entry.start) and file_end(content, entry, names)
    if not ended then
      return nil
    end
    reached = ended
  end
  return #entries == count and is_gap(content, reached, start) and names or nil
end

return zips
