-- CMS, of which S/MIME is made: whether content is in it that nobody here looks at. RFC 5652, X.690.

local cms = {}

-- As much as the beginning takes, up to the content.
local BEGINNING = 4096

local PKCS = "\42\134\72\134\247\13\1"
local SIGNED, ENVELOPED, AUTH_ENVELOPED = PKCS .. "\7\2", PKCS .. "\7\3", PKCS .. "\9\16\1\23"

-- Return the tag of an element, where its content begins and, unless it has an indefinite length,
-- where that ends.
local function element(bytes, at)
  local tag, size = bytes:byte(at, at + 1)
  if not size then
    return nil
  elseif size == 0x80 then
    return tag, at + 2, nil
  elseif size < 0x80 then
    return tag, at + 2, at + 2 + size
  end
  local start, length = at + 2 + size - 0x80, 0
  for place = at + 2, start - 1 do
    length = length * 256 + (bytes:byte(place) or 0)
  end
  return tag, start, start + length
end

-- Return where the content of an element with this tag begins, and where it ends.
local function inside(bytes, at, tag)
  local found, start, stop = element(bytes, at or #bytes + 1)
  if found == tag then
    return start, stop
  end
end

local function behind(bytes, at, tag)
  local _, stop = inside(bytes, at, tag)
  return stop
end

-- Whether signed data has no content of its own: a detached signature, or certificates alone.
local function is_detached(bytes, at)
  at = inside(bytes, inside(bytes, at, 0xa0), 0x30)
  at = behind(bytes, behind(bytes, at, 0x02), 0x31)
  local start, stop = inside(bytes, at, 0x30)
  local after = behind(bytes, start, 0x06)
  if not after then
    return false
  end
  return after == stop or stop == nil and bytes:sub(after, after + 1) == "\0\0"
end

-- Return what a file is: "encrypted", "detached", "content" for all other CMS, or nothing.
function cms.kind(content)
  local bytes = tostring(content:sub(1, BEGINNING))
  local at = inside(bytes, 1, 0x30)
  local start, stop = inside(bytes, at, 0x06)
  local kind = stop and bytes:sub(start, stop - 1)
  if not kind or kind:sub(1, #PKCS) ~= PKCS then
    return nil
  elseif kind == ENVELOPED or kind == AUTH_ENVELOPED then
    return "encrypted"
  end
  return kind == SIGNED and is_detached(bytes, stop) and "detached" or "content"
end

return cms
