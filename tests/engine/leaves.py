"""Values for arguments: what of each scalar is tried with either schema."""

from collections.abc import Callable, Iterable
from random import Random

from gateway.access.people.joining import people_among
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.graph.audit import AUDIT_ORDER
from gateway.graph.member import MEMBER_ORDER
from gateway.graph.person import PERSON_ORDER
from gateway.graph.query import DEFAULT_ORDER, project_order
from tests.engine.documents import Leaves
from tests.engine.fake_platforms import Behind, FakePlatform

_MOMENTS = ("2026-11-25T12:00:00+00:00", "1999-12-31T23:59:59.5-05:00")


def _one_of(*values: object) -> Callable[[Random], object]:
    return lambda random: random.choice(values)


SMALL_LEAVES: Leaves = {
    "Int": _one_of(0, 1, -5, 2**31 - 1),
    "Float": _one_of(0, 1.5, -2e10),
    "String": _one_of("", "a", 'x"\\\n\N{SNOWMAN}'),
    "Boolean": _one_of(True, False),
    "ID": _one_of("x", "5"),
    "Moment": _one_of(*_MOMENTS),
    "Json": _one_of(1, None, [], {"a": [1, {"b": None}]}),
    "Words": _one_of("w"),
}


def leaves_of(behind: Behind) -> Leaves:
    """For the gateway's graph: mostly what is there."""
    platforms = [one for one in behind.platforms.connected.values() if isinstance(one, FakePlatform)]
    projects = [project for platform in platforms for project in platform.projects.values()]
    members = [member for platform in platforms for page in platform.members.values() for member in page]
    projects_known = [ids.project_id(one.platform, one.upstream_id) for one in projects]
    known = [
        *(ids.platform_id(key) for key in PlatformKey),
        *projects_known,
        *(ids.member_id(one.platform, one.project_upstream_id, one.upstream_id) for one in members),
        *(ids.person_id(AccountKey(one.platform, one.upstream_id)) for one in members),
    ]
    project_ids = [ids.project_id(one.platform, one.upstream_id) for one in projects]
    people = people_among(members, links=behind.links, origins={})
    project_cursors = [project_order(DEFAULT_ORDER).cursor(one) for one in projects]
    member_cursors = [MEMBER_ORDER.cursor(one) for one in members]
    person_cursors = [PERSON_ORDER.cursor(one) for one in people]
    return {
        "Int": _one_of(1, 2, 50),
        "String": _one_of("", "a", "mara"),
        "Boolean": _one_of(True, False),
        "ID": _one_of(*known, "nothing"),
        "EmailAddress": _one_of("mara@example.org", " MARA@example.org "),
        "DateTime": _one_of(*_MOMENTS),
        "Query.auditLog.first": _one_of(1, 2, 3, 50, 0),
        "Query.auditLog.after": _cursor(AUDIT_ORDER.cursor(one) for one in behind.trail.entries),
        "AuditFilter.projectId": _one_of(*projects_known, "nothing"),
        "Query.projects.first": _one_of(1, 2, 3, 50, 0),
        "Query.projects.after": _cursor(project_cursors),
        "Project.members.after": _cursor(member_cursors),
        "Query.people.first": _one_of(1, 2, 3, 50, 0),
        "Query.people.after": _cursor(person_cursors),
        "Person.memberships.after": _cursor(member_cursors),
        "PersonFilter.projectIds": _one_of(*project_ids, *project_ids, "nothing"),
        "Query.projectByUpstreamId.upstreamId": _one_of("0", "1", "7"),
    }


def _cursor(cursors: Iterable[str]) -> Callable[[Random], object]:
    return _one_of(*cursors, "nothing") if cursors else _one_of("nothing")
