-- Who a message says it is from (Art. 6.2). Postfix ties the envelope to the sign-in; this ties
-- the header, which is what people see, to the envelope, and keeps our domain's name from being
-- used by others. Only when all is well is HOPTHU_FROM set: without it the gate in
-- local.d/force_actions.conf lets nothing pass.

local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
local ours = "." .. settings.domain:lower() .. "."
-- Nobody sends from these; what is below them is somebody else's.
local former = {}
for _, domain in ipairs(settings.former_domains or {}) do
  former[domain:lower()] = true
end

-- Headers that mail programs show as the sender.
local shown = { "From", "Sender", "Resent-From", "Resent-Sender" }

-- Lower case; characters that look like @ are read as @.
local function plain(text)
  return (text:lower():gsub("\239\188\160", "@"):gsub("\239\185\171", "@"))
end

local function remove(text, part)
  return (text:gsub(part:gsub("%p", "%%%0"), ""))
end

-- The texts of all headers called `name`: as sent, and with encoded words decoded.
local function texts(task, name)
  local found = {}
  for _, header in ipairs(task:get_header_full(name) or {}) do
    table.insert(found, plain(header.value or ""))
    table.insert(found, plain(header.decoded or ""))
  end
  return found
end

-- Does `text` hold an address in our domain, in one below it, or in one made to look like it, or in
-- a former domain?
local function names_us(text)
  for host in text:gmatch("@%s*([%w.-]+)") do
    if ("." .. host .. "."):find(ours, 1, true) or former[(host:gsub("%.+$", ""))] then
      return true
    end
  end
  return false
end

-- Is `address` the only one in `text`, comments and display name included?
local function only(text, address)
  return text:find(address, 1, true) and not remove(text, address):find("@", 1, true)
end

-- The one address of the one From header (RFC 5322 §3.6.2), or nothing. Counted in the raw text
-- too, where "From :" is one that some programs read and others do not.
local function the_from(task)
  local _, count = ("\n" .. tostring(task:get_raw_headers())):lower():gsub("\nfrom[ \t]*:", "")
  local headers = task:get_header_full("From") or {}
  if count ~= 1 or #headers ~= 1 then
    return nil
  end
  local parsed = util.parse_mail_address(headers[1].value or "", task:get_mempool()) or {}
  local address = #parsed == 1 and plain(parsed[1].addr or "") or ""
  return address:match('^[^%s()<>%[%]:;,\\"@]+@[%w.-]+$')
end

-- Signed in: every sender shown is the envelope's sender.
local function own_name(task, from, envelope)
  if from ~= envelope then
    return false
  end
  for _, name in ipairs(shown) do
    for _, text in ipairs(texts(task, name)) do
      if not only(text, envelope) then
        return false
      end
    end
  end
  return true
end

-- From outside: nobody there is one of us, not even in a display name.
local function foreign_name(task, envelope)
  if names_us(envelope) then
    return false
  end
  for _, name in ipairs(shown) do
    for _, text in ipairs(texts(task, name)) do
      if names_us(text) then
        return false
      end
    end
  end
  return true
end

local function check(task)
  local from = the_from(task)
  local envelope = plain(((task:get_from("smtp") or {})[1] or {}).addr or "")
  local ip = task:get_from_ip()
  local good
  if task:get_user() == settings.report_user then
    good = true -- of stores alone: what people report
  elseif not from then
    good = false
  elseif task:get_user() then
    good = own_name(task, from, envelope)
  elseif ip and ip:is_valid() and ip:is_local() then
    good = true -- a notice of this host itself
  else
    good = foreign_name(task, envelope)
  end
  task:insert_result(good and "HOPTHU_FROM" or "HOPTHU_FORGED", 1.0)
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_FROM_CHECK",
  type = "callback",
  callback = check,
})
for _, name in ipairs({ "HOPTHU_FROM", "HOPTHU_FORGED" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
