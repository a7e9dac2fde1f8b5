"""`accessgraph keys new`, and the gateway that lets the holders of such keys in."""

import hashlib
import re
import stat
import tomllib
from pathlib import Path

import httpx
import pytest

from tests.cli.command import LONGEST_SECONDS, Finished, run_to_the_end
from tests.cli.conftest import Run, Start

KEY = r"ag_{name}_[A-Za-z0-9_-]{{43}}"
BY_KEY = {"GATEWAY_PORT": "0", "GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": "keys.toml"}
PLATFORMS = {"query": "{ platforms { name } }"}
ADD = {
    "query": "mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome } }",
    "variables": {"input": {"projectId": "x", "person": {"email": "a@example.org"}, "role": "VIEWER"}},
}


def made(finished: Finished, *, name: str = "dashboard") -> str:
    """The key, which must be all that was said."""
    assert (finished.exit_code, finished.complaints) == (0, "")
    assert re.fullmatch(KEY.format(name=name) + "\n", finished.output), finished.output
    return finished.output.strip()


def complaint(finished: Finished, *, exit_code: int) -> str:
    """What is wrong; nothing but that was said, and no key was made."""
    assert (finished.exit_code, finished.output) == (exit_code, "")
    assert "Traceback" not in finished.complaints
    assert re.search(KEY.format(name=".+"), finished.complaints) is None
    return finished.complaints


def entries(file: Path) -> dict[str, dict[str, object]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- a new key


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A key, and the folder in which it was made; not to be changed."""
    folder = tmp_path_factory.mktemp("keys")
    return made(run_to_the_end(folder, "keys", "new", "dashboard", environment={})), folder


def test_the_file_gets_the_keys_digest_and_not_the_key(new: tuple[str, Path]) -> None:
    key, folder = new
    assert key.rpartition("_")[2] not in (folder / "keys.toml").read_text(encoding="utf-8")
    digest = f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    assert entries(folder / "keys.toml")["dashboard"]["digest"] == digest


def test_the_file_is_readable_to_its_owner_only_and_the_only_one(new: tuple[str, Path]) -> None:
    _, folder = new
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"keys.toml": 0o600}


def test_a_key_may_read_members_if_nothing_else_is_said(new: tuple[str, Path]) -> None:
    _, folder = new
    assert entries(folder / "keys.toml")["dashboard"]["scopes"] == ["members:read"]


def test_no_two_keys_are_the_same(run: Run) -> None:
    keys = [made(run("keys", "new", name), name=name) for name in ("one", "two")]
    assert len({key.rpartition("_")[2] for key in keys}) == 2


def test_a_second_key_leaves_the_first_as_it_is(run: Run, tmp_path: Path) -> None:
    made(run("keys", "new", "one"), name="one")
    before = entries(tmp_path / "keys.toml")
    made(run("keys", "new", "two"), name="two")
    after = entries(tmp_path / "keys.toml")
    assert ({**after, **before}, list(after)) == (after, ["one", "two"])


def test_comments_of_the_operators_own_stay_where_they_are(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("# For the office, until June.", encoding="utf-8")
    made(run("keys", "new", "dashboard"))
    assert file.read_text(encoding="utf-8").startswith("# For the office, until June.\n")
    assert list(entries(file)) == ["dashboard"]


@pytest.mark.parametrize(
    ("arguments", "scopes"),
    [
        (("--scope", "members:write"), ["members:write"]),
        (("--scope", "pii:read", "--scope", "members:read"), ["members:read", "pii:read"]),
    ],
    ids=["one", "two"],
)
def test_a_key_has_the_scopes_that_were_asked_for(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], scopes: list[str]
) -> None:
    made(run("keys", "new", "dashboard", *arguments))
    assert entries(tmp_path / "keys.toml")["dashboard"]["scopes"] == scopes


def test_another_file_can_be_named(run: Run, tmp_path: Path) -> None:
    made(run("keys", "new", "dashboard", "--file", "secrets.toml"))
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.toml"]


# ---------------------------------------------------------------- what cannot be done


def test_a_name_is_given_once_and_its_first_key_stays_good(run: Run, tmp_path: Path) -> None:
    made(run("keys", "new", "dashboard"))
    before = (tmp_path / "keys.toml").read_bytes()
    told = complaint(run("keys", "new", "dashboard"), exit_code=1)
    assert told == "Error: there is a key named dashboard already\n"
    assert (tmp_path / "keys.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["", "Dashboard", "a_b", "a\n[b]"])
def test_what_cannot_be_a_name_is_told_and_no_file_is_made(run: Run, tmp_path: Path, name: str) -> None:
    told = complaint(run("keys", "new", name), exit_code=1)
    assert told == "Error: a name has up to 40 lower-case letters, digits and hyphens\n"
    assert list(tmp_path.iterdir()) == []


BAD_FILES = {
    "no TOML": ("[dashboard", "keys.toml is no TOML document"),
    "no text": (b"\xff\xfe", "keys.toml is no TOML document"),
    "a key in place of its digest": (
        '[office]\ndigest = "ag_office_s3cret"\nscopes = []',
        "office: digest is missing or is no SHA-256 digest",
    ),
    "an unknown scope": (
        f'[office]\ndigest = "sha256:{"0" * 64}"\nscopes = ["s3cret"]',
        "office: scopes must be a list of audit:read, explorer, members:read, members:write, pii:read",
    ),
}


@pytest.mark.parametrize(("content", "problem"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_is_told_and_left_as_it_is(
    run: Run, tmp_path: Path, content: str | bytes, problem: str
) -> None:
    given = content.encode() if isinstance(content, str) else content
    (tmp_path / "keys.toml").write_bytes(given)
    assert complaint(run("keys", "new", "dashboard"), exit_code=1) == f"Error: {problem}\n"
    assert (tmp_path / "keys.toml").read_bytes() == given


def test_an_operators_table_within_a_table_does_not_swallow_the_key(run: Run, tmp_path: Path) -> None:
    """Appended to a file that ends within something, an entry must still be an entry of its own."""
    (tmp_path / "keys.toml").write_text(
        f'[office]\ndigest = "sha256:{"0" * 64}"\nscopes = []\n[office.notes]\nuntil = "June"', "utf-8"
    )
    made(run("keys", "new", "dashboard"))
    assert list(entries(tmp_path / "keys.toml")) == ["office", "dashboard"]


def test_a_file_in_a_folder_that_is_not_there_is_told(run: Run) -> None:
    told = complaint(run("keys", "new", "dashboard", "--file", "missing/keys.toml"), exit_code=1)
    assert told == "Error: missing/keys.toml cannot be written: No such file or directory\n"


def test_a_folder_in_place_of_the_file_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").mkdir()
    assert "directory" in complaint(run("keys", "new", "dashboard", "--file", "keys.toml"), exit_code=2)


def test_an_unknown_scope_is_told_with_those_that_there_are(run: Run, tmp_path: Path) -> None:
    told = complaint(run("keys", "new", "dashboard", "--scope", "everything"), exit_code=2)
    for scope in ("members:read", "members:write", "pii:read", "audit:read", "explorer"):
        assert scope in told
    assert list(tmp_path.iterdir()) == []


def test_a_key_without_a_name_is_no_key(run: Run) -> None:
    assert "Missing argument 'NAME'" in complaint(run("keys", "new"), exit_code=2)


# ---------------------------------------------------------------- the gateway takes them


def answer(address: str, body: object, *, key: str | None) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.post(address, json=body, headers=headers, timeout=LONGEST_SECONDS, trust_env=False)


def test_a_gateway_lets_the_holder_of_a_new_key_in_and_nobody_else(run: Run, start: Start) -> None:
    key = made(run("keys", "new", "dashboard"))
    address = start("serve", **BY_KEY).address()
    statuses = [answer(address, PLATFORMS, key=one).status_code for one in (key, None, f"{key[:-3]}abc")]
    assert statuses == [200, 401, 401]


def test_a_key_may_do_what_its_scopes_say(run: Run, start: Start) -> None:
    reader = made(run("keys", "new", "reader"), name="reader")
    writer = made(run("keys", "new", "writer", "--scope", "members:write"), name="writer")
    address = start("serve", **BY_KEY).address()
    told = [answer(address, ADD, key=key).json() for key in (reader, writer)]
    assert told[0]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert told[1]["data"]["addMember"]["outcome"] == "REFUSED"


def test_a_key_is_made_and_withdrawn_while_the_gateway_runs(run: Run, start: Start, tmp_path: Path) -> None:
    made(run("keys", "new", "first"), name="first")
    address = start("serve", **BY_KEY).address()
    kept = (tmp_path / "keys.toml").read_bytes()
    later = made(run("keys", "new", "later"), name="later")
    let_in = answer(address, PLATFORMS, key=later).status_code
    (tmp_path / "keys.toml").write_bytes(kept)
    assert (let_in, answer(address, PLATFORMS, key=later).status_code) == (200, 401)


def test_a_gateway_does_not_start_without_its_keys(run: Run) -> None:
    refused = run("serve", **BY_KEY)
    assert (refused.exit_code, refused.output) == (2, "")
    assert "GATEWAY_AUTH__KEYS_FILE: " in refused.complaints


def test_a_gateway_does_not_start_with_a_key_in_place_of_its_digest(run: Run, tmp_path: Path) -> None:
    content, problem = BAD_FILES["a key in place of its digest"]
    (tmp_path / "keys.toml").write_text(str(content), encoding="utf-8")
    assert complaint(run("serve", **BY_KEY), exit_code=1) == f"Error: {problem}\n"
