"""What holds for every answer of the gateway, whatever was asked and whatever went wrong behind it."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEDIA_TYPES = {"application/graphql-response+json", "application/json"}
_ERRORS = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Errors")[2].partition("\n## ")[0]
# Those that the README tells clients about. That it is the gateway who failed must never be the answer.
PUBLIC_CODES = {
    code
    for row in re.findall(r"^\| (`[A-Z_` ]+`) \|", _ERRORS, re.MULTILINE)
    for code in re.findall("[A-Z_]+", row)
} - {"INTERNAL"}


def check(status: int, content_type: str, body: bytes) -> None:
    """Check an answer that comes to whoever asks `/graphql` for anything but the explorer.

    Raises:
        AssertionError: it is none, or tells of a failure of the gateway's own.
    """
    assert 200 <= status < 500, f"status {status}: {body[:500]!r}"
    media_type, _, parameters = content_type.partition(";")
    assert media_type in MEDIA_TYPES, f"content type {content_type!r}"
    assert parameters.strip() == "charset=utf-8", f"content type {content_type!r}"
    answer = json.loads(body)
    assert isinstance(answer, dict), f"no object: {body[:500]!r}"
    assert answer.keys() <= {"data", "errors", "extensions"}, f"entries {sorted(answer)}"
    assert answer.keys() & {"data", "errors"}, "neither data nor errors"
    # With data it was executed, which is no fault of the request's; without, it tells why.
    assert status == 200 or "data" not in answer, f"data with status {status}"
    assert answer.get("data") or answer.get("errors"), f"nothing, and no reason: {body[:500]!r}"
    errors = answer.get("errors", [{"message": "none", "extensions": {"code": "BAD_USER_INPUT"}}])
    assert isinstance(errors, list), f"errors are {errors!r}"
    assert errors, "a list of no errors"
    for error in errors:
        _check_error(error, executed="data" in answer)
    assert '"INTERNAL"' not in json.dumps(answer.get("data")), "a failure of the gateway's own in the data"


def _check_error(error: object, *, executed: bool) -> None:
    assert isinstance(error, dict), f"an error is {error!r}"
    assert error.keys() <= {"message", "locations", "path", "extensions"}, f"entries {sorted(error)}"
    assert isinstance(error.get("message"), str), f"no message in {error!r}"
    assert error["message"], f"an empty message in {error!r}"
    assert executed or "path" not in error, f"a path, but nothing was executed: {error!r}"
    assert error["extensions"]["code"] in PUBLIC_CODES, f"no public code in {error!r}"
