-- What is attached (Art. 6.3): programs are refused by every name they have, by content, and one
-- archive down; what is nested deeper, clamd finds by the signatures in /var/lib/clamav/hopthu.*.
-- What programs would read in different ways is refused too. Only a message looked through to its
-- end gets HOPTHU_ATTACHMENTS. Why: docs/decisions/scanning.md.

local regexp = require "rspamd_regexp"

local settings = rspamd_config:get_all_opt("hopthu")

-- Not by `require`: a test of new settings has to read theirs, not those in use.
local function module(name, ...)
  return assert(loadfile(rspamd_paths["LOCAL_CONFDIR"] .. "/lua/hopthu/" .. name .. ".lua"))(...)
end

local archives, encodings, fields = module("archives"), module("encodings"), module("fields")
local inline, names = module("inline"), module("names", module("charsets"), settings.wrappers)
local tnef = module("tnef")
local containers =
  module("containers", module("cms"), { module("zips"), tnef, module("compound", tnef) })
local types = module("types")

local refusals = {}
for symbol, list in pairs({
  HOPTHU_EXECUTABLE = settings.executables,
  HOPTHU_UNSCANNABLE_FILE = settings.unscannable,
}) do
  for _, extension in ipairs(list) do
    refusals[extension] = symbol
  end
end

-- More than a letter with a thousand attachments has, and more than one attachment has: who sends
-- more wants scanners to be busy.
local MOST_SUSPECTED, MOST_NAMES = 20000, 8

local elsewhere = { ["message/partial"] = true, ["message/external-body"] = true }

-- A field anywhere, also where only some programs look for one.
local field_anywhere = regexp.create(
  "/^content-(?:disposition|type)[ \\t]*:[^\\r\\n]*(?:\\r?\\n[ \\t][^\\r\\n]*)*/im"
)

local function refusal_of_name(name)
  for _, extension in ipairs(names.extensions(name)) do
    if refusals[extension] then
      return refusals[extension]
    end
  end
end

local function is_program(name)
  return refusal_of_name(name) == "HOPTHU_EXECUTABLE"
end

local function refusal_of_names(list)
  for _, name in ipairs(list) do
    if refusal_of_name(name) then
      return refusal_of_name(name)
    end
  end
end

-- Return what decides how a part is taken apart.
local function shape(said, parameters)
  local found = { said }
  for _, parameter in ipairs(parameters) do
    found[#found + 1] = parameter.name:find("^boundary") and parameter.value or nil
  end
  return table.concat(found, ";") .. "\n"
end

-- Return the names in all fields of a part, or what the part is refused for.
local function names_of_part(header)
  local found, shapes, kind_said = {}, {}, nil
  for _, kind in ipairs({ "content-type", "content-disposition" }) do
    for _, value in ipairs(header[kind] or {}) do
      local said, parameters, stray = fields.read(value)
      local read = said and names.of(parameters)
      if not read or (stray and #read > 0) then
        return nil, "HOPTHU_UNREADABLE"
      elseif elsewhere[said] then
        return nil, "HOPTHU_NOT_MIME"
      end
      if kind == "content-type" then
        shapes[#shapes + 1], kind_said = shape(said, parameters), said
      end
      for _, name in ipairs(read) do
        found[#found + 1] = name ~= "" and name or nil
      end
    end
  end
  local agree = table.concat(shapes) == (shapes[1] or ""):rep(#shapes)
  return found, (not agree or #found > MOST_NAMES) and "HOPTHU_UNREADABLE" or nil, kind_said
end

-- Return what a part's names or type are refused for, whether it has a name, and whether it says
-- that it is signed or encrypted.
local function refusal_of_fields(header)
  for _, kind in ipairs({ "content-type", "content-disposition" }) do
    for _, value in ipairs(header[kind] or {}) do
      local refusal = refusal_of_names(fields.suspected(value))
      if refusal then
        return refusal
      end
    end
  end
  local found, refusal, said = names_of_part(header)
  refusal = refusal or refusal_of_names(types.locations(header["content-location"]))
  if refusal then
    return refusal
  end
  for number = 2, #found do
    if not names.same(found[1], found[number]) then
      return "HOPTHU_UNREADABLE"
    end
  end
  if #found == 0 and types.is_program(said) then
    return "HOPTHU_EXECUTABLE"
  end
  return refusal_of_names(found), #found > 0, types.is_cms(said, found)
end

-- Return what a part is refused for, whatever it is called.
local function refusal_of_content(part, is_file, is_cms, encoding)
  if not encoding or not encodings.right(part, encoding, is_file) then
    return "HOPTHU_UNREADABLE"
  elseif part:is_text() and inline.found(part:get_content(), is_program) then
    return "HOPTHU_NOT_MIME"
  end
  if part:is_multipart() then
    return nil
  end
  local content = part:get_content()
  local held, is_uncertain = containers.read(content, is_cms)
  held = held or part:is_archive() and part:get_archive():get_files() or {}
  return refusals[part:get_detected_ext() or ""]
    or refusal_of_names(held)
    or ((is_uncertain or archives.hidden(content)) and "HOPTHU_UNSCANNABLE_FILE" or nil)
end

-- `is_whole_cms`: whether the message says of itself that it is signed or encrypted.
local function refusal_of_part(part, is_whole_cms)
  local header = fields.split(tostring(part:get_raw_headers()))
  local refusal, is_file, is_cms = refusal_of_fields(header)
  if refusal then
    return refusal
  end
  local encoding = encodings.said(header["content-transfer-encoding"])
  return refusal_of_content(part, is_file or not part:is_text(), is_whole_cms or is_cms, encoding)
end

-- Return what a message is refused for wherever in it that is.
local function refusal_anywhere(content)
  local count = 0
  for _, field in ipairs(field_anywhere:search(content, true) or {}) do
    local found = fields.suspected((field:gsub("\r", "")))
    count = count + #found
    local refusal = count > MOST_SUSPECTED and "HOPTHU_UNREADABLE" or refusal_of_names(found)
    if refusal then
      return refusal
    end
  end
  return inline.found(content, is_program) and "HOPTHU_NOT_MIME"
end

local function check(task)
  -- A part has its own header; what the whole message is, only the message says.
  local header = fields.split(tostring(task:get_raw_headers()))
  local encoding = encodings.said(header["content-transfer-encoding"])
  local refusal, _, is_whole_cms = refusal_of_fields(header)
  refusal = refusal
    or (not encoding and "HOPTHU_UNREADABLE")
    or refusal_anywhere(task:get_content())
  for _, part in ipairs(task:get_parts()) do
    refusal = refusal or refusal_of_part(part, is_whole_cms)
  end
  task:insert_result(refusal or "HOPTHU_ATTACHMENTS", 1.0)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_ATTACHMENTS_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({
  "HOPTHU_ATTACHMENTS",
  "HOPTHU_EXECUTABLE",
  "HOPTHU_NOT_MIME",
  "HOPTHU_UNREADABLE",
  "HOPTHU_UNSCANNABLE_FILE",
}) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
