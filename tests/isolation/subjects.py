"""A gateway in front of the company that the stand-ins know, with what there is to be asked about on each."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.caller import Scope
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.sandbox.handle import Sandbox
from gateway.sandbox.tidewater import TIDEWATER
from tests.isolation.border import EVERYTHING, Answer, Border
from tests.mutations.line import is_write

# In the first project of either platform Ingrid is the owner and Tomasz is not in it.
OWNER, NEWCOMER = "ingrid-solheim", "tomasz-wierzbicki"
# An editor there, of whom each stand-in shows all that it ever shows of anybody.
EDITOR = {PlatformKey.QUANTCONNECT: "hanna-virtanen", PlatformKey.TESTOMATO: "greta-hoffmann"}

# What an answer must not hold for whoever may not see personal data, and for whoever may see no members.
PERSONAL_TEXTS = frozenset(
    text
    for person in TIDEWATER.people
    for text in (person.email.lower(), (person.bio or "").lower(), f"/profiles/{person.key}.png")
    if text
)
NAMES = frozenset(person.name for person in TIDEWATER.people)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """The gateway, and the two stand-ins behind it."""

    border: Border
    quantconnect: QuantConnectSandbox
    testomato: TestomatoSandbox

    @property
    def sandboxes(self) -> tuple[Sandbox, ...]:
        return self.quantconnect, self.testomato

    @property
    def call_count(self) -> int:
        """How many calls both platforms have received."""
        return sum(sandbox.calls.total_count for sandbox in self.sandboxes)

    @property
    def write_count(self) -> int:
        """How many of them were to change something."""
        calls = [call for sandbox in self.sandboxes for call in sandbox.calls]
        return sum(is_write(call.method, call.path) for call in calls)

    async def leave_a_trail(self) -> None:
        """Let there be an entry in the audit trail for each platform's project."""
        for key in PlatformKey:
            document = "mutation ($update: UpdateMemberInput!) { updateMember(input: $update) { outcome } }"
            answer = await self.ask(document, key)
            assert answer["data"]["updateMember"]["outcome"] == "UNCHANGED"
        for sandbox in self.sandboxes:
            sandbox.calls.clear()

    async def ask(
        self, document: str, key: PlatformKey, *, scopes: Iterable[Scope] = EVERYTHING, **more: object
    ) -> Answer:
        """The answer to an operation about one platform's subjects, of which it uses what it declares."""
        known = {**self.subjects(key), **more}
        given = {name: value for name, value in known.items() if f"${name}:" in document}
        return await self.border.ask(document, scopes=scopes, **given)

    def subjects(self, key: PlatformKey) -> dict[str, object]:
        """What the documents of `tests.isolation.ways` name; their changes change nothing."""
        project = self.project_upstream_id(key)
        editor = self.upstream_id(key, EDITOR[key])
        owner = self.upstream_id(key, OWNER)
        return {
            "key": key,
            "upstreamId": project,
            "platform": ids.platform_id(key),
            "project": ids.project_id(key, project),
            "member": ids.member_id(key, project, owner),
            # She is one person on both platforms, named by the account that comes first.
            "person": ids.person_id(AccountKey(PlatformKey.QUANTCONNECT, OWNER)),
            "name": TIDEWATER.person(OWNER).name,
            "grant": self.grant(key, EDITOR[key]),
            "revoke": {
                "person": {"upstreamUserId": owner},
                "projectIds": [ids.project_id(key, project)],
            },
            # Everybody is unexpected.
            "declaration": "version = 1",
            "add": self.addition(key, EDITOR[key]),
            "update": {"memberId": ids.member_id(key, project, editor), "role": "EDITOR"},
            # The owner stays.
            "remove": {"memberId": ids.member_id(key, project, owner)},
        }

    def grant(self, key: PlatformKey, person: str, *, role: str = "EDITOR") -> dict[str, object]:
        """The same for many projects, of which there is one."""
        added = self.addition(key, person, role=role)
        return {
            "person": added["person"],
            "targets": [{"projectId": added["projectId"], "role": role}],
        }

    def addition(self, key: PlatformKey, person: str, *, role: str = "EDITOR") -> dict[str, object]:
        """The input that lets a person in, named as the platform names newcomers."""
        by_email = {"email": TIDEWATER.person(person).email}
        reference = {"upstreamUserId": person} if key is PlatformKey.QUANTCONNECT else by_email
        project_id = ids.project_id(key, self.project_upstream_id(key))
        return {"projectId": project_id, "person": reference, "role": role}

    def project_upstream_id(self, key: PlatformKey) -> str:
        if key is PlatformKey.QUANTCONNECT:
            return str(next(iter(self.quantconnect.state.projects)))
        return next(iter(self.testomato.state.projects))

    def upstream_id(self, key: PlatformKey, person: str) -> str:
        if key is PlatformKey.QUANTCONNECT:
            return person
        user = self.testomato.state.user_by_email(TIDEWATER.person(person).email)
        assert user is not None
        return str(user.user_id)
