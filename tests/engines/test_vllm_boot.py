"""Which processors get the kernel for 8-bit activations."""

from __future__ import annotations

import pytest

from assistant.engines.vllm_boot import has_kernel


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512f avx512_bf16 avx512_vnni", True),
        ("fpu avx2 avx512f avx512_vnni", False),  # Ice Lake: vLLM loads a smaller library
        ("fpu avx2", False),
    ],
)
def test_the_kernel_needs_vnni_and_bf16(flags: str, expected: bool) -> None:
    assert has_kernel(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n") is expected
    assert not has_kernel("")
