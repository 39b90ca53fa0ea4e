-- Learn from letters that people have moved into or out of Junk (Art. 5.1). Stores hand them in at a listener of
-- their own, to one of two addresses (docs/decisions/scanning.md); what was learnt before is not learnt again, which
-- Rspamd sees to. Without Valkey, which keeps what is learnt, the letter has to come again.

local logger = require "rspamd_logger"
local redis = require "lua_redis"

local settings = rspamd_config:get_all_opt("hopthu")
local server = redis.parse_redis_server("hopthu")

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
    task:learn(kind == "spam")
    task:insert_result("HOPTHU_TRAINING", 1.0, kind)
  end

  redis.redis_make_request(task, server, nil, true, answered, "PING", {})
end

rspamd_config:register_symbol({
  name = "HOPTHU_TRAINING",
  type = "prefilter",
  score = 0.0,
  flags = "empty",
  callback = learn,
})
