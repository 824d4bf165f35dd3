"""What ``implement`` writes into, and how it tells a good answer from a bad one."""
