-- Ask the reader of PDFs whether one in the message has a file inside. Only its own word "NONE", or
-- a message of nothing but words, sets HOPTHU_PDFS: without it the gate in
-- local.d/force_actions.conf defers the message. Why: docs/decisions/scanning.md.

local logger = require "rspamd_logger"
local regexp = require "rspamd_regexp"
local tcp = require "rspamd_tcp"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
local answers = {
  NONE = "HOPTHU_PDFS",
  FILE = "HOPTHU_PDF_FILE",
  UNREADABLE = "HOPTHU_PDF_UNREADABLE",
  FOUND = false, -- by clamd as well, which says what
}
local header = regexp.create("/%PDF-/")

-- Whether a message has nothing but words.
local function is_words(task)
  for _, part in ipairs(task:get_parts()) do
    local is_text = part:is_text() and not header:match(part:get_content(), true)
    if not part:is_multipart() and not is_text then
      return false
    end
  end
  return true
end

local function check(task)
  if is_words(task) then
    task:insert_result("HOPTHU_PDFS", 1.0)
    return
  end
  local content = task:get_content()

  local function answered(err, data)
    local symbol = answers[tostring(data)]
    if symbol then
      task:insert_result(symbol, 1.0)
    elseif symbol == nil then
      logger.errx(task, "the reader of PDFs does not answer: %s", err or data)
    end
  end

  tcp.request({
    task = task,
    host = settings.pdf,
    port = 0,
    timeout = settings.pdf_timeout,
    data = { util.pack(">I4", #content), content },
    stop_pattern = "\n",
    callback = answered,
  })
end

local id = rspamd_config:register_symbol({
  name = "HOPTHU_PDF_CHECK",
  type = "callback",
  callback = check,
  augmentations = { string.format("timeout=%f", settings.pdf_timeout) },
})
for _, name in ipairs({ "HOPTHU_PDFS", "HOPTHU_PDF_FILE", "HOPTHU_PDF_UNREADABLE" }) do
  rspamd_config:register_symbol({ name = name, type = "virtual", parent = id, score = 0.0 })
end
