-- Ask the reader of PDFs whether one in the message has a file inside. Only its own word "NONE", or
-- a message of nothing but words, sets HOPTHU_PDFS: without it the gate in
-- local.d/force_actions.conf defers the message. Why: docs/decisions/scanning.md.

local logger = require "rspamd_logger"
local regexp = require "rspamd_regexp"
local tcp = require "rspamd_tcp"
local util = require "rspamd_util"

local settings = rspamd_config:get_all_opt("hopthu")
-- Not by `require`: see hopthu_attachments.lua.
local ask_about_each =
  assert(loadfile(rspamd_paths["LOCAL_CONFDIR"] .. "/lua/hopthu/messages.lua"))()
local answers = {
  NONE = "HOPTHU_PDFS",
  FILE = "HOPTHU_PDF_FILE",
  UNREADABLE = "HOPTHU_PDF_UNREADABLE",
  FOUND = false, -- by clamd as well, which says what
}
-- A field anywhere, also where only some programs look for one, that speaks of a file: of a type
-- that is not words, or of a name.
local file_field = regexp.create(
  "/^content-(?:type[ \\t]*:(?!\\s*(?:multipart\\/|text\\/(?:plain|html)\\s*(?:;|$)))"
    .. "|(?:type|disposition)[ \\t]*:(?:(?!name)[^\\r\\n]|\\r?\\n[ \\t])*+name)/im"
)
local not_words = regexp.create("/[\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f]|%PDF-|startxref/")

-- Whether a message has nothing but the words of a letter.
local function is_words(task)
  for _, part in ipairs(task:get_parts()) do
    if not part:is_multipart() and not_words:match(part:get_content(), true) then
      return false
    end
  end
  return not file_field:match(task:get_content(), true)
end

-- Ask about one content, and call `clean` if no PDF in it is refused.
local function ask(task, content, clean)
  local first = settings.first_line

  local function answered(err, data)
    local symbol = answers[tostring(data)]
    if symbol == "HOPTHU_PDFS" then
      clean()
    elseif symbol then
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
    data = { util.pack(">I4", #first + #content), first, content },
    stop_pattern = "\n",
    callback = answered,
  })
end

local function check(task)
  local function clean()
    task:insert_result("HOPTHU_PDFS", 1.0)
  end

  if is_words(task) then
    clean()
  else
    ask_about_each(task, ask, clean)
  end
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
