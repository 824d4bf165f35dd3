-- What `vim.lsp.enable("assistant")` starts. Needs the command `assistant` on the PATH.

local markers = {
  { ".git", ".hg", ".jj" },
  { "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "CMakeLists.txt" },
}

---@type vim.lsp.Config
return {
  cmd = { "assistant", "lsp" },
  root_dir = function(buffer, use)
    -- The empty buffer that Neovim starts with would index whatever folder it was started in.
    if vim.api.nvim_buf_get_name(buffer) ~= "" then
      use(vim.fs.root(buffer, markers))
    end
  end,
}
