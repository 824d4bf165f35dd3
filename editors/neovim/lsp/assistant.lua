-- What `vim.lsp.enable("assistant")` starts: the command of the checkout that this file is in,
-- once `make setup` has built it, else `assistant` from the PATH.
local here = vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p"))
local built = vim.fs.dirname(here) .. "/../../../.venv/bin/assistant"
local command = vim.uv.fs_stat(built) and vim.fs.normalize(built) or "assistant"

local markers = {
  { ".git", ".hg", ".jj" },
  { "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "CMakeLists.txt" },
}

---@type vim.lsp.Config
return {
  cmd = { command, "lsp" },
  root_dir = function(buffer, use)
    -- The empty buffer that Neovim starts with would index whatever folder it was started in.
    if vim.api.nvim_buf_get_name(buffer) ~= "" then
      use(vim.fs.root(buffer, markers))
    end
  end,
}
