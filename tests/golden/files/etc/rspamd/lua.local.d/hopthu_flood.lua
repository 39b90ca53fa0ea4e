-- Whoever writes to too many addresses in a short time, or in a day, has to wait (Art. 6.3, 6.5): outside, and
-- at more inside. Who has signed in is counted, and the address it is sent from, so that a unit's mailbox has
-- limits too, however many people write from it; a list is one address. Rspamd's own ratelimit module counts
-- nobody once postmaster is among the recipients. Only when a message was counted, or has nobody to count, is
-- HOPTHU_COUNTED set: without it the gate in local.d/force_actions.conf defers the message.

local logger = require "rspamd_logger"
local redis = require "lua_redis"

local settings = rspamd_config:get_all_opt("hopthu")
local inside = { [settings.domain:lower()] = true }
for _, domain in ipairs(settings.former_domains or {}) do
  inside[domain:lower()] = true
end
local server = redis.parse_redis_server("hopthu")

-- Sent with every message: Rspamd's own registry of scripts uploads them once, and counts nobody
-- for as long as it runs if Valkey was away at that moment. A time begins with the first letter in it.
local SCRIPT = [[
local reached = {}
for number, key in ipairs(KEYS) do
  local more, seconds, limit = ARGV[number * 3 - 2], ARGV[number * 3 - 1], ARGV[number * 3]
  local count = redis.call('INCRBY', key, more)
  if count == tonumber(more) then
    redis.call('EXPIRE', key, seconds)
  end
  if count > tonumber(limit) then
    reached[#reached + 1] = key .. '=' .. count
  end
end
return table.concat(reached, ' ')
]]

-- Whoever is refused too often in a day, for viruses or floods, is stopped: until a new password is issued on a
-- document, which takes the file away (hopthu/remote/host/sessions.py). A file outlives every daemon. The other
-- one is for hopthu-stopped.path, which tells the owner and the operator.
local function file_of(user, kind)
  return user:find("^[a-z0-9][a-z0-9._-]*$") and string.format("%s/%s.%s", settings.stopped, kind, user)
end

local function is_stopped(user)
  local name = file_of(user, "stopped")
  local file, _, reason = io.open(name or "")
  if file then
    file:close()
    return true
  end
  local NONE = 2 -- ENOENT, errno(3)
  if name and reason == NONE then
    return false
  end
end

local REFUSED = [[
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('EXPIRE', KEYS[1], 86400)
end
return count
]]

local function refused(task)
  local user = task:get_user()
  local why = task:has_symbol("HOPTHU_VIRUS") and "virus" or task:has_symbol("HOPTHU_FLOOD") and "flood"
  if not user or user:find("^_") or not why then
    return
  end

  local function counted(err, count)
    if err then
      logger.errx(task, "a refused letter is not counted: %s", err)
    elseif tonumber(count) == settings.refused then
      for _, kind in ipairs({ "stopped", "untold" }) do
        local file = assert(io.open(file_of(user, kind), "w"))
        assert(file:write(why))
        assert(file:close())
      end
      logger.messagex(task, "%s is stopped: %s", user, why)
    end
  end

  local arguments = { REFUSED, "1", "hopthu:refused:" .. user }
  redis.redis_make_request(task, server, arguments[3], true, counted, "EVAL", arguments)
end

local function recipients(task)
  local counts = { outside = 0, inside = 0 }
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    local where = inside[(recipient.domain or ""):lower()] and "inside" or "outside"
    counts[where] = counts[where] + 1
  end
  return counts
end

local function check(task)
  local user = task:get_user()
  -- Mail from outside is nobody's here; what stores hand in, as whom no person is called, is not sent by anybody.
  if not user or user:find("^_") then
    task:insert_result("HOPTHU_COUNTED", 1.0)
    return
  end
  local stopped = is_stopped(user)
  if stopped == nil then
    logger.errx(task, "it is not known whether %s is stopped", user)
    return
  elseif stopped then
    task:insert_result("HOPTHU_COUNTED", 1.0)
    task:insert_result("HOPTHU_STOPPED", 1.0)
    return
  end
  local sender = (task:get_from("smtp") or {})[1]
  if not sender then
    return
  end
  local keys, arguments = {}, {}
  for where, count in pairs(recipients(task)) do
    for _, limit in ipairs(count > 0 and settings["limits_" .. where] or {}) do
      local seconds, most = limit:match("^(%d+) (%d+)$")
      for _, who in ipairs({ user, sender.addr:lower() }) do
        keys[#keys + 1] = string.format("hopthu:%s:%s:%s", where, seconds, who)
        for _, value in ipairs({ tostring(count), seconds, most }) do
          arguments[#arguments + 1] = value
        end
      end
    end
  end

  local function counted(err, reached)
    if err then
      logger.errx(task, "recipients are not counted: %s", err)
      return
    end
    task:insert_result("HOPTHU_COUNTED", 1.0)
    if tostring(reached) ~= "" then
      task:insert_result("HOPTHU_FLOOD", 1.0, tostring(reached))
    end
  end

  local request = { SCRIPT, tostring(#keys) }
  for _, each in ipairs({ keys, arguments }) do
    for _, value in ipairs(each) do
      request[#request + 1] = value
    end
  end
  redis.redis_make_request(task, server, keys[1], true, counted, "EVAL", request)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_FLOOD_CHECK",
  type = "callback",
  callback = check,
})
rspamd_config:register_symbol({
  name = "HOPTHU_REFUSED_CHECK",
  type = "idempotent",
  -- A letter that is refused is one that has passed through, to Rspamd.
  flags = "ignore_passthrough",
  callback = refused,
})
for _, name in ipairs({ "HOPTHU_COUNTED", "HOPTHU_FLOOD", "HOPTHU_STOPPED" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
