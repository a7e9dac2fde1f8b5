"""What the tests of reading ask again and again."""

from typing import Any

from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand

QUANTCONNECT, TESTOMATO = "QUANTCONNECT", "TESTOMATO"

TRADING_NAMES = [project.name for project in TIDEWATER.trading_projects if not project.archived]
ARCHIVED_NAMES = [f"Recycle Bin/{project.name}" for project in TIDEWATER.trading_projects if project.archived]
SITE_NAMES = [site.title for site in TIDEWATER.sites]
NAMES = TRADING_NAMES + SITE_NAMES

SOURCES = "sources { platform state asOf error { code message retryable retryAt failingSince } }"


def projects_document(fields: str) -> str:
    """A question for projects in which every argument is a variable."""
    return (
        "query ($first: Int, $after: String, $filter: ProjectFilter, $orderBy: ProjectOrder, "
        "$requireComplete: Boolean) { projects(first: $first, after: $after, filter: $filter, "
        f"orderBy: $orderBy, requireComplete: $requireComplete) {{ {fields} }} }}"
    )


async def ask_projects(stand: Stand, fields: str, **arguments: object) -> dict[str, Any]:
    """The connection that `projects` gives; there must be no error."""
    answer = await stand.data(projects_document(fields), **arguments)
    connection: dict[str, Any] = answer["projects"]
    return connection


async def ask_nodes(stand: Stand, fields: str, **arguments: object) -> list[dict[str, Any]]:
    """The projects themselves."""
    nodes: list[dict[str, Any]] = (await ask_projects(stand, f"nodes {{ {fields} }}", **arguments))["nodes"]
    return nodes


async def ask_names(stand: Stand, **arguments: object) -> list[str]:
    """The names of the projects, in the order given."""
    return [node["name"] for node in await ask_nodes(stand, "name", **arguments)]


async def ask_project(stand: Stand, name: str, fields: str) -> dict[str, Any]:
    """The one project with this name, deleted ones included."""
    found = await ask_nodes(
        stand, f"name {fields}", first=200, filter={"search": name, "includeArchived": True}
    )
    [project] = [node for node in found if node["name"] == name]
    return project


async def ask_id(stand: Stand, name: str) -> str:
    """The project's id."""
    found: str = (await ask_project(stand, name, "id"))["id"]
    return found


async def ask_members(stand: Stand, name: str, fields: str) -> list[dict[str, Any]]:
    """The members of the project with this name."""
    project = await ask_project(stand, name, f"members {{ nodes {{ {fields} }} }}")
    members: list[dict[str, Any]] = project["members"]["nodes"]
    return members


def source_of(connection: dict[str, Any], platform: str) -> dict[str, Any]:
    """What one platform contributed."""
    [source] = [one for one in connection["sources"] if one["platform"] == platform]
    return source
