-- Vacation notices (Art. 8). They come in at a listener of their own, which lets nobody but a colleague have
-- one; this decides how often, whatever the filter that sends it calls its notice (`:handle`). And it marks
-- the letters to which none may be sent at all: those from outside, and those to lists, for a filter can
-- claim the address of a list for its owner's (`:addresses`). Stores keep to the mark: they send nothing,
-- and do not ask. Only when all is well is HOPTHU_VACATION set: without it the gate in
-- local.d/force_actions.conf lets nothing pass.

local logger = require "rspamd_logger"
local redis = require "lua_redis"

local settings = rspamd_config:get_all_opt("hopthu")
local server = redis.parse_redis_server("hopthu")

local SCRIPT = [[
return redis.call('SET', KEYS[1], '', 'NX', 'EX', ARGV[1]) and 1 or 0
]]

-- A notice: the first to this colleague in so many days? If it is refused for another reason, or the scanner is
-- away, none follows until they are over; a letter that was answered twice could not be taken back.
local function count(task)
  local sender, recipients = (task:get_from("smtp") or {})[1], task:get_recipients("smtp") or {}
  if not sender or #recipients ~= 1 then
    return
  end
  local key = string.format("hopthu:vacation:%s:%s", sender.addr, recipients[1].addr):lower()

  local function counted(err, first)
    if err then
      logger.errx(task, "vacation notices are not counted: %s", err)
      return
    end
    task:insert_result("HOPTHU_VACATION", 1.0)
    if tonumber(first) ~= 1 then
      task:insert_result("HOPTHU_ANSWERED", 1.0)
    end
  end

  local arguments = { SCRIPT, "1", key, tostring(settings.vacation_seconds) }
  redis.redis_make_request(task, server, key, true, counted, "EVAL", arguments)
end

-- Addresses with a `_` are lists, but for the accounts for probing.
local function to_a_list(task)
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    local name = (recipient.user or ""):lower()
    if name:find("_", 1, true) and not name:find("^probe_") then
      return true
    end
  end
  return false
end

local function check(task)
  local user = task:get_user()
  if user == settings.vacation_user then
    count(task)
    return
  end
  if not user or to_a_list(task) then
    task:set_milter_reply({ add_headers = { ["X-Auto-Response-Suppress"] = "OOF" } })
  end
  task:insert_result("HOPTHU_VACATION", 1.0)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_VACATION_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({ "HOPTHU_VACATION", "HOPTHU_ANSWERED" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
