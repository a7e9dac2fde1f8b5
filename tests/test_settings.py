"""gateway/settings: where settings come from, and which of them wins."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from gateway.domain.vocabulary import PlatformKey
from gateway.settings.loading import load_settings, setting_names
from gateway.settings.model import GatewaySettings
from tests.setting_values import (
    EVERY_SETTING,
    GIVEN_TOGETHER,
    INSTEAD,
    QUANTCONNECT,
    SECRET,
    SECRETS,
    TESTOMATO,
    TESTOMATO_ACCOUNT,
)

Read = Callable[..., GatewaySettings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads settings from an environment, a `.env` and a TOML file of the test's."""

    def read(
        environment: dict[str, str] | None = None,
        *,
        dotenv: str | bytes = "",
        toml: str | bytes | None = None,
    ) -> GatewaySettings:
        (tmp_path / ".env").write_bytes(dotenv if isinstance(dotenv, bytes) else dotenv.encode())
        config_file = None
        if toml is not None:
            config_file = tmp_path / "gateway.toml"
            config_file.write_bytes(toml if isinstance(toml, bytes) else toml.encode())
        return load_settings(
            environment=environment or {}, config_file=config_file, dotenv_file=tmp_path / ".env"
        )

    return read


def value_of(settings: GatewaySettings, name: str) -> object:
    value: object = settings
    for part in name.removeprefix("GATEWAY_").lower().split("__"):
        value = getattr(value, part)
    return value


def texts(given: dict[str, tuple[str, object]]) -> dict[str, str]:
    return {name: text for name, (text, _) in given.items()}


def as_dotenv(given: dict[str, str]) -> str:
    return "".join(f"{name}={text}\n" for name, text in given.items())


def as_toml(given: dict[str, str]) -> str:
    return "".join(
        f'{name.removeprefix("GATEWAY_").lower().replace("__", ".")} = "{text}"\n'
        for name, text in given.items()
    )


# ---------------------------------------------------------------- where settings come from


def test_every_setting_is_tried_here() -> None:
    assert set(EVERY_SETTING) == set(setting_names())


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, value) in GIVEN_TOGETHER.items()])
def test_a_setting_comes_from_the_environment(read: Read, name: str, value: object) -> None:
    assert value_of(read(texts(GIVEN_TOGETHER)), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, value) in GIVEN_TOGETHER.items()])
def test_a_setting_comes_from_the_dotenv_file(read: Read, name: str, value: object) -> None:
    assert value_of(read(dotenv=as_dotenv(texts(GIVEN_TOGETHER))), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, value) in GIVEN_TOGETHER.items()])
def test_a_setting_comes_from_the_toml_file(read: Read, name: str, value: object) -> None:
    assert value_of(read(toml=as_toml(texts(GIVEN_TOGETHER))), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, value) in TESTOMATO_ACCOUNT.items()])
def test_an_account_takes_the_place_of_a_token(read: Read, name: str, value: object) -> None:
    assert value_of(read(texts(TESTOMATO_ACCOUNT)), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, value) in INSTEAD.items()])
def test_a_setting_takes_the_place_of_another(read: Read, name: str, value: object) -> None:
    assert value_of(read(texts(INSTEAD)), name) == value


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_a_file(read: Read, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    group = next(group for group in (QUANTCONNECT, TESTOMATO, TESTOMATO_ACCOUNT) if name in group)
    others = {other: text for other, text in texts(group).items() if other != name}
    settings = read({**others, f"{name}_FILE": str(tmp_path / "secret")})
    assert value_of(settings, name) == SecretStr(SECRET)


def test_the_toml_file_has_a_section_a_platform_and_its_own_types(read: Read) -> None:
    settings = read(toml='port = 8080\n[testomato]\nproject_ids = ["a1", "b2"]\n')
    assert (value_of(settings, "PORT"), value_of(settings, "TESTOMATO__PROJECT_IDS")) == (8080, ("a1", "b2"))


def test_names_are_told_apart_without_case(read: Read) -> None:
    assert read({"gateway_port": "8080"}).port == 8080


def test_other_programs_variables_do_not_matter(read: Read) -> None:
    assert read({"PORT": "8080", "GATEWAYS": "3", "HOME": "/"}).port == 8000


def test_the_processs_own_environment_and_folder_are_read_when_nothing_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("GATEWAY_LOG_LEVEL=debug\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_PORT", "8080")
    settings = load_settings()
    assert (settings.port, settings.log_level) == (8080, "debug")


# ---------------------------------------------------------------- the first source that has a value wins


def test_the_environment_goes_before_the_dotenv_file(read: Read) -> None:
    assert read({"GATEWAY_PORT": "1"}, dotenv="GATEWAY_PORT=2").port == 1


def test_the_dotenv_file_goes_before_the_toml_file(read: Read) -> None:
    assert read(dotenv="GATEWAY_PORT=2", toml="port = 3").port == 2


def test_a_secrets_file_goes_before_the_dotenv_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-the-file")
    settings = read(
        {"GATEWAY_TESTOMATO__TOKEN_FILE": str(tmp_path / "secret")}, dotenv="GATEWAY_TESTOMATO__TOKEN=other"
    )
    assert value_of(settings, "TESTOMATO__TOKEN") == SecretStr("from-the-file")


def test_one_section_may_come_from_several_sources(read: Read) -> None:
    settings = read(
        {"GATEWAY_QUANTCONNECT__API_TOKEN": SECRET},
        dotenv="GATEWAY_QUANTCONNECT__USER_ID=7",
        toml="[quantconnect]\nmax_concurrent_calls = 2",
    )
    section = settings.section(PlatformKey.QUANTCONNECT)
    assert (section.is_configured, section.max_concurrent_calls) == (True, 2)


@pytest.mark.parametrize("name", EVERY_SETTING)
def test_an_empty_value_is_none(read: Read, name: str) -> None:
    assert value_of(read({name: ""}), name) == value_of(read(), name)


def test_an_empty_value_leaves_the_next_source_its_say(read: Read) -> None:
    assert read({"GATEWAY_PORT": ""}, dotenv="GATEWAY_PORT=\n", toml="port = 3").port == 3


@pytest.mark.parametrize("quotes", ["", "'", '"'])
def test_a_dollar_sign_in_a_dotenv_files_secret_stays(read: Read, quotes: str) -> None:
    settings = read(dotenv=f"GATEWAY_TESTOMATO__TOKEN={quotes}a${{HOME}}b$c{quotes}")
    assert value_of(settings, "TESTOMATO__TOKEN") == SecretStr("a${HOME}b$c")


# ---------------------------------------------------------------- what comes without being asked for


def test_without_any_setting_the_gateway_listens_on_loopback_only(read: Read) -> None:
    assert (read().host, read().port) == ("127.0.0.1", 8000)


@pytest.mark.parametrize("key", PlatformKey)
def test_without_a_credential_a_platform_is_not_configured(read: Read, key: PlatformKey) -> None:
    assert not read().section(key).is_configured


@pytest.mark.parametrize(
    ("key", "given"),
    [
        (PlatformKey.QUANTCONNECT, QUANTCONNECT),
        (PlatformKey.TESTOMATO, TESTOMATO),
        (PlatformKey.TESTOMATO, TESTOMATO_ACCOUNT),
    ],
    ids=["id and token", "token", "account"],
)
def test_with_a_credential_a_platform_is_configured(
    read: Read, key: PlatformKey, given: dict[str, tuple[str, object]]
) -> None:
    assert read(texts(given)).section(key).is_configured


@pytest.mark.parametrize("section", [None, *PlatformKey])
def test_settings_cannot_be_changed(read: Read, section: PlatformKey | None) -> None:
    settings = read()
    frozen = settings if section is None else settings.section(section)
    with pytest.raises(ValidationError, match="frozen"):
        frozen.__setattr__(next(iter(type(frozen).model_fields)), "other")


@pytest.mark.parametrize("given", [GIVEN_TOGETHER, TESTOMATO_ACCOUNT], ids=["tokens", "account"])
@pytest.mark.parametrize("show", [str, repr, lambda settings: str(settings.model_dump())])
def test_settings_do_not_show_their_secrets(
    read: Read, given: dict[str, tuple[str, object]], show: Callable[[GatewaySettings], str]
) -> None:
    assert SECRET not in show(read(texts(given)))


@pytest.mark.parametrize("show", [str, repr])
def test_settings_do_not_show_whose_credential_it_is(
    read: Read, show: Callable[[GatewaySettings], str]
) -> None:
    shown = show(read(texts({**QUANTCONNECT, **TESTOMATO_ACCOUNT})))
    assert ("owner@example.org" in shown, "12345" in shown) == (False, False)
