"""`accessgraph doctor`: is each platform reached, whose credential is it, and what may it do."""

from collections import Counter
from collections.abc import Callable

from gateway.access.directory import Directory
from gateway.app import connected_platforms, current_moment
from gateway.domain.errors import UpstreamDenied, UpstreamError
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Action, PlatformKey
from gateway.settings import PREFIX, GatewaySettings

READ_BUDGET_SECONDS = 60.0


async def examine(settings: GatewaySettings, *, say: Callable[[str], object]) -> bool:
    """Say in plain words how things are, line by line; whether everything that is configured works."""
    say("Settings: good.")
    async with connected_platforms(settings) as platforms:
        directory = Directory(
            platforms=platforms, read_budget_seconds=READ_BUDGET_SECONDS, now=current_moment
        )
        healthy = [await _examine_platform(key, platforms, directory, say) for key in platforms.profiles]
    if not platforms.connected:
        say("No platform is configured, so the graph is empty.")
        return False
    return all(healthy)


async def _examine_platform(
    key: PlatformKey, platforms: Platforms, directory: Directory, say: Callable[[str], object]
) -> bool:
    name = platforms.profiles[key].name
    if key not in platforms.connected:
        say(f"{name}: not configured. To add it, set its credential: {PREFIX}{key.value}__…")
        return True
    try:
        account = await directory.account(key)
    except UpstreamError as failure:
        say(f"{name}: FAILED. {failure.message} {_advice(failure, key)}")
        return False
    if account is not None:
        owner = account.name or "an account without a name"
        say(f"{name}: reached. The credential belongs to {owner} (id {account.upstream_id}).")
    return await _examine_projects(key, directory, say)


async def _examine_projects(key: PlatformKey, directory: Directory, say: Callable[[str], object]) -> bool:
    catalogue = await directory.catalogue([key])
    may: Counter[Action] = Counter()
    failures = [source.error for source in catalogue.sources if source.error is not None]
    for project in catalogue.projects:
        try:
            access = await directory.viewer(project)
        except UpstreamError as failure:
            say(f"  In project {project.upstream_id} its rights are not known. {failure.message}")
            continue
        may.update(permission.action for permission in access.permissions if permission.granted)
    count = len(catalogue.projects)
    say(f"  It sees {count} project{'' if count == 1 else 's'}.")
    for action in Action:
        if may[action]:
            say(f"  It may {action.value} in {may[action]} of {count}.")
    for error in failures:
        say(f"  FAILED. {error.message}")
    return not failures


def _advice(failure: UpstreamError, key: PlatformKey) -> str:
    if isinstance(failure, UpstreamDenied):
        return f"Check the credential: {PREFIX}{key.value}__…, and the clock of this machine."
    return f"Check {PREFIX}{key.value}__BASE_URL and the network."
