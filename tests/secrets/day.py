"""Everything that is asked of a gateway, with a mark wherever a caller or a platform can put a word."""

import json

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.secrets.evidence import Caller, Evidence

READ = """{ projects { totalCount sources { state error { code message } }
  nodes { name description url viewer { role } members { nodes { id name email bio avatarUrl role } } } }
  platforms { name status account { name email } } }"""
PEOPLE = """query ($filter: PersonFilter) { people(filter: $filter, first: 200) { totalCount
  nodes { id displayName emails accounts { name email upstreamId linkedBy } } sources { state } } }"""
PERSON = "query ($email: EmailAddress!) { person(email: $email) { id displayName } }"
WHOLE = "{ projects(requireComplete: true) { totalCount } }"
FIND = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }"
ADD = """mutation ($input: AddMemberInput!) { addMember(input: $input) {
  outcome member { name email role } project { name } userErrors { code message field } } }"""
REMOVE = """mutation ($input: RemoveMemberInput!) { removeMember(input: $input) {
  outcome removedMemberId userErrors { code message field } } }"""


def asking(query: str, **variables: object) -> dict[str, object]:
    return {"query": query, "variables": variables}


def marked_headers(evidence: Evidence) -> dict[str, str]:
    """What browsers, proxies and pages send along."""
    mark = evidence.mark
    return {
        "Cookie": f"session={mark('a cookie')}",
        "User-Agent": mark("a browser's name"),
        "Referer": mark("a page's address", before="https://example.org/?token="),
        "Proxy-Authorization": mark("a proxy's password", before="Basic "),
        "Accept": "application/graphql-response+json",
    }


class Day:
    """A gateway's day: what is asked of it, with both stand-ins behind it."""

    def __init__(
        self,
        caller: Caller,
        *,
        quantconnect: QuantConnectSandbox,
        testomato: TestomatoSandbox,
    ) -> None:
        self._caller = caller
        self._quantconnect = quantconnect
        self._testomato = testomato
        self._mark = caller.evidence.mark
        self._project = ids.project_id(PlatformKey.TESTOMATO, next(iter(testomato.state.projects)))
        self._strategy = ids.project_id(
            PlatformKey.QUANTCONNECT, str(next(iter(quantconnect.state.projects)))
        )

    async def pass_by(self) -> None:
        """All of it."""
        for body in (asking(READ), asking(WHOLE), asking(PEOPLE)):
            assert (await self._caller.send(body)).status_code == 200
        await self.changes()
        export = await self._caller.send("", method="GET", path="/export/access.csv")
        assert export.headers["content-type"] == "text/csv; charset=utf-8"
        await self.slips()
        await self.odd_requests()
        await self.platforms_that_fail()

    async def changes(self) -> None:
        """Changes that are made, given again and refused."""
        mark = self._mark
        request_id = mark("a request's id")
        given = self.addition(mark("an address in a variable", after="@example.org"))
        added = {**given, "idempotencyKey": mark("an idempotency key")}
        for _ in range(2):
            response = await self._caller.send(asking(ADD, input=added), X_Request_ID=request_id)
            assert response.json()["data"]["addMember"]["outcome"] == "INVITED", response.text
        unknown = {
            **self.addition(mark("an address that nobody has", after="@example.org")),
            "projectId": self._strategy,
            "idempotencyKey": mark("an idempotency key of a refusal"),
        }
        response = await self._caller.send(asking(ADD, input=unknown))
        assert response.json()["data"]["addMember"]["outcome"] == "REFUSED", response.text
        member = {"memberId": mark("a text in place of an id")}
        await self._caller.send(asking(REMOVE, input=member))

    def addition(self, email: str) -> dict[str, object]:
        return {"projectId": self._project, "person": {"email": email}, "role": "VIEWER"}

    async def slips(self) -> None:
        """What callers put in the wrong place."""
        mark, send = self._mark, self._caller.send
        by_filter = {"memberEmail": mark("an address in a filter", after="@example.org")}
        literal = mark("an address in a literal", after="@example.org")
        default = mark("an address in a default", after="@example.org,")
        comment = mark("a comment")
        given = self.addition("a@example.org")
        for body in (
            asking(FIND, filter=by_filter),
            asking(FIND, filter={"search": mark("a text in a variable")}),
            asking(FIND, filter={"memberEmail": mark("an address without a host", after="@")}),
            asking(FIND, filter=mark("a text in place of an object")),
            asking(PERSON, email=mark("an address that a person is asked for by", after="@example.org")),
            asking(PEOPLE, filter={"search": mark("a text that people are looked for by")}),
            asking(f'{{ projects(filter: {{memberEmail: "{literal}"}}) {{ totalCount }} }} # {comment}'),
            asking(
                f'query ($e: EmailAddress = "{default}") {{ projects(filter: {{memberEmail: $e}}) '
                "{ totalCount } }"
            ),
            asking(f'{{ projects(first: "{mark("a text in place of a number")}") {{ totalCount }} }}'),
            asking(f'{{ projects(after: "{mark("a cursor that is none")}") {{ totalCount }} }}'),
            asking(ADD, input={**given, "role": mark("a text in place of a role")}),
            asking(ADD, input=given, stray=mark("a variable that no operation takes")),
            asking(f'{{ __typename }} "{mark("a text after the end of a document")}"'),
            asking(
                'mutation { addMember(input: {projectId: "x", person: {email: "a@example.org"}, '
                f"role: {mark('a literal in place of a role')}}}) {{ outcome }} }}"
            ),
        ):
            await send(body)

    async def odd_requests(self) -> None:
        """What is no proper request."""
        mark, send = self._mark, self._caller.send
        name = mark("an operation's name that is none of the document's")
        await send({"query": "query A { __typename }", "operationName": name})
        await send({"documentId": mark("a document's name")})
        await send({"query": "{ __typename }", "extensions": {"note": mark("an extension")}})
        await send(f'{{"query": "{mark("a body that is no JSON")}')
        await send(mark("a body of another type"), Content_Type="text/plain")
        await send("", method="GET", path=f"/graphql?query={{__typename}}&x={mark('a query parameter')}")
        await send("", method="GET", path=f"/{mark('an address in a path', after='@example.org')}")
        odd_id = mark("what cannot be a request's id", before="id ")
        await send(asking("{ __typename }"), X_Request_ID=odd_id)

    async def platforms_that_fail(self) -> None:
        """What platforms say when they fail, and what they repeat."""
        for fault in self.faults():
            self._caller.evidence.plant(fault.body or "", fault.location)
            for sandbox in (self._quantconnect, self._testomato):
                sandbox.faults.clear()
                sandbox.faults.add(fault)
            await self._caller.send("", method="GET", path="/export/access.csv")
            for body in (
                asking(WHOLE),
                asking(PEOPLE),
                asking(ADD, input=self.addition("someone@example.org")),
            ):
                await self._caller.send(body)
        for sandbox in (self._quantconnect, self._testomato):
            sandbox.faults.clear()

    def faults(self) -> list[Fault]:
        mark = self._mark
        secrets = " ".join(sorted(self._quantconnect.secrets | self._testomato.secrets))
        echo = mark("a platform's echo of a credential", after=f" Hash doesn't match: {secrets}")
        change = mark("a platform's answer to a change")
        odd = mark("a platform's number out of range", before='{"projects": [{"projectId": "', after='"}]}')
        return [
            *(_said(echo, status=status) for status in (200, 400, 401, 403, 404, 429, 500)),
            _said(mark("a platform's error"), status=503),
            Fault(kind=FaultKind.STATUS, status=502, body=mark("a platform's page", before="<html>")),
            Fault(
                kind=FaultKind.INVALID_JSON, body=mark("a platform's broken JSON", before='{"projects": "')
            ),
            Fault(kind=FaultKind.INVALID_JSON, body=odd),
            Fault(
                kind=FaultKind.REDIRECT,
                location=mark("a platform's redirection", before="https://me:", after="@example.net/"),
            ),
            _said(change, status=400, path="*/users", method="POST"),
            _said(change, status=500, path="*/users", method="POST"),
        ]


def _said(words: str, *, status: int, path: str = "", method: str | None = None) -> Fault:
    body = json.dumps({"success": False, "errors": [words], "message": words, "error": True})
    return Fault(kind=FaultKind.STATUS, status=status, body=body, path=path, method=method)
