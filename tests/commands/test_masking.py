"""Secrets do not reach a model, and come back where their names stand."""

from __future__ import annotations

import pytest
from fake_control import FakeControl
from hypothesis import given
from hypothesis import strategies as st

from assistant.commands.masking import Masking, Unmasked
from assistant.commands.model import Message, Model

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
        (KEY.replace("RSA", "PGP").replace("KEY", "KEY BLOCK"), "MIIEowIBAAKCAQEA"),
        ("DB_PASSWORD=hunter2hunter2 # prod", "hunter2hunter2"),
        ("password: hunter2hunter2  # prod", "hunter2hunter2"),
        ("[db]\nhost = a\n# the key\npassword = hunter2hunter2", "hunter2hunter2"),
        ("[db]\npassword = correcthorse ; prod", "correcthorse"),
        ("db.password=hunter2hunter2", "hunter2hunter2"),
        ("Authorization: Bearer abc123def456", "abc123def456"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZDE='", "dXNlcjpwYXNzd29yZDE="),
        ('set("Authorization", "Bearer 0a1b2c3d4e5f6a7b")', "0a1b2c3d4e5f6a7b"),
        ('pwd := "hunter2hunter2"', "hunter2hunter2"),
        ("apiToken := `hunter2 hunter2`", "hunter2 hunter2"),
        ("x" * 5000 + ' password = "hunter2hunter2"', "hunter2hunter2"),
        ('[{"k": 1}, ' * 360 + '{"password": "hunter2hunter2"}]' + "x" * 4000, "hunter2hunter2"),
        ("x" * 3980 + " ghp_" + "a1B2" * 9 + "x" * 2000, "a1B2" * 9),
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
        "password = get_password()",
        "password=get_password1()",
        "token = tokens[0]",
        "token = token2",
        "    password=password2",
        "self.password=user1.password",
        "password = hunter2hunter2",
        "password: str = field(default=None)  # the user's",
        'pwd := os.Getenv("PASSWORD")',
        "[first]\nfor token in tokens:\n    secret = compute2",
        "[db]\npassword = ${DB_PASSWORD}",
        "Authorization: Bearer authentication",
        'headers = {"Authorization": f"Bearer {token}"}',
        "The Bearer scheme's specification-and-errata",
        "x" * 9000,
    ],
)
def test_code_stays_code(text: str) -> None:
    assert Masking().mask(text) == text


def test_one_secret_has_one_name() -> None:
    masking = Masking()
    first = masking.mask('password = "hunter2hunter2"')
    assert masking.mask('password = "hunter2hunter2"') == first


def test_what_one_text_shows_to_be_a_secret_is_masked_in_all() -> None:
    texts = ["It is hunter2hunter2.", 'password = "hunter2hunter2"', KEY, f"as in {KEY}"]
    masking = Masking(texts)
    masked = [masking.mask(text) for text in texts]
    assert masked == ["It is SECRET_1.", 'password = "SECRET_1"', "SECRET_2", "as in SECRET_2"]
    assert [masking.unmask(text) for text in masked] == texts


def test_a_secret_that_begins_another_leaves_nothing_of_it() -> None:
    text = 'password = "hunter2"\nsecret = "hunter2hunter3"\nsecret = "SECRET"'
    masking = Masking()
    masked = masking.mask(text)
    assert "hunter" not in masked
    assert masking.unmask(masked) == text


def test_a_name_that_the_text_has_already_is_not_given() -> None:
    text = 'SECRET_1 = 3\npassword = "hunter2hunter2"'
    masking = Masking([text])
    assert "SECRET_2" in masking.mask(text)
    assert masking.unmask("SECRET_1, SECRET_2") == "SECRET_1, hunter2hunter2"


def test_a_name_begins_another() -> None:
    masking = Masking()
    for number in range(12):
        masking.mask(f'password = "hunter2hunter{number}"')
    assert masking.unmask("SECRET_12") == "hunter2hunter11"
    assert masking.unmask("SECRET_123") == "SECRET_123"


@given(st.lists(st.sampled_from(["SECRET_1", "SECRET_12", "SECRET_", "SE", "S", "2", " ", "x"])))
def test_streamed_text_is_unmasked_however_it_comes(words: list[str]) -> None:
    masking = Masking()
    for number in range(12):
        masking.mask(f'password = "hunter2hunter{number}"')
    text, said = "".join(words), list[str]()
    for pieces in (list(text), words):
        said.clear()
        unmasked = Unmasked(masking, said.append)
        for piece in pieces:
            unmasked.feed(piece)
        unmasked.finish()
        assert "".join(said) == masking.unmask(text)


async def test_what_is_streamed_is_what_is_answered(model: Model, fake_engine: FakeControl) -> None:
    fake_engine.configure(default="It is SECRET_1, not SECRET_2 or SECRET_")
    said: list[str] = []
    asked = [
        Message("system", "It was hunter2hunter2."),
        Message("user", 'password = "hunter2hunter2"'),
    ]
    reply = await model.ask(asked, 64, on_text=said.append)
    assert "hunter2" not in str(fake_engine.requests()[-1])
    assert reply.text == "".join(said) == "It is hunter2hunter2, not SECRET_2 or SECRET_"
    assert len(said) > 3
