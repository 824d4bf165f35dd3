"""Several copies of one model behind vllm-router, run as if they were one engine."""
