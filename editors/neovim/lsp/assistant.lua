-- What `vim.lsp.enable("assistant")` starts. Needs the command `assistant` on the PATH.
---@type vim.lsp.Config
return {
  cmd = { "assistant", "lsp" },
  root_markers = {
    { ".git", ".hg", ".jj" },
    { "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "CMakeLists.txt" },
  },
}
