-- Content-Type and Content-Disposition of a part, from its raw header: every field, every parameter.
-- Rspamd keeps one of each. RFC 2045 section 5.1, RFC 2183, RFC 5322 section 3.2.

local fields = {}

-- More than any mail program writes, and little enough to look at from all sides.
local LONGEST, LONGEST_NAME, MOST_NAMES = 4096, 1024, 100

local function trim(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""))
end

-- Return the fields of a header by their names in lower case, each a list of values. Folds stay in
-- the values, as "\n" and the blank after it.
function fields.split(header)
  local found, lines = {}, nil
  for line in (header:gsub("\r\n", "\n") .. "\n"):gmatch("([^\n]*)\n") do
    local name, value = line:match("^([^%s:]+)[ \t]*:(.*)$")
    if name then
      lines = { value }
      found[name:lower()] = found[name:lower()] or {}
      table.insert(found[name:lower()], lines)
    elseif lines and line:find("^[ \t]") then
      lines[#lines + 1] = line
    else
      lines = nil
    end
  end
  for _, values in pairs(found) do
    for number, one in ipairs(values) do
      values[number] = table.concat(one, "\n")
    end
  end
  return found
end

-- Return where the comment or the quoted string that begins at `from` ends, if it does.
local function ending(text, from)
  local depth, at = 0, from
  local quoted = text:sub(from, from) == '"'
  while at <= #text do
    local mark = text:sub(at, at)
    if mark == "\\" then
      at = at + 1
    elseif quoted and mark == '"' and at > from then
      return at
    elseif not quoted and (mark == "(" or mark == ")") then
      depth = depth + (mark == "(" and 1 or -1)
      if depth == 0 then
        return at
      end
    end
    at = at + 1
  end
end

-- Return a text in tokens: quoted strings, comments, semicolons and what is between them; and
-- whether a comment or a quoted string never ends.
local function tokens(text)
  local found, at = {}, 1
  while at <= #text do
    local first = text:find('[;"(]', at) or #text + 1
    if first > at then
      found[#found + 1] = { kind = "plain", text = text:sub(at, first - 1) }
    end
    local kind = text:sub(first, first)
    local last = kind == ";" and first or kind ~= "" and ending(text, first)
    if not last then
      found[#found + 1] = { kind = "plain", text = text:sub(first) }
      return found, kind ~= ""
    elseif kind ~= "" then
      found[#found + 1] = { kind = kind, text = text:sub(first, last) }
    end
    at = last + 1
  end
  return found, false
end

-- Return the text without comments.
local function uncommented(text)
  local kept = {}
  for _, token in ipairs((tokens(text))) do
    kept[#kept + 1] = token.kind ~= "(" and token.text or nil
  end
  return table.concat(kept)
end

-- Return the pieces of a text between its semicolons, and whether it has an end missing.
local function pieces(text)
  local list, open = tokens(text)
  local found = { "" }
  for _, token in ipairs(list) do
    if token.kind == ";" then
      found[#found + 1] = ""
    else
      found[#found] = found[#found] .. token.text
    end
  end
  return found, open
end

-- Return the value of a parameter, and whether it can be read for certain. A backslash is right
-- before a quotation mark only: programs disagree about all others.
local function value_of(text)
  local plain = trim(uncommented(text))
  if plain:sub(1, 1) ~= '"' then
    local bare = trim(text)
    return bare:sub(1, 1) == "(" and plain or bare, not bare:find('["\\]')
  end
  local last = ending(plain, 1)
  local inside = plain:sub(2, (last or #plain + 1) - 1)
  return (inside:gsub("\\(.)", "%1")),
    last == #plain and not inside:gsub('\\"', ""):find("\\", 1, true)
end

-- Return a field's own word in lower case and its parameters, each with name, value and whether
-- that is `certain`; and whether the field has more than that, which programs read in their own way.
-- Return nothing for a field that is too long to be read.
function fields.read(value)
  if #value > LONGEST then
    return nil
  end
  local parts, stray = pieces((value:gsub("\n", "")))
  local found = {}
  for number = 2, #parts do
    local name, text = parts[number]:match("^([^=]*)=(.*)$")
    if name then
      local read, certain = value_of(text)
      name = uncommented(name):gsub("%s+", ""):lower()
      found[#found + 1] = { name = name, value = read, certain = certain }
    elseif uncommented(parts[number]):find("%S") then
      stray = true
    end
  end
  local word = uncommented(parts[1]):gsub("%s+", ""):lower()
  return word, found, stray
end

local function suspected_in(read, found)
  local lower, at = read:lower(), 1
  for _ = 1, MOST_NAMES do
    local _, last, mark = lower:find('name["%*%d]*%s*=%s*("?)', at)
    if not last then
      return
    end
    for _, stop in ipairs(mark == "" and { ";", '"', ",", "%s" } or { ";", '"' }) do
      local first = read:find(stop, last + 1) or #read + 1
      found[#found + 1] = first - last <= LONGEST_NAME and read:sub(last + 1, first - 1) or nil
    end
    at = last + 1
  end
end

-- Return everything some program could take for a name in a field, however it reads the field.
function fields.suspected(value)
  local found = {}
  for _, fold in ipairs({ " ", "" }) do
    local text = value:sub(1, LONGEST):gsub("\n%s*", fold)
    suspected_in(text, found)
    local plain = uncommented(text)
    if plain ~= text then
      suspected_in(plain, found)
    end
    if not value:find("\n", 1, true) then
      break
    end
  end
  return found
end

return fields
