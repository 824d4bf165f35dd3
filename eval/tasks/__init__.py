"""Benchmarks, one file each; see :mod:`eval.task`."""
