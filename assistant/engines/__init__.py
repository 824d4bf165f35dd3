"""What starts, watches and speaks to the model servers, and where models' bytes come from."""
