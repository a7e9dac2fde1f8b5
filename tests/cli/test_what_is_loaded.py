"""What the command loads before it serves: every module costs each start its time."""

import subprocess
import sys

import pytest

RARELY_NEEDED = (
    "gateway.demo",
    "gateway.doctor",
    "gateway.sandbox",
    "gateway.upstream.httpx_transport",
    "gateway.http.authentication.jwt",
    "httpx",
    "limits",
    "jwt",
    "cryptography",
    "opentelemetry",
)


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that are there once the command is."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, gateway.cli; print(*sys.modules)"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", RARELY_NEEDED)
def test_what_is_rarely_needed_is_not_loaded(loaded: set[str], module: str) -> None:
    assert {"gateway.cli", "gateway.app"} <= loaded
    assert not {one for one in loaded if one == module or one.startswith(f"{module}.")}
