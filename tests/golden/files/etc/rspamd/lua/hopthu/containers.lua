-- Files that hold other files, which clamd does not take apart or not as other programs do.

local regexp = require "rspamd_regexp"

local cms, holders = ...

local containers = {}

-- A file in a calendar (RFC 5545 3.8.1.1), lines put together before.
local file_in_calendar = regexp.create(
  "/^ATTACH(?:;[^\\r\\n]*(?:ENCODING=\"?B|ENCODING=\"?Q|VALUE=\"?BINARY)|[^\\r\\n]*:data:)/im"
)
local calendar = regexp.create("/^BEGIN:VCALENDAR/im")

-- Whether there is a file in a calendar: nobody scans those.
local function is_calendar_with_file(content)
  if not calendar:match(content, true) then
    return false
  end
  return file_in_calendar:match((tostring(content):gsub("\r?\n[ \t]", "")), true)
end

-- Return the names in a file, or nothing when it holds none that are read here; and whether it has
-- content that nobody here can be sure of.
-- `is_cms`: whether its name or type says that it is signed or encrypted.
function containers.read(content, is_cms)
  for _, holder in ipairs(holders) do
    if holder.begins(content) then
      local names = holder.names(content)
      return names or {}, not names
    end
  end
  local kind = cms.kind(content)
  return nil, kind == "content" or (is_cms and not kind) or is_calendar_with_file(content)
end

return containers
