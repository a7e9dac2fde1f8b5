"""Nobody is let in unasked by mistake: a gateway that others can reach says how it knows its callers."""

from pathlib import Path

import pytest

from gateway.http.authentication.api_keys import new_key
from gateway.settings.loading import SettingsError, load_settings
from gateway.settings.model import GatewaySettings
from tests.cli.command import run_to_the_end

JWT = {
    "GATEWAY_AUTH__MODE": "jwt",
    "GATEWAY_AUTH__ISSUER": "https://issuer.example",
    "GATEWAY_AUTH__AUDIENCE": "accessgraph",
    "GATEWAY_AUTH__JWKS_URL": "https://issuer.example/keys",
}


def load(**variables: str) -> GatewaySettings:
    return load_settings(environment=variables, dotenv_file=None)


def problems(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(**variables)
    return refused.value.problems


# ---------------------------------------------------------------- who is asked


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "gateway.example", "127.0.0.1.example.org", "localhost."],  # noqa: S104
)
def test_an_address_that_others_reach_needs_a_way_to_know_callers(host: str) -> None:
    [problem] = problems(GATEWAY_HOST=host)
    assert problem.startswith("GATEWAY_AUTH__MODE: ")
    assert "GATEWAY_AUTH__ALLOW_ANONYMOUS=true" in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_nobody_is_asked_on_the_loopback_address(host: str) -> None:
    assert not load(GATEWAY_HOST=host).lets_everybody_in


def test_nobody_is_asked_where_that_is_wanted() -> None:
    settings = load(GATEWAY_HOST="192.0.2.1", GATEWAY_AUTH__ALLOW_ANONYMOUS="true")
    assert settings.lets_everybody_in


def test_wanting_it_not_is_not_wanting_it() -> None:
    assert problems(GATEWAY_HOST="192.0.2.1", GATEWAY_AUTH__ALLOW_ANONYMOUS="false")


@pytest.mark.parametrize("profile", ["development", "production"])
def test_no_profile_opens_the_door(profile: str) -> None:
    assert problems(GATEWAY_HOST="192.0.2.1", GATEWAY_PROFILE=profile)


def test_trusted_documents_do_not_stand_in_for_knowing_callers(tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text("{}")
    assert problems(GATEWAY_HOST="192.0.2.1", GATEWAY_DOCUMENTS__FILE=str(file))


def test_a_gateway_that_knows_its_callers_by_keys_may_be_reached(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    new_key(file, name="one", scopes=[])
    settings = load(GATEWAY_HOST="192.0.2.1", GATEWAY_AUTH__MODE="api_key", GATEWAY_AUTH__KEYS_FILE=str(file))
    assert not settings.lets_everybody_in


def test_a_gateway_that_knows_its_callers_by_tokens_may_be_reached() -> None:
    assert not load(GATEWAY_HOST="192.0.2.1", **JWT).lets_everybody_in


def test_the_command_does_not_start_where_everybody_would_be_let_in(tmp_path: Path) -> None:
    ended = run_to_the_end(tmp_path, "serve", environment={"GATEWAY_HOST": "192.0.2.1"})
    assert (ended.exit_code, "GATEWAY_AUTH__MODE" in ended.complaints) == (2, True)


# ---------------------------------------------------------------- half a way of knowing


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in JWT.items() if key != f"GATEWAY_AUTH__{name}"}


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"GATEWAY_AUTH__MODE": "api_key"}, "keys_file"),
        (without("ISSUER"), "issuer"),
        (without("AUDIENCE"), "audience"),
        (without("JWKS_URL"), "jwks_url"),
        ({**JWT, "GATEWAY_AUTH__PUBLIC_KEY_FILE": __file__}, "one of jwks_url and public_key_file"),
    ],
    ids=["no file of keys", "no issuer", "no audience", "no key", "two sources of keys"],
)
def test_a_way_that_is_told_half_is_refused_with_what_is_missing(
    variables: dict[str, str], wanted: str
) -> None:
    [problem] = problems(**variables)
    assert problem.startswith("GATEWAY_AUTH: ")
    assert wanted in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "password"),
        ("MODE", "apikey"),
        ("KEYS_FILE", "/nowhere/keys.toml"),
        ("PUBLIC_KEY_FILE", "/nowhere/issuer.pem"),
        ("JWKS_URL", "issuer.example/keys"),
        ("JWKS_URL", "file:///etc/hostname"),
        ("JWKS_URL", "https://user:s3cret@issuer.example/keys"),
        ("ALGORITHMS", "HS256"),
        ("ALGORITHMS", "ES256,none"),
        ("ALGORITHMS", ","),
        ("LEEWAY_SECONDS", "-1"),
        ("LEEWAY_SECONDS", "301"),
        ("ALLOW_ANONYMOUS", "perhaps"),
    ],
)
def test_a_setting_of_the_border_that_cannot_be_used_is_named_without_its_value(
    name: str, value: str
) -> None:
    told = problems(**{f"GATEWAY_AUTH__{name}": value})
    assert {problem.partition(":")[0].rstrip("_0123456789") for problem in told} == {f"GATEWAY_AUTH__{name}"}
    assert "s3cret" not in str(told)


def test_a_file_of_keys_that_holds_no_keys_stops_the_command(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("this is no TOML")
    environment = {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file), "GATEWAY_PORT": "0"}
    ended = run_to_the_end(tmp_path, "serve", environment=environment)
    assert (ended.exit_code != 0, "keys.toml is no TOML document" in ended.complaints) == (True, True)
    assert "Traceback" not in ended.everything
