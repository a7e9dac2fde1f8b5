"""Both platforms under the same names, so that one test of a change does for either."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, cast

import msgspec
import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.graph import ids
from gateway.sandbox.faults import Fault
from gateway.sandbox.handle import Sandbox
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand
from tests.mutations.line import Line, is_write

Payload = dict[str, Any]

# In project 1 of either platform Ingrid is the owner, Caoimhe a viewer, and Tomasz is not in it.
OWNER = "ingrid-solheim"
VIEWER = "caoimhe-doyle"
NEWCOMER = "tomasz-wierzbicki"

PERSON = "{ id upstreamId name email role confirmed live: can(action: LIVE_CONTROL) }"
_MEMBERS = f"query($id: ID!) {{ project(id: $id) {{ members(first: 100) {{ nodes {PERSON} }} }} }}"


_QUANTCONNECT_ROLES = {"write": Role.EDITOR, "read": Role.VIEWER}
_TESTOMATO_ROLES = {4: Role.ADMIN, 5: Role.EDITOR, 6: Role.VIEWER}


def codes_of(payload: Payload) -> list[str]:
    """Why a change was not made."""
    return [error["code"] for error in payload["userErrors"]]


class Change(StrEnum):
    """The three mutations."""

    ADD = "addMember"
    UPDATE = "updateMember"
    REMOVE = "removeMember"

    @property
    def done(self) -> Outcome:
        """What comes of it when all goes well."""
        done = {Change.ADD: Outcome.ADDED, Change.UPDATE: Outcome.UPDATED, Change.REMOVE: Outcome.REMOVED}
        return done[self]

    def document(self, *, project: str = "{ id }") -> str:
        """An operation that makes it and asks for this much of the project."""
        person = "removedMemberId" if self is Change.REMOVE else f"member {PERSON}"
        shown = f"outcome {person} project {project} userErrors {{ code message field retryable }}"
        return (
            f"mutation($input: {self[0].upper()}{self[1:]}Input!) {{ {self}(input: $input) {{ {shown} }} }}"
        )


# What can be sent; Testomato has no call that changes a role.
WRITES = [
    pytest.param(key, change, id=f"{key}-{change}")
    for key in PlatformKey
    for change in Change
    if (key, change) != (PlatformKey.TESTOMATO, Change.UPDATE)
]


@dataclass(frozen=True, kw_only=True)
class Ground(ABC):
    """A running gateway and one platform behind it to try changes on. Projects are numbered from 1."""

    stand: Stand
    sandbox: Sandbox

    key: ClassVar[PlatformKey]

    @abstractmethod
    def project_upstream_id(self, number: int) -> str:
        """What the platform calls the project."""

    @abstractmethod
    def upstream_id(self, person: str) -> str:
        """What the platform calls the person, who is named by key or e-mail address."""

    @abstractmethod
    def reference(self, person: str) -> dict[str, str]:
        """The PersonRef by which the platform adds people."""

    @abstractmethod
    def role_of(self, person: str, *, project: int = 1) -> Role | None:
        """What the person is in the project, as the stand-in has it."""

    @abstractmethod
    def take_out(self, person: str) -> None:
        """Out of the first project, by somebody else than the gateway."""

    @abstractmethod
    def fail_reads(self, fault: Fault) -> None:
        """Make the calls fail that look at a project before a change."""

    @abstractmethod
    def fail_read_back(self, fault: Fault) -> None:
        """Make the calls fail that read the members after a change."""

    @abstractmethod
    def fail_write(self, change: Change, fault: Fault) -> None:
        """Make the calls fail that make the change."""

    def fail(self, fault: Fault, *, path: str, method: str | None = None) -> None:
        """Make these calls fail as `fault` says."""
        self.sandbox.faults.add(msgspec.structs.replace(fault, path=path, method=method))

    def fail_read_back_when_written(self, fault: Fault) -> None:
        """Make them fail from the first write on."""

        async def begin() -> None:
            self.fail_read_back(fault)

        self.line.on_write = begin

    @property
    def line(self) -> Line:
        """The line to the stand-in."""
        return cast("Line", self.sandbox.app)

    @property
    def writes(self) -> list[str]:
        """The writes that the stand-in has received."""
        calls = self.sandbox.calls
        return [f"{call.method} {call.path}" for call in calls if is_write(call.method, call.path)]

    def project_id(self, number: int = 1) -> str:
        return ids.project_id(self.key, self.project_upstream_id(number))

    def member_id(self, person: str, *, project: int = 1) -> str:
        return ids.member_id(self.key, self.project_upstream_id(project), self.upstream_id(person))

    async def add(
        self,
        person: str | Mapping[str, str],
        role: str = "EDITOR",
        *,
        project: int = 1,
        showing: str = "{ id }",
        **more: object,
    ) -> Payload:
        reference = self.reference(person) if isinstance(person, str) else person
        given = {"projectId": self.project_id(project), "person": reference, "role": role, **more}
        return await self.ask(Change.ADD, given, showing=showing)

    async def update(
        self, person: str, role: str = "EDITOR", *, project: int = 1, showing: str = "{ id }", **more: object
    ) -> Payload:
        given = {"memberId": self.member_id(person, project=project), "role": role, **more}
        return await self.ask(Change.UPDATE, given, showing=showing)

    async def remove(
        self, person: str, *, project: int = 1, showing: str = "{ id }", **more: object
    ) -> Payload:
        given = {"memberId": self.member_id(person, project=project), **more}
        return await self.ask(Change.REMOVE, given, showing=showing)

    async def ask(self, change: Change, given: Mapping[str, object], *, showing: str = "{ id }") -> Payload:
        """The payload of a change, with this much of the project."""
        payload: Payload = (await self.stand.data(change.document(project=showing), input=given))[change]
        return payload

    async def make(self, change: Change, **more: object) -> Payload:
        """The change that does for all tests of all three: nothing stands against it."""
        if change is Change.ADD:
            return await self.add(NEWCOMER, **more)
        return await (self.update if change is Change.UPDATE else self.remove)(VIEWER, **more)

    def has_been_made(self, change: Change) -> bool:
        """Whether the stand-in's members are as `make` wants them."""
        wanted = {Change.ADD: Role.EDITOR, Change.UPDATE: Role.EDITOR, Change.REMOVE: None}
        return self.role_of(NEWCOMER if change is Change.ADD else VIEWER) is wanted[change]

    async def members(self, *, project: int = 1) -> dict[str, Payload]:
        """Everybody in the project by name, as a new request shows them."""
        data = await self.stand.data(_MEMBERS, id=self.project_id(project))
        return {node["name"] or node["email"]: node for node in data["project"]["members"]["nodes"]}


class QuantConnectGround(Ground):
    key = PlatformKey.QUANTCONNECT

    def project_upstream_id(self, number: int) -> str:
        return str(list(self.stand.quantconnect.state.projects)[number - 1])

    def upstream_id(self, person: str) -> str:
        return person

    def reference(self, person: str) -> dict[str, str]:
        return {"upstreamUserId": person}

    def role_of(self, person: str, *, project: int = 1) -> Role | None:
        stored = self.stand.quantconnect.state.projects[int(self.project_upstream_id(project))]
        found = stored.collaboration_of(person)
        return None if found is None else _QUANTCONNECT_ROLES.get(found.permission, Role.CUSTOM)

    def take_out(self, person: str) -> None:
        state = self.stand.quantconnect.state
        state.drop_collaboration(state.projects[int(self.project_upstream_id(1))], person)

    def has_live_control(self, person: str, *, project: int = 1) -> bool:
        """Whether the stand-in lets the person steer live trading."""
        stored = self.stand.quantconnect.state.projects[int(self.project_upstream_id(project))]
        found = stored.collaboration_of(person)
        return found is not None and found.live_control

    def fail_reads(self, fault: Fault) -> None:
        self.fail(fault, path="/api/v2/projects/read")

    def fail_read_back(self, fault: Fault) -> None:
        self.fail(fault, path="/api/v2/projects/collaboration/read")

    def fail_write(self, change: Change, fault: Fault) -> None:
        name = {Change.ADD: "create", Change.UPDATE: "update", Change.REMOVE: "delete"}[change]
        self.fail(fault, path=f"/api/v2/projects/collaboration/{name}")


class TestomatoGround(Ground):
    key = PlatformKey.TESTOMATO

    def project_upstream_id(self, number: int) -> str:
        return list(self.stand.testomato.state.projects)[number - 1]

    def upstream_id(self, person: str) -> str:
        user = self.stand.testomato.state.user_by_email(self.reference(person)["email"])
        return "0" if user is None else str(user.user_id)

    def reference(self, person: str) -> dict[str, str]:
        return {"email": person if "@" in person else TIDEWATER.person(person).email}

    def role_of(self, person: str, *, project: int = 1) -> Role | None:
        stored = self.stand.testomato.state.projects[self.project_upstream_id(project)]
        found = stored.roles.get(int(self.upstream_id(person)))
        return None if found is None else _TESTOMATO_ROLES.get(found, Role.CUSTOM)

    def take_out(self, person: str) -> None:
        state = self.stand.testomato.state
        state.remove_users(state.projects[self.project_upstream_id(1)], [int(self.upstream_id(person))])

    def fail_reads(self, fault: Fault) -> None:
        self.fail(fault, path="/api/project/", method="GET")

    def fail_read_back(self, fault: Fault) -> None:
        self.fail(fault, path="/api/project/*/users", method="GET")

    def fail_write(self, change: Change, fault: Fault) -> None:
        self.fail(fault, path="/api/project/*/users", method="POST" if change is Change.ADD else "DELETE")
