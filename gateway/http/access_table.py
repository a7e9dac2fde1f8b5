"""Who has access to what, as a flat table: one row for each person in each project."""

from collections.abc import Iterable, Iterator

from gateway.access.people.everybody import Everybody
from gateway.domain.member import Member
from gateway.domain.person import Account, AccountKey, Person
from gateway.domain.project import Project
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import SourceState
from gateway.graph import ids
from gateway.graph.person import PERSON_ORDER

COLUMNS = (
    "person",
    "person_id",
    "platform",
    "project",
    "project_id",
    "archived",
    "account",
    "name",
    "email",
    "linked_by",
    "role",
    "native_role",
    "granted",
    "confirmed",
    "missing",
)

Row = tuple[str, ...]


def access_table(everybody: Everybody) -> Iterator[Row]:
    """The rows, by person and then by platform and project.

    Behind them stands a row for each project whose members could not be read, and one for each platform of
    which something is missing; its column `missing` says why.
    """
    for person in sorted(everybody.people, key=PERSON_ORDER.key):
        person_id = ids.person_id(person.origin)
        accounts = {account.key: account for account in person.accounts}
        for member, project in sorted(_with_projects(person, everybody), key=_place):
            account = accounts[AccountKey(member.platform, member.upstream_id)]
            yield (person.display_name or "", person_id, *_cells(account, member, project))
    for key, failure in everybody.unread.items():
        yield _gap(everybody.projects[key], failure.code)
    for source in everybody.sources:
        if source.state is SourceState.FAILED:
            yield _failed(source)


def _with_projects(person: Person, everybody: Everybody) -> Iterable[tuple[Member, Project]]:
    for member in person.memberships:
        yield member, everybody.projects[member.platform, member.project_upstream_id]


def _place(found: tuple[Member, Project]) -> tuple[str, str, str, str]:
    member, project = found
    return member.platform.value, project.name.casefold(), project.upstream_id, member.upstream_id


def _cells(account: Account, member: Member, project: Project) -> Row:
    return (
        member.platform.value,
        project.name,
        project.upstream_id,
        _truth(project.archived),
        member.upstream_id,
        member.name or "",
        member.email or "",
        account.linked_by.value,
        member.role.value,
        member.native_role,
        " ".join(one.action.value for one in member.permissions if one.granted),
        _truth(member.confirmed),
        "",
    )


def _gap(project: Project, code: str) -> Row:
    of_project = (project.platform.value, project.name, project.upstream_id, _truth(project.archived))
    return ("", "", *of_project, *[""] * 8, code)


def _failed(source: SourceStatus) -> Row:
    return ("", "", source.platform.value, *[""] * 11, "" if source.error is None else source.error.code)


def _truth(value: bool | None) -> str:  # noqa: FBT001 - a cell's value
    return "" if value is None else str(value).lower()
