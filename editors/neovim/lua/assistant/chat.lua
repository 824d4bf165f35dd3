-- :AssistantChat: a conversation with the repository, in a Markdown buffer.

local M = {}

--- The buffer and its conversation; `source` is the window of the code that is talked about.
local state = { buffer = nil, conversation = nil, source = nil }
--- The message that is being answered: client, id, token, and where its thoughts begin.
local pending

local function append(text)
  if not (state.buffer and vim.api.nvim_buf_is_valid(state.buffer)) then
    return
  end
  local last = vim.api.nvim_buf_line_count(state.buffer) - 1
  local column = #vim.api.nvim_buf_get_lines(state.buffer, last, last + 1, true)[1]
  local lines = vim.split(text, "\n", { plain = true })
  vim.bo[state.buffer].modifiable = true
  vim.api.nvim_buf_set_text(state.buffer, last, column, last, column, lines)
  vim.bo[state.buffer].modifiable = false
  for _, window in ipairs(vim.fn.win_findbuf(state.buffer)) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(state.buffer), 0 })
  end
end

local function row()
  return vim.api.nvim_buf_line_count(state.buffer)
end

--- What parts the next piece from the one before.
local function gap()
  local empty = row() == 1 and vim.api.nvim_buf_get_lines(state.buffer, 0, 1, true)[1] == ""
  return empty and "" or "\n\n"
end

--- Thoughts are folded once they have ended.
local function fold()
  local first = pending and pending.thoughts
  if not first then
    return
  end
  pending.thoughts = nil
  local last = row()
  append("\n\n")
  for _, window in ipairs(vim.fn.win_findbuf(state.buffer)) do
    vim.api.nvim_win_call(window, function()
      vim.cmd(("%d,%dfold"):format(first, last))
    end)
  end
end

local function open()
  if not (state.buffer and vim.api.nvim_buf_is_valid(state.buffer)) then
    state.buffer = vim.api.nvim_create_buf(false, true)
    state.conversation = nil
    vim.api.nvim_buf_set_name(state.buffer, "assistant://chat")
    -- Builds without a parser for Markdown say so; the text is as readable without its colours.
    vim.api.nvim_buf_call(state.buffer, function()
      vim.cmd("silent! setlocal filetype=markdown")
    end)
    vim.bo[state.buffer].modifiable = false
    vim.keymap.set("n", "<CR>", function()
      M.ask()
    end, { buffer = state.buffer, desc = "assistant: say something" })
  end
  if #vim.fn.win_findbuf(state.buffer) == 0 then
    local code = vim.api.nvim_get_current_win()
    vim.cmd("botright vsplit")
    vim.api.nvim_win_set_buf(0, state.buffer)
    vim.wo[0][0].wrap, vim.wo[0][0].linebreak, vim.wo[0][0].foldmethod = true, true, "manual"
    vim.api.nvim_set_current_win(code)
  end
end

local function clear()
  vim.bo[state.buffer].modifiable = true
  vim.api.nvim_buf_set_lines(state.buffer, 0, -1, true, {})
  vim.bo[state.buffer].modifiable = false
end

--- The server of the code that is talked about, and its buffer.
local function where()
  local window = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(window) ~= state.buffer then
    state.source = window
  end
  if not (state.source and vim.api.nvim_win_is_valid(state.source)) then
    state.source = nil
  end
  local buffer = state.source and vim.api.nvim_win_get_buf(state.source)
  local client = buffer and vim.lsp.get_clients({ name = "assistant", bufnr = buffer })[1]
  if client then
    return client, buffer
  end
  return vim.lsp.get_clients({ name = "assistant" })[1], nil
end

local function diagnostics(buffer)
  local name, lines = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":."), {}
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    local by = table.concat({ each.source, each.code and tostring(each.code) }, " ")
    local message = each.message .. (by ~= "" and (" [%s]"):format(by) or "")
    table.insert(lines, ("%s:%d: %s"):format(name, each.lnum + 1, message))
  end
  return #lines > 0 and table.concat(lines, "\n") or nil
end

local function answered(failure, answer)
  fold()
  pending = nil
  if failure then
    append(("*%s*"):format(failure.message))
    return
  end
  state.conversation = answer.conversation
  local passed = {}
  for _, check in ipairs(answer.checks) do
    local word = check.passed == vim.NIL and "not tried" or check.passed and "ok" or "no"
    local detail = check.detail ~= "" and (" (%s)"):format(check.detail) or ""
    table.insert(passed, ("- %s: %s%s"):format(check.name, word, detail))
  end
  append(answer.stopped and "\n\n*stopped*" or "")
  append(#passed > 0 and "\n\n" .. table.concat(passed, "\n") or "")
end

--- Say something about the code at the cursor, or on lines (1-based, both included). Without a
--- message it is asked for.
---@param message? string
---@param options? { lines?: { [1]: integer, [2]: integer }, new?: boolean }
function M.ask(message, options)
  options = options or {}
  local client, buffer = where()
  if not client then
    vim.notify("assistant: no server is attached to this buffer", vim.log.levels.WARN)
    return
  end
  open()
  if not message or message == "" then
    vim.ui.input({ prompt = "Chat: " }, function(given)
      if given and given ~= "" then
        M.ask(given, options)
      end
    end)
    return
  end
  if pending then
    vim.notify("assistant: wait for the answer, or stop it", vim.log.levels.WARN)
    return
  end
  if options.new then
    state.conversation = nil
    clear()
  end
  local params = { message = message, conversation = state.conversation }
  params.partialResultToken = ("chat-%d"):format(vim.uv.hrtime())
  if buffer then
    local at = vim.lsp.util.make_range_params(state.source, client.offset_encoding)
    params.textDocument, params.range = at.textDocument, at.range
    if options.lines then
      params.range.start = { line = options.lines[1] - 1, character = 0 }
      params.range["end"] = { line = options.lines[2], character = 0 }
    end
    if message:find("@diagnostics", 1, true) then
      params.material = { diagnostics = diagnostics(buffer) }
    end
  end
  append(("%s## %s\n\n"):format(gap(), (message:gsub("\n", " "))))
  pending = { client = client, token = params.partialResultToken }
  local sent, id = client:request("assistant/chat", params, answered, buffer)
  if sent then
    pending.id = id
  else
    pending = nil
  end
end

--- Go on with an earlier conversation about this workspace: the user picks one.
function M.resume()
  local client, buffer = where()
  if not client then
    vim.notify("assistant: no server is attached to this buffer", vim.log.levels.WARN)
    return
  end
  local about = buffer and { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
    or vim.empty_dict()
  client:request("assistant/chat/list", about, function(failure, found)
    if failure or #found == 0 then
      vim.notify("assistant: " .. (failure and failure.message or "there is no conversation yet"))
      return
    end
    local options = {
      prompt = "Conversation",
      format_item = function(each)
        return each.title
      end,
    }
    vim.ui.select(found, options, function(chosen)
      if chosen then
        M.show(client, chosen.id, about)
      end
    end)
  end)
end

--- Fill the buffer with a conversation, which is then gone on with.
function M.show(client, conversation, about)
  local params = vim.tbl_extend("force", about, { conversation = conversation })
  client:request("assistant/chat/show", params, function(failure, found)
    if failure then
      vim.notify("assistant: " .. failure.message, vim.log.levels.WARN)
      return
    end
    open()
    clear()
    state.conversation = found.id
    for _, turn in ipairs(found.turns) do
      append(gap() .. (turn.role == "user" and "## " or "") .. turn.markdown)
    end
  end)
end

--- For status lines.
---@return boolean whether an answer is under way
function M.busy()
  return pending ~= nil
end

--- Stop the answer that is under way; what has come of it is kept.
---@return boolean whether there was one
function M.cancel()
  if not (pending and pending.id) then
    return false
  end
  pending.client:cancel_request(pending.id)
  return true
end

--- The handler of `$/progress`: pieces of an answer, and what others are for.
function M.progress(failure, params, context)
  if not pending or params.token ~= pending.token then
    return vim.lsp.handlers["$/progress"](failure, params, context)
  end
  if params.value.thought then
    pending.thoughts = pending.thoughts or row()
    append(params.value.thought)
  elseif params.value.markdown then
    fold()
    append(params.value.markdown)
  end
end

return M
