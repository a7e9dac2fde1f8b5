"""`accessgraph doctor`: is each platform reached, whose credential is it, and what may it do."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.access.people.links import LinksFileError
from gateway.access.reading.directory import Directory, open_directory
from gateway.access.reading.flights import Flights
from gateway.access.reading.snapshots import CachePolicy, SnapshotStore
from gateway.access.reading.soon import arrival
from gateway.accounts import open_accounts
from gateway.app import create_app
from gateway.domain.caller import ANYBODY
from gateway.domain.errors import UpstreamDenied, UpstreamError, UpstreamThrottled, UpstreamUnavailable
from gateway.domain.platform import Platforms
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Capability, PlatformKey
from gateway.http.authentication.api_keys import KeyFileError
from gateway.http.trusted_documents import DocumentsFileError
from gateway.runtime import current_moment
from gateway.settings.model import PREFIX, GatewaySettings
from gateway.store.database import IN_MEMORY, StoreError, open_database
from gateway.telemetry.instruments import Instruments
from gateway.upstream.settings import CredentialSource

READ_BUDGET_SECONDS = 60.0
_NOTHING_KEPT = CachePolicy(fresh_seconds=0, stale_while_revalidate_seconds=0, stale_if_error_seconds=0)

IN_WORDS: Final = {
    Action.READ: "read",
    Action.WRITE: "write in",
    Action.RUN: "start runs in",
    Action.LIVE_CONTROL: "steer live trading in",
    Action.EDIT_SETTINGS: "change the settings in",
    Action.MANAGE_MEMBERS: "manage the members in",
    Action.VIEW_API_KEY: "see the API key in",
    Action.LEAVE: "leave",
}

Say = Callable[[str], object]


async def examine(settings: GatewaySettings, *, say: Say) -> bool:
    """Say in plain words how things are, line by line; whether everything that is configured works."""
    say("Settings: good.")
    healthy = [await _examine_files(settings, say)]
    async with open_accounts(settings, now=current_moment, instruments=Instruments()) as accounts:
        platforms = accounts.configured
        healthy += [await _examine_platform(key, settings, platforms, say) for key in platforms.profiles]
    brought = [key for key in platforms.profiles if _is_brought(key, settings)]
    if not platforms.connected and not brought:
        say("No platform is configured, so the graph is empty.")
        return False
    return all(healthy)


async def _examine_files(settings: GatewaySettings, say: Say) -> bool:
    """Whether `serve` would find the files that the settings name in good order; none is made or changed."""
    database = settings.store.database
    try:
        create_app(settings)
        if _is_there(database):
            async with open_database(database):
                pass
    except (DocumentsFileError, KeyFileError, LinksFileError, StoreError) as error:
        say(f"Files: FAILED. {error}.")
        return False
    return True


def _is_there(database: str) -> bool:
    """Whether there is a file already.

    Raises:
        StoreError: there is none, and none could be made.
    """
    path = Path(database)
    if database != IN_MEMORY and not path.exists() and not os.access(path.absolute().parent, os.W_OK):
        raise StoreError(f"{database} cannot be made: its folder is missing or cannot be written")
    return path.exists()


def _is_brought(key: PlatformKey, settings: GatewaySettings) -> bool:
    """Whether callers bring their own credentials for the platform."""
    return settings.section(key).credentials is CredentialSource.CALLER


async def _examine_platform(
    key: PlatformKey, settings: GatewaySettings, platforms: Platforms, say: Say
) -> bool:
    name = platforms.profiles[key].name
    if _is_brought(key, settings):
        headers = " and ".join(settings.section(key).caller_headers)
        say(f"{name}: called with each caller's own credential, from {headers}; not tried here.")
        return True
    if key not in platforms.connected:
        say(f"{name}: not configured. To add it, set its credential: {PREFIX}{key.value}__…")
        return True
    store = SnapshotStore(policies={key: _NOTHING_KEPT}, now=current_moment)
    directory = open_directory(
        platforms=platforms,
        caller=ANYBODY,
        store=store,
        flights=Flights(store),
        read_budget_seconds=READ_BUDGET_SECONDS,
        now=current_moment,
    )
    try:
        account = await directory.account(key)
    except UpstreamError as failure:
        say(f"{name}: FAILED. {_sentence(failure.message, key)} {_advice(failure, key)}")
        return False
    if account is not None:
        owner = account.name or "an account without a name"
        say(f"{name}: reached. The credential belongs to {owner} (id {account.upstream_id}).")
    return await _examine_projects(key, settings, directory, say)


async def _examine_projects(
    key: PlatformKey, settings: GatewaySettings, directory: Directory, say: Say
) -> bool:
    catalogue = await arrival(directory.catalogue([key]))
    projects = catalogue.projects
    say(f"  It sees {len(projects)} project{'' if len(projects) == 1 else 's'}.")
    healthy = await _examine_rights(projects, directory, say) and not catalogue.failures
    for error in (source.error for source in catalogue.sources if source.error is not None):
        say(f"  FAILED. {_sentence(error.message, key)}")
    # A platform that lists nothing by itself is told in its settings which projects there are.
    if Capability.LIST_PROJECTS not in directory.platforms.profiles[key].capabilities:
        named: tuple[str, ...] = getattr(settings.section(key), "project_ids", ())
        missing = set(named) - {project.upstream_id for project in projects}
        if missing:
            say(f"  Missing: {', '.join(one for one in named if one in missing)}.")
        elif not projects:
            say(f"  This platform lists none by itself: name them in {PREFIX}{key.value}__PROJECT_IDS.")
            return False
    return healthy


async def _examine_rights(projects: tuple[Project, ...], directory: Directory, say: Say) -> bool:
    answers = await asyncio.gather(*(_granted(project, directory) for project in projects))
    may = Counter(action for answer in answers if not isinstance(answer, UpstreamError) for action in answer)
    for action in Action:
        if may[action]:
            say(f"  It may {IN_WORDS[action]} {may[action]} of {len(projects)}.")
    failures = [answer for answer in answers if isinstance(answer, UpstreamError)]
    if failures:
        reason = _sentence(failures[0].message, failures[0].platform)
        say(f"  In {len(failures)} of {len(projects)} its rights are not known. {reason}")
    return not failures


async def _granted(project: Project, directory: Directory) -> list[Action] | UpstreamError:
    try:
        access = await directory.viewer(project)
    except UpstreamError as failure:
        return failure
    return [permission.action for permission in access.permissions if permission.granted]


def _sentence(message: str, key: PlatformKey) -> str:
    """A failure's message without the platform's key before it: the platform's name stands there already."""
    text = message.removeprefix(f"{key.value}: ")
    return text[:1].upper() + text[1:]


def _advice(failure: UpstreamError, key: PlatformKey) -> str:
    if isinstance(failure, UpstreamDenied):
        given = f"{PREFIX}{key.value}__…"
        return f"Check the credential, {given}, what its account is allowed, and the clock of this machine."
    if isinstance(failure, (UpstreamThrottled, UpstreamUnavailable)):
        return "Nothing has to be changed here."
    return f"Check {PREFIX}{key.value}__BASE_URL and the network."
