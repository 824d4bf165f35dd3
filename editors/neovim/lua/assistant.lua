-- Ghost text in Neovim 0.12 and later.
--
--   require("assistant").setup()
--
-- Options, with their defaults:
--
--   cmd      = { "assistant", "lsp" }   how the server is started; else the checkout's own
--   settings = {}                       any setting of the server, e.g. { lsp = { cache_size = 50 } }
--   keys     = { accept = "<Tab>", accept_word = "<M-w>", accept_line = "<M-l>",
--                dismiss = "<M-e>" }   false leaves a key alone

local M = {}

local chat = require("assistant.chat")

local defaults = {
  keys = {
    accept = "<Tab>",
    accept_word = "<M-w>",
    accept_line = "<M-l>",
    dismiss = "<M-e>",
  },
}

--- The length of the first piece of `text` that a key accepts, in bytes.
local pieces = {
  word = function(text)
    local _, stop = text:find("^%s*[%w_\128-\255]+")
    if not stop then
      _, stop = text:find("^%s*[^%w_%s\128-\255]+")
    end
    return stop or #text
  end,
  line = function(text)
    local stop = text:find("\n", text:sub(1, 1) == "\n" and 2 or 1, true)
    return stop and stop - 1 or #text
  end,
}

--- Accept only the beginning of the suggestion; the rest stays on offer.
---@param piece "word"|"line"
---@return boolean whether there was a suggestion
local function accept_part(piece)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local text = item.insert_text
      if type(text) ~= "string" or not item.range then
        return item
      end
      local buffer = vim.api.nvim_get_current_buf()
      local row, column = unpack(vim.api.nvim_win_get_cursor(0))
      local start_row, start_column = item.range:to_extmark()
      if start_row ~= row - 1 or start_column > column then
        return item
      end
      -- What has been typed since the suggestion came is its beginning.
      local done = column - start_column
      local part = text:sub(done + 1)
      part = part:sub(1, pieces[piece](part))
      local lines = vim.split(part, "\n", { plain = true })
      vim.api.nvim_buf_set_text(buffer, row - 1, column, row - 1, column, lines)
      local last = #lines[#lines]
      vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + last or last })
      local client = vim.lsp.get_client_by_id(item.client_id)
      if client and item.command then
        local length = vim.str_utfindex(text:sub(1, done + #part), "utf-16")
        client:exec_cmd({
          title = "Accept a part",
          command = "assistant.partialAccept",
          arguments = { item.command.arguments[1], length },
        }, { bufnr = buffer })
      end
      return nil
    end,
  })
end

--- Drop what is shown, and do not offer it again.
---@return boolean whether there was a suggestion
local function dismiss()
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local client = vim.lsp.get_client_by_id(item.client_id)
      if client and item.command then
        client:exec_cmd({
          title = "Dismiss",
          command = "assistant.reject",
          arguments = { item.command.arguments[1] },
        }, { bufnr = vim.api.nvim_get_current_buf() })
      end
      return nil
    end,
  })
end

local actions = {
  accept = function()
    return vim.lsp.inline_completion.get()
  end,
  accept_word = function()
    return accept_part("word")
  end,
  accept_line = function()
    return accept_part("line")
  end,
  dismiss = dismiss,
}

--- What the server says of itself: engine, indexes, counters.
---@return table?
function M.status()
  local client = vim.lsp.get_clients({ name = "assistant", bufnr = 0 })[1]
    or vim.lsp.get_clients({ name = "assistant" })[1]
  local answer = client and client:request_sync("assistant/status", vim.empty_dict(), 2000)
  return answer and answer.result
end

local running

--- Have the server run a command; it proposes its edits, what else it says is shown.
local function execute(client, buffer, arguments)
  local params = { command = "assistant.do", arguments = { arguments } }
  local sent, id
  sent, id = client:request("workspace/executeCommand", params, function(failure, answer)
    if running and running.id == id then
      running = nil
    end
    if failure then
      vim.notify("assistant: " .. failure.message, vim.log.levels.WARN)
    elseif answer and answer.markdown ~= "" and type(answer.edits) ~= "table" then
      local lines = vim.split(answer.markdown, "\n", { plain = true })
      vim.lsp.util.open_floating_preview(lines, "markdown", { focus_id = "assistant" })
    end
  end, buffer)
  running = sent and { client = client, id = id } or nil
end

--- Run a command, such as "implement", at the cursor or on lines (1-based, both included).
---@param name string
---@param options? { instruction?: string, lines?: { [1]: integer, [2]: integer } }
function M.run(name, options)
  options = options or {}
  local client = vim.lsp.get_clients({ name = "assistant", bufnr = 0 })[1]
  if not client then
    vim.notify("assistant: no server is attached to this buffer", vim.log.levels.WARN)
    return
  end
  local at = vim.lsp.util.make_range_params(0, client.offset_encoding)
  if options.lines then
    at.range.start = { line = options.lines[1] - 1, character = 0 }
    at.range["end"] = { line = options.lines[2], character = 0 }
  end
  execute(client, vim.api.nvim_get_current_buf(), {
    name = name,
    uri = at.textDocument.uri,
    range = at.range,
    instruction = options.instruction,
  })
end

--- Say something to the chat about the code at the cursor: see `assistant.chat`.
M.chat = chat.ask
M.resume_chat = chat.resume

--- Stop the answer of the chat, or else the command that was started last.
function M.cancel()
  if not chat.cancel() and running then
    running.client:cancel_request(running.id)
    running = nil
  end
end

---@param options? { cmd?: string[], settings?: table, keys?: table<string, string|false> }
function M.setup(options)
  if vim.fn.has("nvim-0.12") == 0 then
    vim.notify("assistant: ghost text needs Neovim 0.12 or later", vim.log.levels.WARN)
    return
  end
  options = vim.tbl_deep_extend("force", defaults, options or {})
  local config = { settings = { assistant = options.settings }, init_options = options.settings }
  -- Where the pieces of a chat's answer arrive.
  config.handlers = { ["$/progress"] = chat.progress }
  if options.cmd then
    config.cmd = options.cmd
  end
  vim.lsp.config("assistant", config)
  -- A code action's command: its answer is shown here.
  vim.lsp.commands["assistant.do"] = function(command, context)
    local arguments = vim.tbl_extend("force", command.arguments[1], { show = false })
    execute(assert(vim.lsp.get_client_by_id(context.client_id)), context.bufnr, arguments)
  end
  vim.api.nvim_create_user_command("AssistantDo", function(given)
    M.run(given.fargs[1], {
      instruction = table.concat(given.fargs, " ", 2),
      lines = given.range > 0 and { given.line1, given.line2 } or nil,
    })
  end, { nargs = "+", range = true, desc = "assistant: run a command, such as implement" })

  vim.api.nvim_create_user_command("AssistantChat", function(given)
    chat.ask(given.args, {
      lines = given.range > 0 and { given.line1, given.line2 } or nil,
      new = given.bang,
    })
  end, { nargs = "*", range = true, bang = true, desc = "assistant: talk about the code" })

  vim.api.nvim_create_autocmd("LspAttach", {
    group = vim.api.nvim_create_augroup("assistant", {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if not client or client.name ~= "assistant" then
        return
      end
      vim.lsp.inline_completion.enable(true, { bufnr = event.buf })
      for name, key in pairs(options.keys) do
        if key then
          vim.keymap.set("i", key, function()
            return actions[name]() and "" or key
          end, { buffer = event.buf, expr = true, desc = "assistant: " .. name:gsub("_", " ") })
        end
      end
    end,
  })
  vim.lsp.enable("assistant")
end

return M
