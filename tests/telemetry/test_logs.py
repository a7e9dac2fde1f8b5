"""gateway/telemetry/logs.py: what a log line holds, and what it never does."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import pytest
import structlog

from gateway.telemetry.logs import configure_logs, where
from gateway.telemetry.request_id import log_with_request_id

ADDRESS = "mara.lindqvist@example.org"
SECRET = "s3cret-t0ken"

LIBRARIES = ("httpx", "httpcore", "uvicorn.error")


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    """Logging is global: put back what a test changes."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    configuration = structlog.get_config()
    yield
    structlog.configure(**configuration)
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    """What was logged since, at level `info` as JSON."""
    configure_logs(level="info", json=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


Lines = Callable[[], list[dict[str, Any]]]


def failing() -> None:
    variable = SECRET  # a traceback that shows variables would show this one
    raise ValueError(f"{ADDRESS} {variable}")


def log_ours() -> None:
    try:
        failing()
    except ValueError:
        structlog.get_logger("gateway").exception("it failed")


def log_a_librarys() -> None:
    try:
        failing()
    except ValueError:
        logging.getLogger("library").exception("it failed")


# ---------------------------------------------------------------- what a line holds


def test_a_line_says_what_when_and_how_bad(lines: Lines) -> None:
    structlog.get_logger("gateway").warning("it happened", code="X", seconds=0.5)
    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "it happened", "level": "warning", "code": "X", "seconds": 0.5}


def test_the_id_of_the_request_stands_in_its_lines(lines: Lines) -> None:
    def log() -> None:
        log_with_request_id("mine")
        structlog.get_logger("gateway").info("it happened")
        logging.getLogger("library").warning("so did this")

    copy_context().run(log)
    assert [line["request_id"] for line in lines()] == ["mine", "mine"]


def test_a_librarys_line_looks_like_ours(lines: Lines) -> None:
    logging.getLogger("library").warning("%d of %d", 1, 2)
    [line] = lines()
    assert (line["event"], line["level"], sorted(line)) == (
        "1 of 2",
        "warning",
        ["event", "level", "timestamp"],
    )


def test_lines_for_people_are_no_json(stream: io.StringIO) -> None:
    configure_logs(level="info", json=False, stream=stream)
    structlog.get_logger("gateway").info("it happened", code="X")
    assert ("it happened" in stream.getvalue(), "code=X" in stream.getvalue(), "{" in stream.getvalue()) == (
        True,
        True,
        False,
    )


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="info", json=True)
    structlog.get_logger("gateway").info("it happened")
    captured = capsys.readouterr()
    assert (captured.out, "it happened" in captured.err) == ("", True)


def test_configuring_twice_doubles_no_line(lines: Lines, stream: io.StringIO) -> None:
    configure_logs(level="info", json=True, stream=stream)
    structlog.get_logger("gateway").info("it happened")
    assert len(lines()) == 1


# ---------------------------------------------------------------- how much is logged


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
@pytest.mark.parametrize("get_logger", [structlog.get_logger, logging.getLogger])
def test_what_is_less_than_the_level_is_not_logged(
    stream: io.StringIO, get_logger: Callable[[str], Any], level: str, logged: list[str]
) -> None:
    configure_logs(level=level, json=True, stream=stream)
    for name in ("debug", "info", "warning", "error"):
        getattr(get_logger("anybody"), name)("it happened")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == logged


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_that_log_addresses_of_requests_are_silent(stream: io.StringIO, library: str) -> None:
    configure_logs(level="debug", json=True, stream=stream)
    logging.getLogger(library).info("GET https://host/?token=%s", SECRET)
    assert stream.getvalue() == ""


# ---------------------------------------------------------------- what a line never holds


@pytest.mark.parametrize(
    "value",
    [
        ADDRESS,
        f"to Mara <{ADDRESS}>, cc",
        f"({ADDRESS})",
        f"mailto:{ADDRESS}?subject=x",
        f"'{ADDRESS}';{ADDRESS}",
        "mara+tag@localhost",
        "mära@exämple.org",
        [ADDRESS],
        (ADDRESS, 1),
        {"email": ADDRESS},
        {ADDRESS: 1},
        [{"deep": [ADDRESS]}],
    ],
    ids=str,
)
@pytest.mark.parametrize("as_json", [True, False])
def test_addresses_are_cut_out_of_values(stream: io.StringIO, value: object, *, as_json: bool) -> None:
    configure_logs(level="info", json=as_json, stream=stream)
    structlog.get_logger("gateway").info("it happened", value=value)
    assert ("it happened" in stream.getvalue(), "@" in stream.getvalue()) == (True, False)


def test_addresses_are_cut_out_of_what_happened(lines: Lines) -> None:
    structlog.get_logger("gateway").info(f"{ADDRESS} was added")
    assert lines()[0]["event"] == "… was added"


def test_addresses_are_cut_out_of_librarys_lines(lines: Lines) -> None:
    logging.getLogger("library").warning("mail to %s", ADDRESS)
    assert lines()[0]["event"] == "mail to …"


@pytest.mark.parametrize("log", [log_ours, log_a_librarys])
@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_logged_without_its_message_and_its_variables(
    stream: io.StringIO, log: Callable[[], None], *, as_json: bool
) -> None:
    configure_logs(level="info", json=as_json, stream=stream)
    log()
    assert ("it failed" in stream.getvalue(), SECRET in stream.getvalue()) == (True, False)


@pytest.mark.parametrize("log", [log_ours, log_a_librarys])
def test_an_exception_is_logged_with_its_type_and_its_places(lines: Lines, log: Callable[[], None]) -> None:
    log()
    [line] = lines()
    assert (
        line["error"],
        line["at"][-1].startswith("test_logs.py:"),
        line["at"][-1].endswith(" failing"),
    ) == (
        "ValueError",
        True,
        True,
    )


# ---------------------------------------------------------------- where an error passed through


def test_the_places_of_an_error_are_the_innermost_four_and_hold_no_value() -> None:
    def deeper(levels: int) -> None:
        if levels == 0:
            failing()
        deeper(levels - 1)

    with pytest.raises(ValueError, match=ADDRESS) as caught:
        deeper(6)
    places = where(caught.value)
    assert [place.rpartition(" ")[2] for place in places] == ["deeper", "deeper", "deeper", "failing"]


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where(ValueError(SECRET)) == []
