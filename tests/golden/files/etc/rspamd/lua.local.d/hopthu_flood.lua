-- Who writes to too many outside addresses in a short time has to wait (Art. 6.5). Rspamd's own
-- ratelimit module counts colleagues too, and counts nobody once postmaster is among the
-- recipients. Only when a message was counted, or has nobody to count, is HOPTHU_COUNTED set:
-- without it the gate in local.d/force_actions.conf defers the message.

local logger = require "rspamd_logger"
local redis = require "lua_redis"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
local inside = { [settings.domain:lower()] = true }
for _, domain in ipairs(settings.former_domains or {}) do
  inside[domain:lower()] = true
end
local server = redis.parse_redis_server("hopthu")

-- Sent with every message: Rspamd's own registry of scripts uploads them once, and counts nobody
-- for as long as it runs if Valkey was away at that moment.
local SCRIPT = [[
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return count
]]

local function outside(task)
  local count = 0
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    if not inside[(recipient.domain or ""):lower()] then
      count = count + 1
    end
  end
  return count
end

local function check(task)
  local user, count = task:get_user(), outside(task)
  if not user or count == 0 then
    task:insert_result("HOPTHU_COUNTED", 1.0)
    return
  end
  local seconds = settings.external_seconds
  local key = string.format("hopthu:outside:%s:%d", user, math.floor(util.get_time() / seconds))

  local function counted(err, total)
    if err then
      logger.errx(task, "outside recipients are not counted: %s", err)
      return
    end
    task:insert_result("HOPTHU_COUNTED", 1.0)
    if tonumber(total) > settings.external_recipients then
      task:insert_result("HOPTHU_FLOOD", 1.0, tostring(total))
    end
  end

  local arguments = { SCRIPT, "1", key, tostring(count), tostring(seconds) }
  redis.redis_make_request(task, server, key, true, counted, "EVAL", arguments)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_FLOOD_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({ "HOPTHU_COUNTED", "HOPTHU_FLOOD" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
