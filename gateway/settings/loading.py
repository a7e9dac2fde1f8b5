"""Read the settings: once, all mistakes named at once, secrets masked.

Sources, the first that has a value wins: the environment, `…_FILE` (a secret kept in a file), `.env` in the
working folder, the TOML file given with `--config`. A section of the TOML file is a platform:

    port = 8080
    [testomato]
    project_ids = "50a9f72f14db3be812000233,50a9f72f14db3be812000234"
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
)

from gateway.settings.model import PREFIX, GatewaySettings, Settings

_LETS_EVERYBODY_IN = (
    "GATEWAY_AUTH__MODE: none would let everybody in who reaches GATEWAY_HOST; choose api_key or jwt, or set "
    "GATEWAY_AUTH__ALLOW_ANONYMOUS=true"
)
SECRET_FILE_SUFFIX = "_FILE"  # noqa: S105 - a suffix


class SettingsError(Exception):
    """Settings that cannot be used.

    Attributes:
        problems: one line each: the setting's name and what is wrong with it, never its value.
    """

    def __init__(self, problems: list[str]) -> None:
        count = len(problems)
        heading = "one setting is wrong" if count == 1 else f"{count} settings are wrong"
        super().__init__("\n  ".join([f"{heading}:", *problems]))
        self.problems = problems


class _Variables(EnvSettingsSource):
    """Variables from a mapping instead of the process's environment."""

    def __init__(self, settings_type: type[BaseSettings], *, variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings_type)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items() if value}


def load_settings(
    *,
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
    dotenv_file: Path | None = Path(".env"),
) -> GatewaySettings:
    """Read and check every setting.

    Args:
        environment: the process's own when left out.
        config_file: a TOML file.
        dotenv_file: need not exist; None reads none.

    Raises:
        SettingsError: names every mistake.
    """
    problems: list[str] = []
    variables = {
        **_resolved(_dotenv_variables(dotenv_file, problems), problems),
        **_resolved(os.environ if environment is None else environment, problems),
    }
    document = _toml_document(config_file, problems)

    class Sources(Settings):  # type: ignore[valid-type,misc]
        """The settings, read from what this call was given."""

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], **_: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                _Variables(settings_cls, variables=variables),
                InitSettingsSource(settings_cls, init_kwargs=document),
            )

    settings: GatewaySettings | None = None
    try:
        settings = Sources()
    except ValidationError as error:
        problems += [_problem(detail["loc"], detail["msg"]) for detail in error.errors(include_input=False)]
    if settings is not None and settings.lets_everybody_in and not settings.auth.allow_anonymous:
        problems.append(_LETS_EVERYBODY_IN)
    if settings is None or problems:
        raise SettingsError(problems)
    return settings


def setting_names() -> dict[str, FieldInfo]:
    """Every variable that can be set, with its field; a secret's `…_FILE` not counted."""
    names: dict[str, FieldInfo] = {}
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            for inner_name, inner in section.model_fields.items():
                names[_variable((name, inner_name))] = inner
        else:
            names[_variable((name,))] = field
    return names


def _resolved(variables: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Our variables, with each secret's file replaced by what it holds; notes unknown names."""
    known = setting_names()
    secrets = {
        name for name, field in known.items() if SecretStr in (field.annotation, *get_args(field.annotation))
    }
    files = {f"{name}{SECRET_FILE_SUFFIX}": name for name in secrets}
    resolved: dict[str, str] = {}
    for given, value in variables.items():
        name = given.upper()
        if not name.startswith(PREFIX) or not value:
            continue
        if name in known:
            resolved[name] = value
        elif name not in files:
            problems.append(f"{given}: {_no_such_setting(name, [*known, *files])}")
    for given, value in variables.items():
        target = files.get(given.upper())
        if target is None or not value:
            continue
        if target in resolved:
            problems.append(f"{target}: given twice, by itself and as {given}")
            continue
        try:
            resolved[target] = _secret_in(value)
        except ValueError as error:
            problems.append(f"{given}: {error}")
    return resolved


def _secret_in(path: str) -> str:
    """What the file holds.

    Raises:
        ValueError: with what is wrong with the file.
    """
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file cannot be read ({type(error).__name__})") from None
    if not secret:
        raise ValueError("the file is empty")
    return secret


def _dotenv_variables(path: Path | None, problems: list[str]) -> dict[str, str]:
    if path is None:
        return {}
    try:
        # Not interpolated: a secret may hold `${`, and no kind of quotes would keep it as it is.
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path}: the file cannot be read ({type(error).__name__})")
        return {}
    return {name: value for name, value in values.items() if value}


def _toml_document(path: Path | None, problems: list[str]) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: the file cannot be read ({error.strerror})")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's message can quote the line, and the line can hold a secret.
        problems.append(f"{path}: this is no TOML document")
    return {}


def _variable(path: tuple[str | int, ...]) -> str:
    return PREFIX + "__".join(str(part).upper() for part in path)


def _no_such_setting(name: str, known: list[str]) -> str:
    inline = name.removesuffix(SECRET_FILE_SUFFIX)  # what is no secret stands in no file of its own
    near = [inline] if inline in known else difflib.get_close_matches(name, known, n=1)
    return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def _problem(path: tuple[str | int, ...], message: str) -> str:
    known = setting_names()
    reason = message.removeprefix("Value error, ")
    name = _variable(path)
    if reason == "Extra inputs are not permitted":
        return f"{name}: {_no_such_setting(name, list(known))}"
    return f"{name}: {reason[:1].lower()}{reason[1:]}"
