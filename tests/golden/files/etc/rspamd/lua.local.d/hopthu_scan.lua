-- Ask clamd about the whole message. Only its own word "OK" sets HOPTHU_SCANNED; whatever else
-- happens (down, frozen, full disk, an answer nobody expected) leaves it unset, and the gate in
-- local.d/force_actions.conf defers the message.
--
-- Rspamd's antivirus module is not used: it lets a message pass when clamd answers with an error
-- (its callback breaks on `stream: ... ERROR`), and looks into a cache that new signatures do not
-- empty. Protocol: clamd(8), INSTREAM.

local logger = require "rspamd_logger"
local tcp = require "rspamd_tcp"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
-- Not by `require`: see hopthu_attachments.lua.
local ask_about_each =
  assert(loadfile(rspamd_paths["LOCAL_CONFDIR"] .. "/lua/hopthu/messages.lua"))()

-- What a signature's name means; the first that matches decides.
local meanings = {
  -- Slow today may be quick tomorrow: no verdict.
  { "^Heuristics%.Limits%.Exceeded%.MaxScanTime", nil },
  { "^Heuristics%.Limits%.Exceeded", "HOPTHU_UNSCANNABLE" },
  { "^Heuristics%.Encrypted", "HOPTHU_UNSCANNABLE" },
  { "^Hopthu%.Unscannable", "HOPTHU_UNSCANNABLE" },
  { "^Hopthu%.Executable", "HOPTHU_EXECUTABLE_INSIDE" },
  { "", "HOPTHU_VIRUS" },
}

local function meaning(found)
  for _, row in ipairs(meanings) do
    if found:find(row[1]) then
      return row[2]
    end
  end
end

-- Ask about one content, and call `clean` if that is what clamd says.
local function ask(task, content, clean)
  local first = settings.first_line
  local size = util.pack(">I4", #first + #content)

  local function answered(err, data)
    if err then
      logger.errx(task, "clamd does not answer: %s", err)
      return
    end
    local answer = tostring(data)
    local found = answer:match("^stream: (.+) FOUND$")
    if answer == "stream: OK" then
      clean()
    elseif found and meaning(found) then
      task:insert_result(meaning(found), 1.0, found)
    else
      logger.errx(task, "clamd gives no verdict: %s", answer)
    end
  end

  tcp.request({
    task = task,
    host = settings.clamd,
    port = 0,
    timeout = settings.clamd_timeout,
    data = { "zINSTREAM\0" .. size .. first, content, util.pack(">I4", 0) },
    stop_pattern = "\0",
    callback = answered,
  })
end

local function scan(task)
  ask_about_each(task, ask, function()
    task:insert_result("HOPTHU_SCANNED", 1.0)
  end)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_SCAN",
  type = "callback",
  callback = scan,
  augmentations = { string.format("timeout=%f", settings.clamd_timeout) },
})
for _, name in ipairs({
  "HOPTHU_SCANNED",
  "HOPTHU_VIRUS",
  "HOPTHU_UNSCANNABLE",
  "HOPTHU_EXECUTABLE_INSIDE",
}) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
