"""What the command `schemathesis` is told about the gateway; see `test_schemathesis.py`, which starts it.

For each case it makes things go wrong at both stand-ins, and checks the answer. Which things is a matter of
the document alone: the same one meets the same faults while Schemathesis looks for the shortest that fails.
"""

import atexit
import json
import os
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import schemathesis
from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ValueNode,
    Visitor,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from gateway.domain.vocabulary import Outcome, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.fuzzing import answers

# Values by the name of the argument or input field, where the faults of each stand-in are switched, and where
# to tell how many cases met what.
LIKELY: dict[str, list[str] | list[int]] = json.loads(os.environ["FUZZING_LIKELY"])
SWITCHES = os.environ["FUZZING_FAULT_SWITCHES"].split()
TALLY = Path(os.environ["FUZZING_TALLY"])

PATHS = (
    "",
    "/api/v2/projects/read",
    "/api/v2/projects/collaboration/",
    "/api/v2/projects/collaboration/read",
    "/api/authenticate",
    "/api/project/",
    "/api/project/*/users",
    "/api/project/*/users/*",
)
# With 204 and 304, which have no body, the stand-ins' server will send none of the faults' bodies.
STATUSES = (201, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599)
REFUSALS = (
    None,
    "null",
    "[]",
    '"no"',
    "{}",
    '{"success": false, "errors": ["No."], "error": true, "code": 400}',
    '{"success": true, "projects": null, "collaborators": 1, "users": {"a": []}}',
)
AN_AGE = 30.0
MUCH_BYTES = 400_000

OUTCOME = re.compile(f'"({"|".join([*Outcome, *UserErrorCode])})"')
tally: Counter[str] = Counter()
client = httpx.Client(trust_env=False)


schemathesis.graphql.scalar("EmailAddress", (st.just("a@example.com") | st.text()).map(nodes.String))
schemathesis.graphql.scalar(
    "DateTime",
    (st.datetimes().map("{:%Y-%m-%dT%H:%M:%SZ}".format) | st.text()).map(nodes.String),
)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: DocumentNode) -> DocumentNode:
    """Name, more often than not, what there is: hardly any case would come further than `INVALID_ID` else."""
    del context
    changed: DocumentNode = visit(body, Naming(Random(print_ast(body))))  # noqa: S311 - nothing is secret here
    return changed


class Naming(Visitor):
    """Puts likely values in place of others, where there are any."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def enter_argument(self, node: ArgumentNode, *_: object) -> ArgumentNode:
        return ArgumentNode(name=node.name, value=self._likely(node.name.value, node.value))

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> ObjectFieldNode:
        return ObjectFieldNode(name=node.name, value=self._likely(node.name.value, node.value))

    def _likely(self, name: str, value: ValueNode) -> ValueNode:
        if isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(self._likely(name, item) for item in value.values))
        if name not in LIKELY or isinstance(value, NullValueNode) or self._random.random() < 0.1:
            return value
        likely = self._random.choice(LIKELY[name])
        if isinstance(likely, int):
            return nodes.Int(likely)
        return nodes.Enum(likely) if isinstance(value, EnumValueNode) else nodes.String(likely)


def fault(random: Random) -> Fault:
    """Any fault of any kind, at any call."""
    return Fault(
        kind=random.choice(list(FaultKind)),
        path=random.choice(PATHS),
        times=random.choice((None, None, 1, 2)),
        # Most are short: one that outlasts the gateway's patience costs the whole of it.
        seconds=random.choice((0.0, 0.0, 0.001, 0.001, 0.001, AN_AGE)),
        status=random.choice(STATUSES),
        body=random.choice(REFUSALS),
        size_bytes=random.choice((0, 1, 50, MUCH_BYTES)),
        as_date=random.choice((True, False)),
        orderly=random.choice((True, False)),
    )


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Put the faults in force that this document meets, in place of the last one's."""
    del context, kwargs
    random = Random(str(case.body))  # noqa: S311 - likewise
    for switches in SWITCHES:
        faults = [fault(random) for _ in range(random.choice((0, 1, 1, 2)))]
        tally.update(f"fault {fault.kind}" for fault in faults)
        client.put(switches, content=msgspec.json.encode(faults)).raise_for_status()


@schemathesis.check
def well_answered(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """See `answers.check`."""
    del context
    answers.check(response.status_code, response.headers["content-type"][0], response.content)
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    outcomes = set(OUTCOME.findall(response.text))
    tally.update(["cases", case.operation.label, *(codes or {"no error"}), *outcomes])


@atexit.register
def tell() -> None:
    """Leave the tally to the test."""
    TALLY.write_text(json.dumps(tally), encoding="utf-8")
