"""Whatever is wrong with a setting, its value is not told: it may be a secret in the wrong place."""

import json
import traceback
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from gateway.settings.loading import SettingsError, load_settings, setting_names
from gateway.settings.model import GatewaySettings
from tests.cli.command import run_to_the_end
from tests.secrets.marks import is_in, new_mark

NAMES = setting_names()
SECRETS = [
    name for name, field in NAMES.items() if SecretStr in (field.annotation, *get_args(field.annotation))
]
MARK = new_mark()
# In the shapes in which secrets come: a word, one in an address, one among others, many lines.
SHAPES = {
    "a word": MARK,
    "an address": f"https://me:{MARK}@example.org/?token={MARK}#{MARK}",
    "a list": f"[{MARK}, {MARK}]",
    "JSON": json.dumps({"token": MARK}),
    "many lines": f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----",
}
# Free text, which is shown by design: whoever tells the gateway its name tells it no secret.
SHOWN = {
    "GATEWAY_HOST",
    "GATEWAY_TRUSTED_PROXIES",
    "GATEWAY_AUTH__ISSUER",
    "GATEWAY_AUTH__AUDIENCE",
    "GATEWAY_TESTOMATO__TOKEN_LIFETIME",
    "GATEWAY_TESTOMATO__PROJECT_IDS",
}


def told_of(environment: dict[str, str], **sources: Path | None) -> tuple[GatewaySettings | None, bytes]:
    """The settings, or None with all that is told of what is wrong."""
    try:
        settings = load_settings(environment=environment, **{"dotenv_file": None, **sources})
    except SettingsError as error:
        told = [*traceback.format_exception(error), repr(error), *error.problems]
        return None, "\n".join(told).encode()
    return settings, repr(settings).encode()


def is_told(name: str, settings: GatewaySettings | None, told: bytes) -> bool:
    return is_in(MARK, told) and (settings is None or name not in SHOWN)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_any_setting_is_told(name: str) -> None:
    assert [shape for shape, value in SHAPES.items() if is_told(name, *told_of({name: value}))] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_a_file_of_settings_is_told(tmp_path: Path, name: str) -> None:
    section, _, key = name.removeprefix("GATEWAY_").lower().rpartition("__")
    file = tmp_path / "gateway.toml"
    shown = []
    for shape, value in SHAPES.items():
        written = f"{key} = {json.dumps(value)}\n"
        file.write_text(f"[{section}]\n{written}" if section else written, encoding="utf-8")
        if is_told(name, *told_of({}, config_file=file)):
            shown.append(shape)
    assert shown == []


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"\xff\xfe", None], ids=["empty", "blank", "no text", "none"]
)
@pytest.mark.parametrize("name", SECRETS)
def test_of_a_secrets_file_that_cannot_be_used_only_the_name_of_its_setting_is_told(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    file = tmp_path / MARK
    if content is not None:
        file.write_bytes(content)
    settings, told = told_of({f"{name}_FILE": str(file)})
    assert (settings, is_in(MARK, told), f"{name}_FILE".encode() in told) == (None, False, True)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_given_twice_is_not_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(MARK, encoding="utf-8")
    settings, told = told_of({name: MARK, f"{name}_FILE": str(tmp_path / "secret")})
    assert (settings, is_in(MARK, told)) == (None, False)


@pytest.mark.parametrize(
    "content",
    [
        "GATEWAY_PORT={mark}",
        "GATEWAY_PROT={mark}",
        "GATEWAY_PORT='{mark}\nGATEWAY_PORT=none",
        "GATEWAY_TESTOMATO__EMAIL={mark}",
    ],
)
def test_no_value_of_dotenv_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / ".env").write_text(content.format(mark=MARK), encoding="utf-8")
    settings, told = told_of({}, dotenv_file=tmp_path / ".env")
    assert (settings, is_in(MARK, told)) == (None, False)


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_no_command_tells_a_value(tmp_path: Path, command: str) -> None:
    """All settings wrong at once, as the user of the command sees it."""
    environment = dict.fromkeys(sorted(set(NAMES) - SHOWN), MARK)
    ended = run_to_the_end(tmp_path, command, environment=environment)
    assert (ended.exit_code, is_in(MARK, ended.everything.encode())) == (2, False)
    assert len(ended.complaints.splitlines()) > 20
