-- Executables are refused by name and by content (Art. 6.3), attached or one archive down; what is
-- nested deeper, clamd finds by the signatures in /var/lib/clamav/hopthu.*. Only a message looked
-- through to its end gets HOPTHU_ATTACHMENTS.

local settings = rspamd_config:get_all_opt("hopthu")

local refused = {}
for _, extension in ipairs(settings.executables) do
  refused[extension] = true
end

-- Windows ignores blanks and dots at the end of a name.
local function executable(name)
  local extension = (name or ""):lower():gsub("[%s.]+$", ""):match("%.([^.]+)$")
  return extension and refused[extension]
end

local function part_is_executable(part)
  if executable(part:get_filename()) or refused[part:get_detected_ext() or ""] then
    return true
  end
  if part:is_archive() then
    for _, name in ipairs(part:get_archive():get_files()) do
      if executable(name) then
        return true
      end
    end
  end
  return false
end

local function check(task)
  for _, part in ipairs(task:get_parts() or {}) do
    if part_is_executable(part) then
      task:insert_result("HOPTHU_EXECUTABLE", 1.0)
      return
    end
  end
  task:insert_result("HOPTHU_ATTACHMENTS", 1.0)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_ATTACHMENTS_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({ "HOPTHU_ATTACHMENTS", "HOPTHU_EXECUTABLE" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
