"""What `assistant eval` can do: one module a command, as in assistant/cli/commands."""
