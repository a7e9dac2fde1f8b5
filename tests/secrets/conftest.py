"""Gateways as processes, whose every word is noted: two ways to know callers, in either log format.

What is asked is the same, once with the account and keys of the settings, once with the callers' own.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio.to_thread
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import digest_of, new_key
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from tests.cli.command import LONGEST_SECONDS, Running, run_to_the_end, running
from tests.cli.stand_ins import variables_for
from tests.conftest import ONE_ATTEMPT_A_CALL
from tests.secrets.day import Day, asking, marked_headers
from tests.secrets.evidence import Caller, Evidence, Overheard
from tests.secrets.marks import Place
from tests.soaking import times
from tests.telemetry.collected import collecting

ISSUER = "https://issuer.example"
ISSUERS_KEY = ec.generate_private_key(ec.SECP256R1())
PEM = ISSUERS_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Both stand-ins, and how to start a gateway in front of them."""

    evidence: Evidence
    quantconnect: QuantConnectSandbox
    testomato: TestomatoSandbox
    variables: dict[str, str]
    folder: Path

    def put(self, name: str, content: str | bytes) -> str:
        """A file in the gateway's folder, which is not searched."""
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        self.evidence.plant(data)
        return name


More = Callable[[Caller], Awaitable[None]]
Act = Callable[[Scene], tuple[dict[str, str], dict[str, str], More]]
"""Gives the settings of a gateway, the headers of its callers, and what else is asked of it."""

FORMATS = [("console", "json"), ("json", "console")]


@pytest.fixture(scope="session", params=FORMATS[: times(1, soaking=2)], ids="-".join)
def evidence(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What became of everything that was planted."""
    evidence = Evidence()
    acts = (with_accounts_of_the_settings, with_accounts_of_the_callers)
    for act, log_format in zip(acts, request.param, strict=True):
        asyncio.run(play(act, evidence, tmp_path_factory.mktemp("gateway"), log_format=log_format))
    return evidence


async def play(act: Act, evidence: Evidence, folder: Path, *, log_format: str) -> None:
    """One gateway's life."""
    with collecting() as collected:
        async with setting(evidence, folder) as scene:
            settings, headers, more = act(scene)
            variables = {
                **scene.variables,
                **collected.variables,
                **settings,
                "GATEWAY_PORT": "0",
                "GATEWAY_LOG_LEVEL": "debug",
                "GATEWAY_LOG_FORMAT": log_format,
            }
            evidence.plant(repr(variables))
            put = frozenset(path.name for path in folder.iterdir()) | {"output.txt", "complaints.txt"}
            with running(folder, "serve", environment=variables) as serving:
                await live(serving, scene, {**marked_headers(evidence), **headers}, more)
                evidence.look_into(folder, planted=put)
                ended = await anyio.to_thread.run_sync(partial(serving.end, signal.SIGTERM))
                assert ended.exit_code == 0, ended.everything
                evidence.add(Place.LOG, ended.everything)
            evidence.look_into(folder, planted=put)
            for command in (("doctor",), ("schema", "print")):
                run = partial(run_to_the_end, folder, *command, environment=variables)
                evidence.add(Place.OTHER_COMMANDS, (await anyio.to_thread.run_sync(run)).everything)
        collected.rest()
        evidence.add(Place.TRACES, b"".join(collected.sent))


@asynccontextmanager
async def setting(evidence: Evidence, folder: Path) -> AsyncIterator[Scene]:
    quantconnect = create_quantconnect_sandbox()
    testomato = create_testomato_sandbox(lists_projects=False)
    quantconnect = replace(quantconnect, app=Overheard(quantconnect.app, evidence))
    testomato = replace(testomato, app=Overheard(testomato.app, evidence))
    async with quantconnect.running() as quantconnect_url, testomato.running() as testomato_url:
        yield Scene(
            evidence=evidence,
            quantconnect=quantconnect,
            testomato=testomato,
            folder=folder,
            variables={
                **ONE_ATTEMPT_A_CALL,
                **variables_for(quantconnect, quantconnect_url),
                **variables_for(testomato, testomato_url),
            },
        )


async def live(serving: Running, scene: Scene, headers: dict[str, str], more: More) -> None:
    address = httpx.URL(await anyio.to_thread.run_sync(serving.address))
    evidence = scene.evidence
    process = Path(f"/proc/{serving._process.pid}")  # noqa: SLF001 - nobody else needs to know it
    evidence.add(Place.COMMAND_LINE, (process / "cmdline").read_bytes())
    async with httpx.AsyncClient(
        base_url=f"http://{address.host}:{address.port}", timeout=LONGEST_SECONDS, trust_env=False
    ) as client:
        caller = Caller(client=client, evidence=evidence, headers=headers)
        day = Day(caller, quantconnect=scene.quantconnect, testomato=scene.testomato)
        await day.pass_by()
        await more(caller)
        figures = await client.get("/metrics")
        assert figures.status_code == 200
        evidence.add(Place.METRICS, f"{figures.headers!r} {figures.text}")


def with_accounts_of_the_settings(scene: Scene) -> tuple[dict[str, str], dict[str, str], More]:
    """API keys, a token in a variable, a password in a file."""
    evidence, marks = scene.evidence, scene.evidence.marks
    marks["QuantConnect's API token in the settings"] = scene.quantconnect.credentials.api_token
    marks["Testomato's password in a file"] = scene.testomato.credentials.password
    marks["the operator's e-mail address in the settings"] = scene.testomato.credentials.email
    held = scene.quantconnect.secrets - {scene.quantconnect.credentials.api_token}
    marks["a secret of a project on QuantConnect"] = min(held)
    project = next(iter(scene.testomato.state.projects.values()))
    marks["a secret of a project on Testomato"] = str(project.shown["apiKey"])
    key = new_key(scene.folder / "keys.toml", name="dashboard", scopes=Scope)
    marks["a good key"], marks["a key's digest"] = key.removeprefix("ag_dashboard_"), digest_of(key)[7:]
    settings = {
        "GATEWAY_AUTH__MODE": "api_key",
        "GATEWAY_AUTH__KEYS_FILE": "keys.toml",
        "GATEWAY_TESTOMATO__PASSWORD": "",
        "GATEWAY_TESTOMATO__PASSWORD_FILE": scene.put("password", scene.testomato.credentials.password),
        "GATEWAY_PEOPLE__LINKS_FILE": scene.put("links.toml", links(evidence)),
    }
    scene.put("keys.toml", (scene.folder / "keys.toml").read_bytes())
    headers = {
        "Authorization": f"Bearer {key}",
        "X-QuantConnect-User-Id": "412000",
        "X-QuantConnect-Token": evidence.mark("a QuantConnect token that nobody asked for"),
        "X-Testomato-Token": evidence.mark("a Testomato token that nobody asked for"),
    }

    async def more(caller: Caller) -> None:
        bad = evidence.mark("a bad key", before="Bearer ag_dashboard_", after="x" * 15)
        none = evidence.mark("a word that is no key", before="Bearer ")
        statuses = [
            (await caller.send(asking("{ __typename }"), Authorization=one)).status_code
            for one in (bad, none)
        ]
        assert statuses == [401, 401]
        scene.put(
            "keys.toml", evidence.mark("a key by mistake in its file", before='[a]\ndigest = "ag_', after='"')
        )
        assert (await caller.send(asking("{ __typename }"))).status_code == 200

    return settings, headers, more


def links(evidence: Evidence) -> str:
    """A file that says which accounts are one person's: one that there is, and one that there is not."""
    name = evidence.mark("a person's name in the links file")
    account = evidence.mark("an account in the links file that nobody has")
    return f'["{name}"]\nquantconnect = ["ingrid-solheim", "{account}"]\n'


def tokens(evidence: Evidence) -> tuple[str, str]:
    """JSON Web Tokens of the issuer's: a good one, and one that has expired."""
    marks = evidence.marks
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": "accessgraph",
        "sub": evidence.mark("a JSON Web Token's subject"),
        "email": evidence.mark("a JSON Web Token's e-mail claim", after="@example.org"),
        "exp": int(time.time()) + 600,
        "scope": " ".join(Scope),
    }
    evidence.plant(repr(claims))
    token, expired = (
        jwt.encode({**claims, **more}, ISSUERS_KEY, algorithm="ES256") for more in ({}, {"exp": 1_000_000})
    )
    marks["a good JSON Web Token"] = token.rpartition(".")[2]
    marks["an expired JSON Web Token"] = expired.rpartition(".")[2]
    return token, expired


def with_accounts_of_the_callers(scene: Scene) -> tuple[dict[str, str], dict[str, str], More]:
    """JSON Web Tokens, and the callers' own credentials."""
    evidence, marks = scene.evidence, scene.evidence.marks
    token, expired = tokens(evidence)
    own = scene.testomato.token_of(scene.testomato.credentials.email)
    marks["a caller's own Testomato token"] = own.rpartition(".")[2]
    marks["a caller's own QuantConnect token"] = scene.quantconnect.credentials.api_token
    settings = {
        "GATEWAY_AUTH__MODE": "jwt",
        "GATEWAY_AUTH__ISSUER": ISSUER,
        "GATEWAY_AUTH__AUDIENCE": "accessgraph",
        "GATEWAY_AUTH__PUBLIC_KEY_FILE": scene.put("issuer.pem", PEM),
        "GATEWAY_QUANTCONNECT__CREDENTIALS": "caller",
        "GATEWAY_TESTOMATO__CREDENTIALS": "caller",
        **dict.fromkeys(("GATEWAY_QUANTCONNECT__USER_ID", "GATEWAY_QUANTCONNECT__API_TOKEN"), ""),
        **dict.fromkeys(("GATEWAY_TESTOMATO__EMAIL", "GATEWAY_TESTOMATO__PASSWORD"), ""),
    }
    headers = {
        "Authorization": f"Bearer {token}",
        "X-QuantConnect-User-Id": scene.quantconnect.credentials.user_id,
        "X-QuantConnect-Token": scene.quantconnect.credentials.api_token,
        "X-Testomato-Token": own,
    }

    async def more(caller: Caller) -> None:
        mark = evidence.mark
        for bad in (expired, mark("a bad JSON Web Token", before=token.rpartition(".")[0] + ".")):
            response = await caller.send(asking("{ __typename }"), Authorization=f"Bearer {bad}")
            assert response.status_code == 401
        wrong = {
            "X_QuantConnect_Token": mark("a caller's wrong QuantConnect token"),
            "X_Testomato_Token": mark("a caller's wrong Testomato token"),
        }
        read = asking("{ projects { totalCount sources { state error { code message } } } }")
        assert (await caller.send(read, **wrong)).text.count("UPSTREAM_DENIED") == 2
        for malformed in (
            {"X_Testomato_Token": mark("a caller's malformed token", after=" and a blank")},
            {"X_QuantConnect_User_Id": mark("a caller's malformed account id")},
        ):
            assert (await caller.send(read, **malformed)).status_code == 400

    return settings, headers, more
