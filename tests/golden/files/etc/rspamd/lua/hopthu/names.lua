-- The names a part gives its file: what they are, whether they can be read for certain, whether they
-- are one name, and what they end in. RFC 2047, RFC 2231, RFC 2183 section 2.3.

local util = require "rspamd_util"

local charsets, wrapping = ...

local names = {}

-- Longer than any file system has, and than any mail program writes.
local LONGEST = 1024

-- Return the pieces of an RFC 2231 parameter in one, or nothing when it is not written as it says.
local function extended(sections)
  local whole, charset = {}, nil
  for number = 0, sections.count - 1 do
    local section = sections[number]
    if not section then
      return nil
    end
    local text = section.value
    if section.percent and number == 0 then
      charset, text = text:match("^([^']+)'[^']*'(.*)$")
      if not charset then
        return nil
      end
    end
    text = section.percent and charsets.unpercent(text) or not section.percent and text
    if not text then
      return nil
    end
    whole[#whole + 1] = text
  end
  local name = table.concat(whole)
  if charset then
    return charsets.decoded(charset, name)
  end
  return charsets.unworded(name)
end

-- Sort the parameters of a field: plain values and sections, by `name` and `filename`. Return
-- nothing when one of them cannot be placed.
local function sorted(parameters)
  local plain, sections = {}, {}
  for _, parameter in ipairs(parameters) do
    local word, number, star = parameter.name:match("^([filename]+)%*?(%d*)(%*?)$")
    if word == "name" or word == "filename" then
      local whole = parameter.name:sub(#word + 1)
      if not parameter.certain then
        return nil
      elseif whole == "" then
        plain[#plain + 1] = parameter.value
      else
        local key = whole == "*" and word .. "*" or word
        local percent = whole == "*" or star == "*"
        local place = tonumber(number) or 0
        local group = sections[key] or { count = 0 }
        if group[place] or number:find("^0.") or place > 99 then
          return nil
        end
        sections[key] = group
        group[place] = { value = parameter.value, percent = percent }
        group.count = math.max(group.count, place + 1)
      end
    elseif parameter.name:find("^name") or parameter.name:find("^filename") then
      return nil
    end
  end
  return plain, sections
end

-- Nothing a name holds, as it would be shown as another: control characters, and what turns the
-- direction of writing.
local function shown_as_it_is(name)
  return not name:gsub("\t", ""):find("[%z\1-\31\127]")
    and not name:find("\194[\128-\159]")
    and not name:find("\226\128[\168-\174]")
    and not name:find("\226\129[\166-\169]")
    and not name:find("\\", 1, true)
end

-- Return the names in a field's parameters, or nothing when one cannot be read for certain.
function names.of(parameters)
  local plain, sections = sorted(parameters)
  if not plain then
    return nil
  end
  local found = {}
  for _, value in ipairs(plain) do
    found[#found + 1] = charsets.unworded(value) or false
  end
  for _, group in pairs(sections) do
    found[#found + 1] = extended(group) or false
  end
  for _, name in ipairs(found) do
    if not name or #name > LONGEST or not shown_as_it_is(name) then
      return nil
    end
  end
  return found
end

-- What is not seen in a name, and stops nobody who clicks on it.
local unseen = {
  "\194\173", "\205\143", "\216\156", "\225\160[\139-\142]", "\226\128[\139-\143]",
  "\226\128[\168-\174]", "\226\129[\160-\175]", "\239\187\191", "\239\184[\128-\143]",
  "\239\191[\185-\187]", "\243\160[\128-\135][\128-\191]",
}

-- What makes a name one that has to be looked at from all sides; archives have thousands without.
local UNUSUAL = "[^%w ._/()-]"

-- Return a name as a file system might end up with it.
local function settled(name)
  if not name:find(UNUSUAL) then
    return (name:lower():gsub("[%s./]+$", ""))
  end
  if util.is_valid_utf8(name) then
    name = util.normalize_utf8(name)
  end
  for _, mark in ipairs(unseen) do
    name = name:gsub(mark, "")
  end
  -- Full stops of other writings; what Windows does not have in names, and programs leave out.
  name = name:gsub("\227\128\130", "."):gsub("[%c\"<>|?*\\]", ""):lower()
  return (name:gsub("[%s.:;,'`/]+$", ""))
end

-- What holds one file, which comes out under the name before this.
local wrappers = {}
for _, extension in ipairs(wrapping) do
  wrappers[extension] = true
end

-- The number of a program on Windows (CLSID), which Explorer takes for an extension.
local CLASS = "^[{]%x+%-%x+%-%x+%-%x+%-%x+[}]$"

-- Add the extension of a name, and those of what it holds.
local function add_extensions(name, found)
  local rest, extension = settled(name):match("^(.*)%.([^.]+)$")
  if extension then
    found[#found + 1] = extension:find(CLASS) and "exe" or extension
    if wrappers[extension] then
      add_extensions(rest, found)
    end
  end
end

-- Return every extension a name may turn out to have.
function names.extensions(name)
  local found = {}
  if not name:find(UNUSUAL) then
    add_extensions(name, found)
    return found
  end
  local read = { name, charsets.unworded(name) or name }
  for number = 1, 2 do
    read[#read + 1] = charsets.unpercent(read[number])
  end
  local seen = {}
  for _, one in ipairs(read) do
    -- The stream of a file on Windows that is the file itself.
    local file = one:gsub(":+%$[dD][aA][tT][aA].*", "")
    for _, form in ipairs({ one, (one:gsub("%z.*", "")), file }) do
      if not seen[form] then
        seen[form] = true
        add_extensions(form, found)
      end
    end
  end
  return found
end

-- What is left of a text in ASCII: letters lose their marks, programs change blanks and punctuation.
local function base(text)
  return (tostring(util.transliterate(util.normalize_utf8(text))):lower():gsub("[^%w]", ""))
end

-- Return what may stand for each letter of a name in ASCII, in turn: the letter's base, and for one
-- that ASCII does not have also nothing (a mark such as "_").
local function letters(name)
  local found = {}
  for letter in util.normalize_utf8(name):gmatch("[%z\1-\127\194-\244][\128-\191]*") do
    local ascii = base(letter)
    if letter == charsets.LETTER then
      found[#found + 1] = { "", ".", ".." }
    elseif #letter > 1 then
      found[#found + 1] = { "", ascii }
    elseif ascii ~= "" then
      found[#found + 1] = { ascii }
    end
  end
  return found
end

-- Whether `text` can come from these letters.
local function comes_from(wanted, text)
  local places = { [0] = true }
  for _, choices in ipairs(wanted) do
    local reached = {}
    for place in pairs(places) do
      for _, choice in ipairs(choices) do
        if text:find("^" .. choice, place + 1) then
          reached[place + #choice] = true
        end
      end
    end
    places = reached
  end
  return places[#text] == true
end

local function equal(one, other)
  return one == other
    or comes_from(letters(one), base(other))
    or comes_from(letters(other), base(one))
end

-- Whether two names are one, written twice: equal but for what is lost in ASCII, or for an extension
-- that only one has ("OpenPGP_signature" of Thunderbird).
function names.same(one, other)
  return equal(one, other)
    or equal((one:gsub("%.[^.]*$", "")), other)
    or equal(one, (other:gsub("%.[^.]*$", "")))
end

return names
