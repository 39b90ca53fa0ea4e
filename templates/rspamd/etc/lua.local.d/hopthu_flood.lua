-- Who writes to too many outside addresses in a short time has to wait (Art. 6.5). Rspamd's own
-- ratelimit module counts colleagues too, and counts nobody once postmaster is among the
-- recipients. Without Valkey nobody is counted: a limit is not worth stopping all mail for.

local logger = require "rspamd_logger"
local redis = require "lua_redis"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
local inside = { [settings.domain:lower()] = true }
for _, domain in ipairs(settings.former_domains or {}) do
  inside[domain:lower()] = true
end
local server = redis.parse_redis_server("hopthu")

local script = redis.add_redis_script([[
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return count
]], server)

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
    return
  end
  local seconds = settings.external_seconds
  local window = math.floor(util.get_time() / seconds)

  local function counted(err, total)
    if err then
      logger.errx(task, "outside recipients are not counted: %s", err)
    elseif tonumber(total) > settings.external_recipients then
      task:insert_result("HOPTHU_FLOOD", 1.0, tostring(total))
    end
  end

  redis.exec_redis_script(
    script,
    { task = task, is_write = true },
    counted,
    { string.format("hopthu:outside:%s:%d", user, window) },
    { tostring(count), tostring(seconds) }
  )
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_FLOOD_CHECK",
  type = "callback",
  callback = check,
})
rspamd_config:register_symbol({ name = "HOPTHU_FLOOD", type = "virtual", parent = id, score = 0.0 })
