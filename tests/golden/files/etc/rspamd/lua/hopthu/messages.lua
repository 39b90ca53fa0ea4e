-- Ask about a message, and about each message inside it by itself: within another, whoever is asked
-- may not know it as one.

-- `ask(task, content, clean)` calls `clean` if nothing speaks against a content. `done` is called
-- after the last of them; unless it is, there is no verdict.
local function ask_about_each(task, ask, done)
  local contents = { task:get_content() }
  for _, part in ipairs(task:get_parts()) do
    contents[#contents + 1] = part:is_message() and part:get_content() or nil
  end

  local function next_one(number)
    if number > #contents then
      done()
      return
    end
    ask(task, contents[number], function()
      next_one(number + 1)
    end)
  end

  next_one(1)
end

return ask_about_each
