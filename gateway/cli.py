"""The `accessgraph` command: serve, demo, schema print, schema check, doctor, keys new, audit verify.

Exit codes: 0 all is well · 1 what was asked for failed or was found wanting · 2 wrong settings or usage.
"""

import asyncio
import re
import signal
import sys
from pathlib import Path

import click

from gateway.cli_schema import schema
from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import KeyFileError, new_key
from gateway.server import CANNOT_SERVE, announce, run_server, run_workers
from gateway.serving import ServerStartError
from gateway.settings.loading import SettingsError, load_settings
from gateway.settings.model import GatewaySettings, LogFormat
from gateway.store.database import StoreError
from gateway.store.verification import Verdict, verify
from gateway.telemetry.logs import configure_logs

_config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file with settings; the environment and .env win over it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="accessgraph", prog_name="accessgraph")
def main() -> None:
    """One GraphQL endpoint over QuantConnect and Testomato."""


@main.command(short_help="Serve the graph until interrupted.")
@_config_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes serve together, as a rule one for each core.",
)
def serve(config_file: Path | None, workers: int) -> None:
    """Serve the graph until interrupted.

    Settings are GATEWAY_… variables of the environment; `accessgraph doctor` says whether they are good.
    """
    settings = _settings(config_file)
    configure_logs(level=settings.log_level, json=settings.log_format is LogFormat.JSON)
    if workers > 1 and settings.store.is_in_memory:
        raise click.UsageError("several workers need a database file in common: set GATEWAY_STORE__URL.")
    # Until the servers take care of both.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if workers == 1:
            run_server(settings, ready=lambda url: announce(settings, "serving", url=url))
        else:
            run_workers(settings, count=workers)
    except CANNOT_SERVE as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        pass
    # All is done. What is ignored stays ignored, by all threads and to the very end of the process.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    announce(settings, "stopped")


@main.command(short_help="Try everything out against stand-ins; no account is needed.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The gateway's; 0 takes a free one.",
)
def demo(port: int) -> None:
    """Run the gateway against two stand-in platforms with a made-up company in them.

    No account is needed and nothing leaves this machine. Ctrl-C ends everything.
    """
    from gateway import demo as demonstration  # noqa: PLC0415 - stand-ins take long to load

    configure_logs(level="warning", json=False)
    try:
        asyncio.run(demonstration.run(port=port, say=click.echo))
    except ServerStartError as error:
        raise click.ClickException(str(error)) from None


main.add_command(schema)


@main.command(short_help="Check the settings and reach every platform.")
@_config_option
def doctor(config_file: Path | None) -> None:
    """Check the settings, reach every platform, say whose credential it is and what it may do."""
    from gateway import doctor as examination  # noqa: PLC0415 - not for serving

    settings = _settings(config_file)
    configure_logs(level="error", json=False)
    healthy = asyncio.run(examination.examine(settings, say=click.echo))
    sys.exit(0 if healthy else 1)


_declaration = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@main.command(short_help="Tell how access differs from what a file declares.")
@_config_option
@click.option(
    "--format",
    "shape",
    type=click.Choice(["human", "json", "github"]),
    default="human",
    show_default=True,
    help="github: annotations for a pull request's checks.",
)
@_declaration
def drift(config_file: Path | None, shape: str, file: Path) -> None:
    """Tell how access differs from what FILE (an access.toml) declares.

    Exit 0: as declared. 1: it differs, or not everything could be read. 2: the file cannot be used.
    """
    from gateway import cli_declared  # noqa: PLC0415 - not for serving

    settings = _settings(config_file)
    configure_logs(level="error", json=False)
    cli_declared.show_drift(settings, file, shape=shape)


@main.command(short_help="Make access as a file declares it.")
@_config_option
@click.option("--prune", is_flag=True, help="Remove whoever is unexpected, or whose access has ended.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_declaration
def apply(config_file: Path | None, prune: bool, yes: bool, file: Path) -> None:  # noqa: FBT001 - click's
    """Show what is to be done to make access as FILE (an access.toml) declares it, ask, and do it.

    Nobody is removed without --prune. Exit 0: done, or nothing was to be done. 1: not all of it was done, or
    not everything could be read. 2: the file cannot be used.
    """
    from gateway import cli_declared  # noqa: PLC0415 - not for serving

    settings = _settings(config_file)
    configure_logs(level="error", json=False)
    cli_declared.apply(settings, file, prune=prune, yes=yes)


@main.command(short_help="Write today's access as a file that declares it.")
@_config_option
@click.option(
    "--output",
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Standard output when left out.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there already.")
def snapshot(config_file: Path | None, file: Path | None, force: bool) -> None:  # noqa: FBT001 - click's
    """Write today's access as a file (an access.toml) that declares just that."""
    from gateway import cli_declared  # noqa: PLC0415 - not for serving

    settings = _settings(config_file)
    configure_logs(level="error", json=False)
    cli_declared.write_snapshot(settings, file, force=force)


@main.group(short_help="The keys by which callers are known.")
def keys() -> None:
    """The keys by which callers are known, with GATEWAY_AUTH__MODE=api_key."""


@keys.command("new", short_help="Make a key and print it, once.")
@click.argument("name")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default="keys.toml",
    show_default=True,
    help="Gets the key's digest: what GATEWAY_AUTH__KEYS_FILE names.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=[Scope.MEMBERS_READ.value],
    show_default=True,
    help="What its holder may do; give it once for each.",
)
def keys_new(name: str, file: Path, scopes: tuple[str, ...]) -> None:
    """Make a key for the caller NAME, add its digest to a file, and print the key: it is shown this once.

    A running gateway reads the file again by itself. To withdraw a key, delete its table from the file.
    """
    try:
        key = new_key(file, name=name, scopes=[Scope(scope) for scope in scopes])
    except KeyFileError as error:
        raise click.ClickException(str(error)) from None
    click.echo(key)


@main.group(short_help="The trail of every change.")
def audit() -> None:
    """The trail of every change, in the database that GATEWAY_STORE__URL names."""


@audit.command("verify", short_help="Find out whether an entry was changed or removed.")
@_config_option
@click.option(
    "--expect",
    "expected",
    metavar="DIGEST",
    help="The last digest of an earlier time; without it, entries removed from the end may go unseen.",
)
def audit_verify(config_file: Path | None, expected: str | None) -> None:
    """Walk the audit trail, say how many entries are in order, and print the last digest: note it elsewhere.

    Exit 1, with the first entry that was changed or is missing, if there is one. A gateway may run meanwhile.
    """
    settings = _settings(config_file)
    if settings.store.is_in_memory:
        raise click.UsageError("what is kept in memory cannot be verified: set GATEWAY_STORE__URL.")
    if expected is not None and re.fullmatch("[0-9a-fA-F]{64}", expected) is None:
        raise click.UsageError("--expect: a digest is 64 hexadecimal digits, as this command prints them.")
    expected = None if expected is None else expected.lower()
    try:
        verdict = verify(settings.store.database, expected=expected, on_progress=_show_progress)
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    _report(verdict)


def _show_progress(walked: int, of: int) -> None:
    """To whoever sits before a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{walked:,} of {of:,} entries", err=True, nl=False)


def _report(verdict: Verdict) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    count = verdict.entry_count
    click.echo("1 entry is in order." if count == 1 else f"{count} entries are in order.")
    if verdict.flaw is not None:
        click.echo(verdict.flaw)
    if verdict.expected_at is not None:
        click.echo(f"Entry {verdict.expected_at} has the digest that was expected.")
    if count:
        click.echo(f"Last digest: {verdict.digest}")
    if verdict.flaw is not None:
        sys.exit(1)


def _settings(config_file: Path | None) -> GatewaySettings:
    try:
        return load_settings(config_file=config_file)
    except SettingsError as error:
        click.echo(f"accessgraph: {error}", err=True)
        sys.exit(2)
