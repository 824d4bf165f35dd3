"""Secrets do not reach a model, and come back where their names stand."""

from __future__ import annotations

import pytest

from assistant.commands.masking import Masking

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('aws = "AKIAIOSFODNN7EXAMPLE"', "AKIAIOSFODNN7EXAMPLE"),
        ('password = "hunter2hunter2"', "hunter2hunter2"),
        ("token: ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
        ("DB_PASSWORD=s3cr3tvalue", "s3cr3tvalue"),
        ('url = "https://user:pa55word1@host/x"', "pa55word1"),
        (KEY, "MIIEowIBAAKCAQEA"),
    ],
)
def test_a_secret_is_masked_and_comes_back(text: str, secret: str) -> None:
    masking = Masking()
    masked = masking.mask(text)
    assert secret not in masked
    assert masking.unmask(masked) == text


@pytest.mark.parametrize(
    "text",
    [
        "x = compute_total(items)",
        "password: SecretStr",
        "def token_count(self, text: str) -> int:",
        "host = '127.0.0.1'",
        "for key in sorted(tokens):",
    ],
)
def test_code_stays_code(text: str) -> None:
    assert Masking().mask(text) == text


def test_one_secret_has_one_name() -> None:
    masking = Masking()
    first = masking.mask('password = "hunter2hunter2"')
    assert masking.mask('password = "hunter2hunter2"') == first
