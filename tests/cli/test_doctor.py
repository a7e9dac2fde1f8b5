"""`accessgraph doctor`: what it says of settings, platforms, credentials and rights, in plain words."""

import re
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from gateway.doctor import IN_WORDS
from gateway.domain.vocabulary import Action
from gateway.platforms.testomato.sandbox import create_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.command import LONGEST_SECONDS, Finished
from tests.cli.conftest import Run, Start
from tests.cli.stand_ins import StandIns, variables_for

pytestmark = pytest.mark.anyio

Doctor = Callable[[dict[str, str]], Awaitable[Finished]]

QUANTCONNECT_IS_WELL = """\
QuantConnect: reached. The credential belongs to Ingrid Solheim (id 412000).
  It sees 12 projects.
  It may read 12 of 12.
  It may write in 11 of 12.
  It may steer live trading in 11 of 12.
  It may manage the members in 10 of 12.
  It may leave 2 of 12.
"""
TESTOMATO_IS_WELL = """\
Testomato: reached. The credential belongs to Ingrid Solheim (id 4200).
  It sees 10 projects.
  It may read 10 of 10.
  It may write in 9 of 10.
  It may start runs in 9 of 10.
  It may change the settings in 8 of 10.
  It may manage the members in 8 of 10.
  It may see the API key in 9 of 10.
  It may leave 3 of 10.
"""
QUANTCONNECT_IS_ABSENT = """\
QuantConnect: not configured. To add it, set its credential: GATEWAY_QUANTCONNECT__…
"""
TESTOMATO_IS_ABSENT = """\
Testomato: not configured. To add it, set its credential: GATEWAY_TESTOMATO__…
"""
WRONG = "wr0ng-credential"


@pytest.fixture
def doctor(run: Run, stand_ins: StandIns) -> Doctor:
    """Runs the command, which never complains, nor tells a secret or an e-mail address, whatever is wrong."""

    async def examine(variables: dict[str, str]) -> Finished:
        examined = await anyio.to_thread.run_sync(partial(run, "doctor", **variables))
        assert examined.complaints == ""
        given = {value for name, value in variables.items() if name.endswith(("TOKEN", "PASSWORD"))}
        secrets = (given | stand_ins.quantconnect.secrets | stand_ins.testomato.secrets | {"@"}) - {""}
        assert [secret for secret in secrets if secret in examined.output] == []
        return examined

    return examine


def said(*parts: str) -> str:
    return "".join(("Settings: good.\n", *parts))


async def test_where_all_is_well_it_says_whose_credentials_they_are_and_what_they_may_do(
    doctor: Doctor, stand_ins: StandIns
) -> None:
    examined = await doctor(stand_ins.variables)
    assert examined.exit_code == 0
    assert examined.output == said(QUANTCONNECT_IS_WELL, TESTOMATO_IS_WELL)


async def test_a_ready_token_serves_as_well_as_a_password(doctor: Doctor, stand_ins: StandIns) -> None:
    variables = {
        **stand_ins.testomato_variables,
        "GATEWAY_TESTOMATO__EMAIL": "",
        "GATEWAY_TESTOMATO__PASSWORD": "",
        "GATEWAY_TESTOMATO__TOKEN": stand_ins.testomato.token,
    }
    examined = await doctor(variables)
    assert examined.exit_code == 0
    assert examined.output == said(QUANTCONNECT_IS_ABSENT, TESTOMATO_IS_WELL)


async def test_a_platform_without_credential_is_no_fault(doctor: Doctor, stand_ins: StandIns) -> None:
    examined = await doctor(stand_ins.quantconnect_variables)
    assert examined.exit_code == 0
    assert examined.output == said(QUANTCONNECT_IS_WELL, TESTOMATO_IS_ABSENT)


async def test_a_gateway_without_any_platform_is_found_wanting(doctor: Doctor) -> None:
    examined = await doctor({})
    assert examined.exit_code == 1
    nothing = "No platform is configured, so the graph is empty.\n"
    assert examined.output == said(QUANTCONNECT_IS_ABSENT, TESTOMATO_IS_ABSENT, nothing)


@pytest.mark.parametrize(
    ("name", "failing", "well"),
    [
        ("GATEWAY_QUANTCONNECT__API_TOKEN", "QuantConnect", TESTOMATO_IS_WELL),
        ("GATEWAY_TESTOMATO__PASSWORD", "Testomato", QUANTCONNECT_IS_WELL),
    ],
)
async def test_a_wrong_credential_is_told_beside_what_works(
    doctor: Doctor, stand_ins: StandIns, name: str, failing: str, well: str
) -> None:
    examined = await doctor({**stand_ins.variables, name: WRONG})
    assert examined.exit_code == 1
    credential = name.rpartition("__")[0]
    assert (
        f"{failing}: FAILED. The platform denied access to the gateway's account. Check the credential, "
        f"{credential}__…, what its account is allowed, and the clock of this machine.\n"
    ) in examined.output
    assert well in examined.output


async def test_a_platform_that_cannot_be_reached_is_told_beside_what_works(
    doctor: Doctor, stand_ins: StandIns, dead_address: str
) -> None:
    nobody = {"GATEWAY_TESTOMATO__BASE_URL": dead_address}
    examined = await doctor({**stand_ins.variables, **nobody})
    assert examined.exit_code == 1
    assert examined.output == said(
        QUANTCONNECT_IS_WELL,
        "Testomato: FAILED. The platform cannot be reached. "
        "Check GATEWAY_TESTOMATO__BASE_URL and the network.\n",
    )


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(
            Fault(kind=FaultKind.HTML),
            "The platform's answer could not be understood. "
            "Check GATEWAY_QUANTCONNECT__BASE_URL and the network.",
            id="web page",
        ),
        pytest.param(
            Fault(kind=FaultKind.STATUS, status=503),
            "The platform reports a failure of its own. Nothing has to be changed here.",
            id="out of order",
        ),
        pytest.param(
            Fault(kind=FaultKind.THROTTLE, seconds=3600),
            "The platform asks for fewer calls; try again later. Nothing has to be changed here.",
            id="throttled",
        ),
    ],
)
async def test_what_a_platform_says_instead_of_an_answer_is_told(
    doctor: Doctor, stand_ins: StandIns, fault: Fault, told: str
) -> None:
    stand_ins.quantconnect.faults.add(fault)
    examined = await doctor(stand_ins.quantconnect_variables)
    assert examined.exit_code == 1
    assert examined.output == said(f"QuantConnect: FAILED. {told}\n", TESTOMATO_IS_ABSENT)


async def test_a_project_that_is_unknown_is_named(doctor: Doctor, stand_ins: StandIns) -> None:
    variables = dict(stand_ins.testomato_variables)
    variables["GATEWAY_TESTOMATO__PROJECT_IDS"] += ",0123456789abcdef01234567"
    examined = await doctor(variables)
    assert examined.exit_code == 1
    assert examined.output.startswith(said(QUANTCONNECT_IS_ABSENT, TESTOMATO_IS_WELL))
    assert "  FAILED. The platform knows no such object. 1 of 11 projects " in examined.output
    assert examined.output.endswith("  Missing: 0123456789abcdef01234567.\n")


async def test_a_platform_that_cannot_list_projects_and_is_told_of_none_is_found_wanting(
    doctor: Doctor, stand_ins: StandIns
) -> None:
    examined = await doctor({**stand_ins.testomato_variables, "GATEWAY_TESTOMATO__PROJECT_IDS": ""})
    assert examined.exit_code == 1
    assert examined.output.endswith(
        "  It sees 0 projects.\n"
        "  This platform lists none by itself: name them in GATEWAY_TESTOMATO__PROJECT_IDS.\n"
    )


async def test_rights_that_cannot_be_read_are_told_as_unknown(doctor: Doctor) -> None:
    testomato = create_sandbox(lists_projects=True)  # in a list the projects come without the rights
    testomato.faults.add(Fault(kind=FaultKind.HTML, path="/api/project/*/permissions"))
    async with testomato.running() as base_url:
        examined = await doctor(variables_for(testomato, base_url))
    assert examined.exit_code == 1
    assert examined.output.endswith(
        "  It sees 10 projects.\n"
        "  In 10 of 10 its rights are not known. The platform's answer could not be understood.\n"
    )


async def test_ctrl_c_ends_it_without_a_traceback(start: Start, stand_ins: StandIns) -> None:
    stand_ins.quantconnect.faults.add(Fault(kind=FaultKind.DELAY, seconds=LONGEST_SECONDS))
    examining = start("doctor", **stand_ins.quantconnect_variables)
    with anyio.fail_after(LONGEST_SECONDS):
        while not stand_ins.quantconnect.calls:  # noqa: ASYNC110 - a stand-in sets no event
            await anyio.sleep(0.01)
    ended = await anyio.to_thread.run_sync(partial(examining.end, signal.SIGINT))
    assert ended.exit_code == 1
    assert ended.everything == "Settings: good.\n\nAborted!\n"


def test_every_action_has_plain_words() -> None:
    assert list(IN_WORDS) == list(Action)


# ---------------------------------------------------------------- files, and credentials that callers bring


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("GATEWAY_AUTH__KEYS_FILE", "[one]\n", "one: digest is missing or is no SHA-256 digest"),
        ("GATEWAY_DOCUMENTS__FILE", "[]", "it is no JSON object of hashes and texts"),
        ("GATEWAY_PEOPLE__LINKS_FILE", "[a]\njira = '7'\n", "none of quantconnect, testomato"),
        ("GATEWAY_STORE__URL", "a letter", "it is no SQLite database"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    doctor: Doctor, stand_ins: StandIns, tmp_path: Path, *, name: str, content: str, complaint: str
) -> None:
    (tmp_path / "given").write_text(content)
    value = "sqlite:///given" if name == "GATEWAY_STORE__URL" else "given"
    mode = {"GATEWAY_AUTH__MODE": "api_key"} if name == "GATEWAY_AUTH__KEYS_FILE" else {}
    examined = await doctor({**stand_ins.variables, **mode, name: value})
    assert examined.exit_code == 1
    assert re.search(rf"^Files: FAILED\. .*{complaint}\.$", examined.output, re.MULTILINE)


async def test_a_folder_that_is_not_there_is_no_place_for_the_ledger(
    doctor: Doctor, stand_ins: StandIns
) -> None:
    examined = await doctor({**stand_ins.variables, "GATEWAY_STORE__URL": "sqlite:///nowhere/ledger.sqlite3"})
    assert examined.exit_code == 1
    assert "Files: FAILED. nowhere/ledger.sqlite3 cannot be made: its folder is missing" in examined.output


async def test_looking_leaves_no_file_behind(doctor: Doctor, stand_ins: StandIns, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    await doctor(stand_ins.variables)
    assert {path.name for path in tmp_path.iterdir()} == before


async def test_a_credential_that_callers_bring_is_no_fault(doctor: Doctor) -> None:
    examined = await doctor({"GATEWAY_QUANTCONNECT__CREDENTIALS": "caller"})
    assert examined.exit_code == 0
    assert (
        "QuantConnect: called with each caller's own credential, from X-QuantConnect-User-Id and "
        "X-QuantConnect-Token; not tried here." in examined.output
    )
