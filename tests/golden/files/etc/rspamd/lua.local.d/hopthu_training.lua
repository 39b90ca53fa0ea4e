-- Learn from letters that people have moved into or out of Junk (Art. 5.1). Stores hand them in at a listener of
-- their own, to one of two addresses, within a report (docs/decisions/scanning.md); what was learnt before is not
-- learnt again, which Rspamd sees to. Without Valkey, which keeps what is learnt, the letter has to come again.

local logger = require "rspamd_logger"
local redis = require "lua_redis"

local settings = rspamd_config:get_all_opt("hopthu")
local server = redis.parse_redis_server("hopthu")

-- Have the task be about the letter that the report is about, as if that had come by itself.
local function unwrap(task)
  for _, part in ipairs(task:get_parts()) do
    local _, subtype = part:get_type()
    if subtype == "rfc822" then
      return task:set_message(part:get_content())
    end
  end
end

local function learn(task)
  if task:get_user() ~= settings.training_user then
    return
  end
  local kind = (task:get_recipients("smtp") or {})[1].user

  local function answered(err)
    if err then
      logger.errx(task, "a letter is not learnt: %s", err)
      task:set_pre_result("soft reject", "Not learnt, try later")
      return
    end
    if unwrap(task) then
      task:learn(kind == "spam")
    end
    task:insert_result("HOPTHU_TRAINING", 1.0, kind)
  end

  if not redis.redis_make_request(task, server, nil, true, answered, "PING", {}) then
    answered("Valkey cannot be asked")
  end
end

rspamd_config:register_symbol({
  name = "HOPTHU_TRAINING",
  type = "prefilter",
  score = 0.0,
  flags = "empty",
  callback = learn,
})
