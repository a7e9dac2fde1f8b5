"""gateway/settings.py: what is said of settings that cannot be used: the name, never the value."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings.loading import SettingsError, load_settings

SECRET = "s3cret-t0ken"

Problems = Callable[..., list[str]]


@pytest.fixture
def mistake(tmp_path: Path) -> Callable[..., SettingsError]:
    """What comes of settings that cannot be used."""

    def load(
        environment: dict[str, str] | None = None, *, dotenv: bytes = b"", toml: bytes | None = None
    ) -> SettingsError:
        (tmp_path / ".env").write_bytes(dotenv)
        config_file = None
        if toml is not None:
            config_file = tmp_path / "gateway.toml"
            config_file.write_bytes(toml)
        with pytest.raises(SettingsError) as caught:
            load_settings(
                environment=environment or {}, config_file=config_file, dotenv_file=tmp_path / ".env"
            )
        return caught.value

    return load


@pytest.fixture
def problems(mistake: Callable[..., SettingsError]) -> Problems:
    def problems(*given: object, **sources: object) -> list[str]:
        return mistake(*given, **sources).problems

    return problems


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "http"),
        ("GATEWAY_PORT", "-1"),
        ("GATEWAY_PORT", "65536"),
        ("GATEWAY_LOG_LEVEL", "loud"),
        ("GATEWAY_LOG_FORMAT", "xml"),
        ("GATEWAY_EXPLORER", "perhaps"),
        ("GATEWAY_READ_BUDGET_SECONDS", "0"),
        ("GATEWAY_STORE__URL", "accessgraph.sqlite3"),
        ("GATEWAY_STORE__URL", "sqlite:///"),
        ("GATEWAY_STORE__URL", "postgresql://localhost/accessgraph"),
        ("GATEWAY_STORE__KEEP_KEYS_DAYS", "0"),
        ("GATEWAY_QUANTCONNECT__USER_ID", "twelve"),
        ("GATEWAY_QUANTCONNECT__PROJECTS_PER_CALL", "1"),
        ("GATEWAY_QUANTCONNECT__BASE_URL", "www.quantconnect.com"),
        ("GATEWAY_TESTOMATO__MAX_CONCURRENT_CALLS", "0"),
        ("GATEWAY_TESTOMATO__RETRY_ATTEMPTS", "11"),
        ("GATEWAY_TESTOMATO__BREAKER_FAILURE_RATIO", "1.5"),
        ("GATEWAY_TESTOMATO__CA_FILE", "no/such/file.pem"),
        ("GATEWAY_TESTOMATO__PROJECT_DISCOVERY", "guess"),
        ("GATEWAY_TESTOMATO__ROLE_ENCODING", "float"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_by_its_settings_name(
    problems: Problems, name: str, value: str
) -> None:
    [problem] = problems({name: value})
    assert problem.startswith(f"{name}: ")


def test_a_value_of_the_toml_file_is_told_by_the_same_name(problems: Problems) -> None:
    [problem] = problems(toml=b'[testomato]\nmax_reply_bytes = "many"')
    assert problem.startswith("GATEWAY_TESTOMATO__MAX_REPLY_BYTES: ")


def test_a_section_that_is_no_table_is_told_by_its_name(problems: Problems) -> None:
    [problem] = problems(toml=b'testomato = "s3cret-t0ken"')
    assert problem.startswith("GATEWAY_TESTOMATO: ")


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("GATEWAY_QUANTCONNECT__USER_ID", "api_token"),
        ("GATEWAY_QUANTCONNECT__API_TOKEN", "user_id"),
        ("GATEWAY_TESTOMATO__EMAIL", "password"),
        ("GATEWAY_TESTOMATO__PASSWORD", "email"),
    ],
)
def test_half_a_credential_is_a_mistake_that_names_the_other_half(
    problems: Problems, name: str, missing: str
) -> None:
    [problem] = problems({name: "12345"})
    assert problem.startswith(f"{name.partition('__')[0]}: ")
    assert problem.endswith(f"{missing} is missing")


def test_a_token_beside_a_password_is_a_mistake(problems: Problems) -> None:
    [problem] = problems(
        {
            "GATEWAY_TESTOMATO__TOKEN": SECRET,
            "GATEWAY_TESTOMATO__EMAIL": "owner@example.org",
            "GATEWAY_TESTOMATO__PASSWORD": SECRET,
        }
    )
    assert problem == "GATEWAY_TESTOMATO: give either token, or email and password, not both"


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GATEWAY_PROT", "GATEWAY_PORT"),
        ("gateway_prot", "GATEWAY_PORT"),
        ("GATEWAY_TESTOMATO__TOKN", "GATEWAY_TESTOMATO__TOKEN"),
        ("GATEWAY_TESTOMATO_TOKEN", "GATEWAY_TESTOMATO__TOKEN"),
        ("GATEWAY_TESTOMATO__TOKEN_FIEL", "GATEWAY_TESTOMATO__TOKEN_FILE"),
        ("GATEWAY_QUANTCONNECT__TOKEN", "GATEWAY_QUANTCONNECT__API_TOKEN"),
        ("GATEWAY_PORT_FILE", "GATEWAY_PORT"),
    ],
)
@pytest.mark.parametrize("source", ["environment", "dotenv"])
def test_a_misspelled_name_is_a_mistake_with_a_suggestion(
    problems: Problems, source: str, name: str, meant: str
) -> None:
    given = {name: "1"} if source == "environment" else f"{name}=1".encode()
    assert problems(**{source: given}) == [f"{name}: there is no such setting; did you mean {meant}?"]


def test_a_misspelled_name_in_the_toml_file_is_a_mistake_with_a_suggestion(problems: Problems) -> None:
    assert problems(toml=b'[testomato]\ntokn = "s3cret-t0ken"') == [
        "GATEWAY_TESTOMATO__TOKN: there is no such setting; did you mean GATEWAY_TESTOMATO__TOKEN?"
    ]


def test_a_name_that_is_like_no_other_gets_no_suggestion(problems: Problems) -> None:
    assert problems({"GATEWAY_QQQQQQQQ": "1"}) == ["GATEWAY_QQQQQQQQ: there is no such setting"]


def test_a_whole_section_in_one_variable_is_no_setting(problems: Problems) -> None:
    [problem] = problems({"GATEWAY_TESTOMATO": f'{{"token": "{SECRET}"}}'})
    assert problem.startswith("GATEWAY_TESTOMATO: there is no such setting")


# ---------------------------------------------------------------- files


def test_a_secret_given_by_itself_and_as_a_file_is_a_mistake(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    given = {
        "GATEWAY_TESTOMATO__TOKEN": SECRET,
        "GATEWAY_TESTOMATO__TOKEN_FILE": str(tmp_path / "secret"),
    }
    assert problems(given) == [
        "GATEWAY_TESTOMATO__TOKEN: given twice, by itself and as GATEWAY_TESTOMATO__TOKEN_FILE"
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "the file cannot be read (FileNotFoundError)", id="missing"),
        pytest.param(b"\xff" + SECRET.encode(), "the file cannot be read (UnicodeDecodeError)", id="no text"),
        pytest.param(b" \n", "the file is empty", id="empty"),
    ],
)
def test_a_secrets_file_that_gives_no_secret_is_a_mistake(
    problems: Problems, tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    given = {"GATEWAY_TESTOMATO__TOKEN_FILE": str(tmp_path / "secret")}
    assert problems(given) == [f"GATEWAY_TESTOMATO__TOKEN_FILE: {why}"]


@pytest.mark.parametrize("content", [b"port = s3cret-t0ken", b"[testomato", b"token = '\xff'"])
def test_a_file_that_is_no_toml_is_a_mistake(problems: Problems, content: bytes) -> None:
    [problem] = problems(toml=content)
    assert problem.endswith("gateway.toml: this is no TOML document")


def test_a_toml_file_that_is_missing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: the file cannot be read"):
        load_settings(environment={}, config_file=tmp_path / "missing.toml", dotenv_file=None)


def test_a_dotenv_file_that_is_no_text_is_a_mistake(problems: Problems) -> None:
    [problem] = problems(dotenv=b"GATEWAY_TESTOMATO__TOKEN=\xff")
    assert problem.endswith(".env: the file cannot be read (UnicodeDecodeError)")


# ---------------------------------------------------------------- all of them at once, and nothing secret


WRONG_ENVIRONMENT = {
    "GATEWAY_PORT": SECRET,
    "GATEWAY_LOG_LEVEL": SECRET,
    "GATEWAY_PROT": SECRET,
    "GATEWAY_QUANTCONNECT__USER_ID": SECRET,
    "GATEWAY_QUANTCONNECT__API_TOKEN": SECRET,
    "GATEWAY_TESTOMATO__TOKEN": SECRET,
    "GATEWAY_TESTOMATO__EMAIL": f"{SECRET}@example.org",
    "GATEWAY_TESTOMATO__PASSWORD": SECRET,
    "GATEWAY_TESTOMATO__BASE_URL": f"https://{SECRET}@host",
}


def test_all_mistakes_are_named_in_one_message(mistake: Callable[..., SettingsError]) -> None:
    told = mistake(
        WRONG_ENVIRONMENT,
        dotenv=b"GATEWAY_HOTS=1",
        toml=b"elsewhere = 1\n[quantconnect]\nmax_concurrent_calls = 0",
    )
    heading, *lines = str(told).splitlines()
    assert (heading, sorted(line.strip().partition(":")[0] for line in lines)) == (
        "8 settings are wrong:",
        [
            "GATEWAY_ELSEWHERE",
            "GATEWAY_HOTS",
            "GATEWAY_LOG_LEVEL",
            "GATEWAY_PORT",
            "GATEWAY_PROT",
            "GATEWAY_QUANTCONNECT__MAX_CONCURRENT_CALLS",
            "GATEWAY_QUANTCONNECT__USER_ID",
            "GATEWAY_TESTOMATO__BASE_URL",
        ],
    )


def test_one_mistake_is_not_called_several(mistake: Callable[..., SettingsError]) -> None:
    assert str(mistake({"GATEWAY_PORT": "x"})).startswith("one setting is wrong:\n  GATEWAY_PORT: ")


def test_no_value_is_ever_told(mistake: Callable[..., SettingsError]) -> None:
    told = mistake(WRONG_ENVIRONMENT, toml=f'testomato = "{SECRET}"\nhost = 1\n'.encode())
    assert SECRET not in f"{told} {told!r} {told.__cause__!r} {told.__context__!r}"
