"""Both platforms at once, for the two mutations that change many projects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand
from tests.mutations.ground import Ground, Payload, QuantConnectGround, TestomatoGround

QUANTCONNECT, TESTOMATO = PlatformKey

# On both platforms, in projects of the gateway's own account only: the sixth there, the eighth here.
LEAVER = "rafael-quintana"
PLACES = {QUANTCONNECT: 6, TESTOMATO: 8}
ERRORS = "userErrors { code message field retryable }"
SHOWN = f"complete {ERRORS} results {{ projectId outcome {ERRORS} }}"
GRANT = "mutation($input: GrantAccessInput!) {{ grantAccess(input: $input) {{ {shown} }} }}"
REVOKE = "mutation($input: RevokeAccessInput!) {{ revokeAccess(input: $input) {{ {shown} }} }}"


def address_of(person: str) -> dict[str, str]:
    """The PersonRef by which everybody is found everywhere."""
    return {"email": person if "@" in person else TIDEWATER.person(person).email}


@dataclass(frozen=True, kw_only=True)
class Everywhere:
    """A running gateway, and the two platforms behind it to look at."""

    stand: Stand
    quantconnect: QuantConnectGround
    testomato: TestomatoGround

    @classmethod
    def of(cls, stand: Stand) -> "Everywhere":
        return cls(
            stand=stand,
            quantconnect=QuantConnectGround(stand=stand, sandbox=stand.quantconnect),
            testomato=TestomatoGround(stand=stand, sandbox=stand.testomato),
        )

    @property
    def grounds(self) -> tuple[Ground, Ground]:
        return self.quantconnect, self.testomato

    def ground(self, key: PlatformKey) -> Ground:
        return self.quantconnect if key is QUANTCONNECT else self.testomato

    @property
    def writes(self) -> list[str]:
        """Those that either stand-in has received."""
        return [write for ground in self.grounds for write in ground.writes]

    @property
    def call_count(self) -> int:
        return sum(ground.sandbox.calls.total_count for ground in self.grounds)

    def forget_calls(self) -> None:
        for ground in self.grounds:
            ground.sandbox.calls.clear()

    def roles_of(self, person: str) -> dict[str, Role]:
        """What the person is in each project that they are in, as the stand-ins have it."""
        found = {
            ground.project_id(number): ground.role_of(person, project=number)
            for ground in self.grounds
            for number in range(1, len(ground.sandbox.state.projects) + 1)
        }
        return {project: role for project, role in found.items() if role is not None}

    def targets(self, *places: tuple[PlatformKey, int], role: str = "EDITOR", **more: object) -> list[Any]:
        """One for each project, which are numbered from 1."""
        return [
            {"projectId": self.ground(key).project_id(number), "role": role, **more} for key, number in places
        ]

    async def grant(
        self,
        person: str | Mapping[str, str],
        targets: Sequence[Mapping[str, object]],
        *,
        shown: str = SHOWN,
        **more: object,
    ) -> Payload:
        given = {"person": reference(person), "targets": targets, **more}
        return await self._ask(GRANT.format(shown=shown), given)

    async def revoke(
        self, person: str | Mapping[str, str], *project_ids: str, shown: str = SHOWN, **more: object
    ) -> Payload:
        """Out of these projects; out of everything where there are none."""
        projects = {"projectIds": project_ids} if project_ids else {"everywhere": True}
        return await self._ask(REVOKE.format(shown=shown), {"person": reference(person), **projects, **more})

    async def _ask(self, document: str, given: Mapping[str, object]) -> Payload:
        [payload] = (await self.stand.data(document, input=given)).values()
        found: Payload = payload
        return found


def reference(person: str | Mapping[str, str]) -> Mapping[str, str]:
    return address_of(person) if isinstance(person, str) else person


def outcomes_of(payload: Payload) -> list[str]:
    return [result["outcome"] for result in payload["results"]]


def errors_of(payload: Payload) -> list[tuple[str, str]]:
    """The code and the argument of everything that went wrong, of the whole first."""
    errors = [*payload["userErrors"], *(one for result in payload["results"] for one in result["userErrors"])]
    return [(error["code"], ".".join(error["field"])) for error in errors]
