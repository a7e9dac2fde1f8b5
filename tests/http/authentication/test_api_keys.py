"""API keys: what is kept of them, who is let in, how the file changes."""

import os
import stat
from pathlib import Path

import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import ApiKeys, KeyFileError, new_key, read_keys
from gateway.http.authentication.port import Unauthenticated

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)


def bearer(key: str) -> str:
    return f"Bearer {key}"


async def test_the_holder_of_a_key_is_known_by_its_name_and_scopes(file: Path) -> None:
    key = new_key(file, name="dashboard", scopes=[Scope.MEMBERS_READ])
    caller = await ApiKeys(file).caller(bearer(key))
    assert (caller.id, caller.scopes) == ("key:dashboard", {Scope.MEMBERS_READ})


async def test_every_key_in_the_file_is_good(file: Path) -> None:
    keys = [new_key(file, name=name, scopes=[Scope.PII_READ]) for name in ("one", "two")]
    known = ApiKeys(file)
    assert [(await known.caller(bearer(key))).id for key in keys] == ["key:one", "key:two"]


def test_the_file_holds_no_key_and_is_its_owner_s_only(file: Path) -> None:
    key = new_key(file, name="dashboard", scopes=[])
    assert key not in file.read_text()
    assert key.rpartition("_")[2] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1] + "~", lambda key: key.replace("one", "two"), str.upper]
)
async def test_a_key_that_is_not_right_to_the_letter_is_refused(file: Path, change: object) -> None:
    assert callable(change)
    key = new_key(file, name="one", scopes=[])
    new_key(file, name="two", scopes=[])
    with pytest.raises(Unauthenticated, match="not accepted"):
        await ApiKeys(file).caller(bearer(change(key)))


@pytest.mark.parametrize("value", ["", "Basic abc", "Bearer", "Bearer  ", "ag_one_secret"])
async def test_a_request_without_a_key_is_told_how_to_send_one(file: Path, value: str) -> None:
    new_key(file, name="one", scopes=[])
    with pytest.raises(Unauthenticated, match="Authorization: Bearer"):
        await ApiKeys(file).caller(value)


async def test_a_key_is_added_without_a_restart(file: Path) -> None:
    new_key(file, name="one", scopes=[])
    known = ApiKeys(file)
    later = new_key(file, name="two", scopes=[])
    assert (await known.caller(bearer(later))).id == "key:two"


async def test_a_key_is_withdrawn_without_a_restart(file: Path) -> None:
    key = new_key(file, name="one", scopes=[])
    known = ApiKeys(file)
    rewrite(file, "")
    with pytest.raises(Unauthenticated):
        await known.caller(bearer(key))


async def test_a_change_that_cannot_be_read_leaves_the_last_good_keys(file: Path) -> None:
    key = new_key(file, name="one", scopes=[])
    known = ApiKeys(file)
    rewrite(file, "this is no TOML")
    assert (await known.caller(bearer(key))).id == "key:one"


@pytest.mark.parametrize("name", ["", "Upper", "with blank", "a" * 41, "a_b"])
def test_a_name_that_is_none_is_refused(file: Path, name: str) -> None:
    with pytest.raises(KeyFileError, match="a name has"):
        new_key(file, name=name, scopes=[])


def test_a_name_is_given_once(file: Path) -> None:
    new_key(file, name="one", scopes=[])
    with pytest.raises(KeyFileError, match="already"):
        new_key(file, name="one", scopes=[])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[a]\nscopes = []", "digest"),
        ('[a]\ndigest = "sha256:abc"\nscopes = []', "digest"),
        (f'[a]\ndigest = "sha256:{"0" * 64}"', "scopes"),
        (f'[a]\ndigest = "sha256:{"0" * 64}"\nscopes = ["everything"]', "scopes"),
        (f'[a]\ndigest = "sha256:{"0" * 64}"\nscopes = [{{a = 1}}]', "scopes"),
        ("a = 1", "digest"),
        ("{", "no TOML"),
    ],
)
def test_a_file_that_is_wrong_says_where(file: Path, text: str, reason: str) -> None:
    file.write_text(text)
    with pytest.raises(KeyFileError, match=reason):
        read_keys(file)


def test_a_file_that_is_not_there_says_so(file: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        ApiKeys(file)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written"):
        new_key(tmp_path / "missing" / os.devnull.strip("/"), name="one", scopes=[])
