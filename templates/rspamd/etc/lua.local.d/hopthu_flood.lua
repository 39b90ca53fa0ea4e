-- Whoever writes to too many addresses in a short time, or in a day, has to wait (Art. 6.3, 6.5): outside, and
-- at more inside. Who has signed in is counted, and the address it is sent from, so that a unit's mailbox has
-- limits too, however many people write from it; a list is one address. Only letters that are accepted count, for
-- while a scanner is away programs try again and again. Rspamd's own ratelimit module counts nobody once postmaster
-- is among the recipients. Only when a message was counted, or has nobody to count, is HOPTHU_COUNTED set: without
-- it the gate in local.d/force_actions.conf defers the message.

local logger = require "rspamd_logger"
local redis = require "lua_redis"
local hash = require "rspamd_cryptobox_hash"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
local inside = { [settings.domain:lower()] = true }
for _, domain in ipairs(settings.former_domains or {}) do
  inside[domain:lower()] = true
end
local server = redis.parse_redis_server("hopthu")

-- Sent with every message: Rspamd's own registry of scripts uploads them once, and counts nobody
-- for as long as it runs if Valkey was away at that moment. A time begins with the first letter in it.
-- Returns the counters that would be above their limits; then none of them counts the letter.
local SCRIPT = [[
local reached = {}
for number, key in ipairs(KEYS) do
  local more, limit = ARGV[number * 3 - 2], ARGV[number * 3]
  if (tonumber(redis.call('GET', key)) or 0) + more > tonumber(limit) then
    reached[#reached + 1] = key
  end
end
for number, key in ipairs(#reached == 0 and KEYS or {}) do
  local more, seconds = ARGV[number * 3 - 2], ARGV[number * 3 - 1]
  if redis.call('INCRBY', key, more) == tonumber(more) then
    redis.call('EXPIRE', key, seconds)
  end
end
return reached
]]

-- Of a letter that was counted, and then refused for another reason.
local UNCOUNT = [[
for number, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    redis.call('DECRBY', key, ARGV[number * 3 - 2])
  end
end
]]

-- Whoever has too many letters refused in a day, for viruses or above their own limits, is stopped. A file stops
-- them on this host, and outlives every daemon; hopthu-stopped.path makes it `told` once the directory has them
-- stopped, on every access host, until a new password is issued on a document (docs/decisions/scanning.md). The
-- other file is for the same unit, which tells the owner and the operator.
local function file_of(user, kind)
  return user:find("^[a-z0-9][a-z0-9._-]*$") and string.format("%s/%s.%s", settings.stopped, kind, user)
end

-- Postfix asks the directory before a letter comes here, and waits for the answer so long (milter_content_timeout):
-- what it asked about before the directory had the stop is refused by the file that has become `told`.
local ASKED_BEFORE = 90

-- Whether a file is there; nil if that cannot be known.
local function is_there(name)
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

local function is_stopped(user)
  local stopped = is_there(file_of(user, "stopped"))
  if stopped ~= false then
    return stopped
  end
  local told = is_there(file_of(user, "told"))
  if told then
    local err, found = util.stat(file_of(user, "told"))
    return err ~= nil or os.time() - found.mtime <= ASKED_BEFORE
  end
  return told
end

local function recipients(task)
  local counts = { outside = 0, inside = 0 }
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    local where = inside[(recipient.domain or ""):lower()] and "inside" or "outside"
    counts[where] = counts[where] + 1
  end
  return counts
end

-- The counters of a letter, and of each how many recipients, within how many seconds, and how many at most.
local function counters(task, user, sender)
  local keys, arguments = {}, {}
  for where, count in pairs(recipients(task)) do
    for _, limit in ipairs(count > 0 and settings["limits_" .. where] or {}) do
      local seconds, most = limit:match("^(%d+) (%d+)$")
      for _, who in ipairs({ user, sender.addr:lower() }) do
        keys[#keys + 1] = string.format("hopthu:%s:%s:%s", where, seconds, who)
        for _, value in ipairs({ tostring(count), seconds, user:find("^probe_minute_") and "1000000" or most }) do
          arguments[#arguments + 1] = value
        end
      end
    end
  end
  return keys, arguments
end

local function ask(task, script, keys, arguments, answered)
  local request = { script, tostring(#keys) }
  for _, each in ipairs({ keys, arguments }) do
    for _, value in ipairs(each) do
      request[#request + 1] = value
    end
  end
  redis.redis_make_request(task, server, keys[1], true, answered, "EVAL", request)
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

  local function counted(err, reached)
    if err or type(reached) ~= "table" then
      logger.errx(task, "recipients are not counted: %s", err)
      return
    end
    task:insert_result("HOPTHU_COUNTED", 1.0)
    for _, key in ipairs(reached) do
      task:insert_result("HOPTHU_FLOOD", 1.0)
      -- Of a unit's mailbox others may have reached it.
      if key:sub(-#user - 1) == ":" .. user then
        task:insert_result("HOPTHU_FLOOD_OWN", 1.0)
      end
    end
  end

  local keys, arguments = counters(task, user, sender)
  ask(task, SCRIPT, keys, arguments, counted)
end

local REFUSED = [[
if redis.call('SADD', KEYS[1], ARGV[1]) == 1 and redis.call('SCARD', KEYS[1]) == 1 then
  redis.call('EXPIRE', KEYS[1], 86400)
end
return redis.call('SCARD', KEYS[1])
]]

-- One letter, however often a program tries it: its content, and to whom.
local function identity(task)
  local whole = { task:get_digest() }
  for _, recipient in ipairs(task:get_recipients("smtp") or {}) do
    whole[#whole + 1] = recipient.addr
  end
  return hash.create(table.concat(whole, "\n")):hex()
end

-- Nobody sees half a file.
local function leave(user, kind, why)
  local name = file_of(user, kind)
  local file = assert(io.open(file_of(user, "new." .. kind), "w"))
  assert(file:write(why))
  assert(file:close())
  assert(os.rename(file_of(user, "new." .. kind), name))
end

local REFUSALS = { reject = true, ["soft reject"] = true }

local function refused(task)
  local user, sender = task:get_user(), (task:get_from("smtp") or {})[1]
  if not user or not sender or user:find("^_") or not REFUSALS[task:get_metric_action()] then
    return
  end
  local stopped, flood = task:has_symbol("HOPTHU_STOPPED"), task:has_symbol("HOPTHU_FLOOD")

  local function uncounted(err)
    if err then
      logger.errx(task, "a refused letter is still counted: %s", err)
    end
  end

  if task:has_symbol("HOPTHU_COUNTED") and not stopped and not flood then
    local keys, arguments = counters(task, user, sender)
    ask(task, UNCOUNT, keys, arguments, uncounted)
  end

  local why = task:has_symbol("HOPTHU_VIRUS") and "virus" or task:has_symbol("HOPTHU_FLOOD_OWN") and "flood"
  if not why or stopped then
    return
  end

  local function counted(err, count)
    if err then
      logger.errx(task, "a refused letter is not counted: %s", err)
    elseif tonumber(count) >= settings.refused and not is_stopped(user) then
      leave(user, "stopped", why)
      leave(user, "untold", why)
      logger.messagex(task, "%s is stopped: %s", user, why)
    end
  end

  ask(task, REFUSED, { "hopthu:refused:" .. user }, { identity(task) }, counted)
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
for _, name in ipairs({ "HOPTHU_COUNTED", "HOPTHU_FLOOD", "HOPTHU_FLOOD_OWN", "HOPTHU_STOPPED" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
