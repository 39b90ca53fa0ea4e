-- Who writes to lists (Art. 7.1). `canbo_stc@` is a list of the unit `stc@`, and only a letter from
-- that very address reaches it; whose sign-in may send from there is Postfix's to say, and was said
-- before. It is decided here because only here sender and recipients are both known, and by the
-- addresses alone: there is no table that could be missing or old. Only when all is well is
-- HOPTHU_LISTS set: without it the gate in local.d/force_actions.conf lets nothing pass.

local settings = rspamd_config:get_all_opt("hopthu")
local ours = settings.domain:lower()

-- May a letter from `sender` go to `address`? An odd spelling, in which a list might hide, may not.
local function may(sender, address)
  local name, domain = address:lower():match("^(.+)@([a-z0-9.-]+)$")
  if not name then
    return false
  end
  if domain:gsub("%.+$", "") ~= ours then
    return not name:find("[@%%!]")
  end
  if name:find("^[a-z0-9.-]+$") or name:find("^probe_[a-z0-9_-]+$") then
    return true -- a mailbox
  end
  local unit = name:match("^[a-z0-9]+_([a-z0-9._-]+)$")
  return unit ~= nil and sender == unit .. "@" .. ours
end

local function check(task)
  -- Nobody writes in a unit's name without signing in.
  local sender = task:get_user() and (task:get_from("smtp") or {})[1]
  local address = sender and sender.addr:lower() or ""
  local recipients = task:get_recipients("smtp")
  -- Of more than 1024 Rspamd leaves some out; Postfix takes 1000 (smtpd_recipient_limit).
  if not recipients or #recipients > 1000 then
    return
  end
  for _, recipient in ipairs(recipients) do
    if not may(address, recipient.addr or "") then
      task:insert_result("HOPTHU_LIST_CLOSED", 1.0)
      return
    end
  end
  task:insert_result("HOPTHU_LISTS", 1.0)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_LIST_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({ "HOPTHU_LISTS", "HOPTHU_LIST_CLOSED" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
