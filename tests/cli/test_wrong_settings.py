"""Settings that cannot be used: one message that names them all, exit code 2, and no value in it."""

from pathlib import Path

import pytest

from tests.cli.command import Finished
from tests.cli.conftest import Run

SECRET = "s3cret-t0ken"

# What is set, and the names that the message must tell, each with a part of what it says of it.
MISTAKES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "a port that is no number": ({"GATEWAY_PORT": SECRET}, {"GATEWAY_PORT": "integer"}),
    "half a credential": (
        {"GATEWAY_QUANTCONNECT__API_TOKEN": SECRET},
        {"GATEWAY_QUANTCONNECT": "user_id is missing"},
    ),
    "a misspelled name": (
        {"GATEWAY_TESTOMATO__TOKN": SECRET},
        {"GATEWAY_TESTOMATO__TOKN": "did you mean GATEWAY_TESTOMATO__TOKEN?"},
    ),
    "an address with a password in it": (
        {"GATEWAY_TESTOMATO__BASE_URL": f"https://me:{SECRET}@testomato.com/api"},
        {"GATEWAY_TESTOMATO__BASE_URL": "without user"},
    ),
    "a secret's file that is not there": (
        {"GATEWAY_TESTOMATO__TOKEN_FILE": f"/{SECRET}"},
        {"GATEWAY_TESTOMATO__TOKEN_FILE": "cannot be read"},
    ),
}
ALL_SORTS = {
    "GATEWAY_PORT": SECRET,
    "GATEWAY_PROT": "8000",
    "GATEWAY_LOG_LEVEL": SECRET,
    "GATEWAY_QUANTCONNECT__API_TOKEN": SECRET,
}


def problems_of(refused: Finished) -> dict[str, str]:
    """The names that the message tells, with what it says of each; it must be the only thing said."""
    assert refused.exit_code == 2
    assert refused.output == ""
    heading, *lines = refused.complaints.splitlines()
    count = "one setting is" if len(lines) == 1 else f"{len(lines)} settings are"
    assert heading == f"accessgraph: {count} wrong:"
    assert SECRET not in refused.complaints
    return dict(line.strip().split(": ", 1) for line in lines)


@pytest.mark.parametrize(("given", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_setting_is_named_with_what_is_wrong(
    run: Run, given: dict[str, str], told: dict[str, str]
) -> None:
    problems = problems_of(run("serve", **given))
    assert problems.keys() == told.keys()
    assert {name for name, part in told.items() if part not in problems[name]} == set()


@pytest.mark.parametrize("command", ["serve", "doctor", "audit verify"])
def test_all_mistakes_of_all_sources_are_named_in_one_message(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "gateway.toml").write_text(f'[testomato]\nproject_id = "{SECRET}"\n')
    (tmp_path / ".env").write_text(f"GATEWAY_LOG_FORMAT={SECRET}\n")
    problems = problems_of(run(*command.split(), "--config", "gateway.toml", **ALL_SORTS))
    assert problems.keys() == {
        "GATEWAY_PORT",
        "GATEWAY_PROT",
        "GATEWAY_LOG_LEVEL",
        "GATEWAY_LOG_FORMAT",
        "GATEWAY_QUANTCONNECT",
        "GATEWAY_TESTOMATO__PROJECT_ID",
    }


def test_a_file_that_is_no_toml_is_named_without_its_content(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(f"port = = 8000 {SECRET}")
    problems = problems_of(run("serve", "--config", "gateway.toml"))
    assert problems == {"gateway.toml": "this is no TOML document"}


@pytest.mark.parametrize("command", ["serve", "doctor", "audit verify"])
def test_a_missing_file_is_named(run: Run, command: str) -> None:
    problems = problems_of(run(*command.split(), "--config", "gateway.toml"))
    assert problems == {"gateway.toml": "the file cannot be read (No such file or directory)"}
