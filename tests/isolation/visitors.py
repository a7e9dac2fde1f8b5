"""Who asks in the long mix of requests, and what."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from tests.conftest import TAKES_GRAPHQL
from tests.isolation.accounts import Account

QUANTCONNECT, TESTOMATO = PlatformKey
_MEMBER = "id name email avatarUrl bio role"


@dataclass(frozen=True, kw_only=True, eq=False)
class Visitor:
    """One key with one account's credentials.

    Attributes:
        foreign: what no answer to them may hold, in lower case.
    """

    name: str
    account: Account
    bearer: str = field(repr=False)
    sees_personal_data: bool
    foreign: tuple[str, ...] = field(repr=False)

    @cached_property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.bearer}",
            "Content-Type": "application/json",
            **TAKES_GRAPHQL,
            **self.account.headers,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A query that everybody asks in the same words.

    Attributes:
        variables: as an account asks it.
        weight: how often it is asked, compared with the others.
    """

    document: str
    variables: Callable[[Account], dict[str, object]] = lambda _: {}
    weight: int = 1

    def body(self, account: Account, *, by_hash: bool, with_text: bool) -> bytes:
        """The request's body; `by_hash` names the document as automatic persisted queries do."""
        content: dict[str, object] = {"variables": self.variables(account)}
        text = self.document.replace("MEMBER", _MEMBER)
        if with_text:
            content["query"] = text
        if by_hash:
            name = hashlib.sha256(text.encode()).hexdigest()
            content["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": name}}
        return json.dumps(content).encode()


def theirs_alone(other: Account) -> tuple[str, ...]:
    """Of a customer whatever no other has."""
    organization_id = other.quantconnect.state.organization_id
    return tuple(text.lower() for text in (other.mark, organization_id, *other.credentials))


def _project(key: PlatformKey, number: int) -> Callable[[Account], dict[str, object]]:
    return lambda account: {"id": account.project_id(key, number)}


# No answer may depend on who is in the first project: that is where changes are made.
QUESTIONS = (
    # Cheap ones, so that there can be many.
    Question(
        document="""query ($id: ID!) { node(id: $id) { ... on Project { name owner { MEMBER } } } }""",
        variables=_project(QUANTCONNECT, 2),
        weight=8,
    ),
    Question(
        document="""query ($id: ID!) { project(id: $id) { id name description url details {
          ... on QuantConnectProject { organizationId } ... on TestomatoProject { location } } } }""",
        variables=_project(QUANTCONNECT, 3),
        weight=8,
    ),
    Question(
        document="""query ($id: ID!) { node(id: $id) { ... on Member { MEMBER } } }""",
        variables=lambda account: {"id": account.member_id(TESTOMATO, "crew-1", 2)},
        weight=8,
    ),
    Question(
        document="""query ($key: PlatformKey!, $id: String!) {
          projectByUpstreamId(platform: $key, upstreamId: $id) { name url viewer { role } } }""",
        variables=lambda account: {"key": TESTOMATO, "id": account.project_upstream_id(TESTOMATO, 3)},
        weight=4,
    ),
    Question(document="{ platforms { name status account { upstreamId name email } } }", weight=4),
    # Dear ones.
    Question(
        document="""{ projects { totalCount edges { cursor } nodes { id name description url }
          pageInfo { endCursor } sources { platform error { code } } } }"""
    ),
    Question(
        document="""query ($search: String!) { projects(filter: {search: $search}) {
          nodes { name members { totalCount nodes { MEMBER } edges { cursor } } } } }""",
        variables=lambda _: {"search": "Beta"},
    ),
    Question(
        document="""query ($email: EmailAddress!) {
          projects(filter: {search: "Gamma", memberEmail: $email}) { nodes { name } } }""",
        variables=lambda account: {"email": account.email_of("crew-2")},
    ),
    Question(
        document="""query ($id: ID!) {
          project(id: $id) { members(search: "crew-1@") { nodes { name } } } }""",
        variables=_project(QUANTCONNECT, 2),
    ),
    Question(
        document="""query ($ids: [ID!]!) { people(filter: {projectIds: $ids}) { totalCount edges { cursor }
          nodes { id displayName emails accounts { platform upstreamId name email linkedBy } } } }""",
        variables=lambda account: {"ids": [account.project_id(QUANTCONNECT, 3)]},
    ),
    Question(
        document="""query ($id: ID!) { project(id: $id) { members { nodes { MEMBER
          person { id displayName emails accounts { upstreamId email } } } } } }""",
        variables=_project(TESTOMATO, 2),
    ),
    Question(
        document="""query ($ids: [ID!]!) { nodes(ids: $ids) { id
          ... on Project { project: name } ... on Member { MEMBER }
          ... on Platform { status account { name email } } } }""",
        variables=lambda account: {
            "ids": [
                account.project_id(TESTOMATO, 2),
                account.project_id(TESTOMATO, 3),
                account.project_id(QUANTCONNECT, 3),
                account.member_id(QUANTCONNECT, "crew-2", 2),
                account.member_id(QUANTCONNECT, f"{account.mark}-operator", 3),
                ids.platform_id(QUANTCONNECT),
            ]
        },
    ),
)


@dataclass(frozen=True)
class Change:
    """The change number so-and-so: the same for everybody, under the same key."""

    number: int

    def body(self, account: Account) -> bytes:
        """The request's body."""
        place, mutation = divmod(self.number, 3)
        key = (QUANTCONNECT, TESTOMATO)[place % 2]
        person = f"crew-{place // 2 % 6 + 1}"
        name = ("addMember", "updateMember", "removeMember")[mutation]
        given: dict[str, object] = {"memberId": account.member_id(key, person)}
        if name == "addMember":
            given = account.addition(key, person)
        elif name == "updateMember":
            given["role"] = "VIEWER"
        given["idempotencyKey"] = f"key-{self.number}"
        shown = "removedMemberId" if name == "removeMember" else "member { MEMBER }"
        document = f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{
          change: {name}(input: $input) {{ outcome {shown} project {{ name members {{ nodes {{ MEMBER }} }} }}
            userErrors {{ code message retryable }} }} }}"""
        content = {"query": document.replace("MEMBER }", f"{_MEMBER} }}"), "variables": {"input": given}}
        return json.dumps(content).encode()
