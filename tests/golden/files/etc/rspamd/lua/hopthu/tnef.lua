-- TNEF ("winmail.dat"): what Outlook makes of a message for itself, attachments and all. clamd scans
-- what is in them, but does not see their names. [MS-OXTNEF] 2.1, [MS-OXCDATA] 2.11.

local util = require "rspamd_util"

local tnef = {}

local SIGNATURE = "\120\159\62\34"
local TITLE, TRANSPORT_NAME, PROPERTIES = 0x00018010, 0x00069001, 0x00069005
-- Display name, extension, short and long file name, and the names of the file it was.
local name_properties = {
  [0x3001] = true, [0x3703] = true, [0x3704] = true, [0x3707] = true, [0x3708] = true,
  [0x370d] = true,
}
local sizes = {
  [0x02] = 4, [0x03] = 4, [0x04] = 4, [0x05] = 8, [0x06] = 8, [0x07] = 8, [0x0a] = 4, [0x0b] = 4,
  [0x14] = 8, [0x40] = 8, [0x48] = 16,
}
local variable = { [0x0d] = true, [0x1e] = true, [0x1f] = true, [0x102] = true }
local MOST_NESTED = 10

-- Return a number at a place and the place behind it; an error where there is none, for pcall.
local function number_at(bytes, at, size)
  return util.unpack("<I" .. size, bytes:sub(at, at + size - 1)), at + size
end

local function padded(size)
  return math.ceil(size / 4) * 4
end

-- Return a name without its end mark; what is not in ASCII is some letter.
function tnef.text(kind, data)
  if kind == 0x1f then
    data = data:gsub("(.)(.)", function(low, high)
      return high == "\0" and low:byte() < 128 and low or "\239\191\189"
    end)
  end
  return (data:gsub("%z+$", ""))
end

local add_names

-- Return the place behind a property's values, and add those that are names.
local function add_values(bytes, at, kind, number, found, depth)
  local single, count = kind % 0x1000, 1
  if kind >= 0x1000 or variable[single] then
    count, at = number_at(bytes, at, 4)
  end
  for _ = 1, count do
    local size = sizes[single]
    if variable[single] then
      size, at = number_at(bytes, at, 4)
    end
    local data = bytes:sub(at, at + size - 1)
    assert(#data == size)
    if name_properties[number] then
      found[#found + 1] = tnef.text(single, data)
    elseif data:sub(17, 20) == SIGNATURE then
      add_names(data:sub(17), found, depth + 1)
    end
    at = at + padded(size)
  end
  return at
end

local function add_properties(bytes, found, depth)
  local count, at = number_at(bytes, 1, 4)
  for _ = 1, count do
    local kind, number, by_name, size
    kind, at = number_at(bytes, at, 2)
    number, at = number_at(bytes, at, 2)
    if number >= 0x8000 then
      by_name, at = number_at(bytes, at + 16, 4)
      size, at = number_at(bytes, at, 4)
      at = by_name == 1 and at + padded(size) or at
    end
    at = add_values(bytes, at, kind, number, found, depth)
  end
end

function add_names(bytes, found, depth)
  assert(depth <= MOST_NESTED)
  local at, number, size = 7, nil, nil
  while at <= #bytes do
    number, at = number_at(bytes, at + 1, 4)
    size, at = number_at(bytes, at, 4)
    local data = bytes:sub(at, at + size - 1)
    assert(#data == size and at + size + 1 <= #bytes)
    if number == TITLE or number == TRANSPORT_NAME then
      found[#found + 1] = tnef.text(0x1e, data)
    elseif number == PROPERTIES then
      add_properties(data, found, depth)
    end
    at = at + size + 2
  end
end

function tnef.begins(content)
  return tostring(content:sub(1, 4)) == SIGNATURE
end

-- Return the names of the attachments in a TNEF stream, or nothing when it cannot be read.
function tnef.names(content)
  local found = {}
  return pcall(add_names, tostring(content), found, 1) and found or nil
end

return tnef
