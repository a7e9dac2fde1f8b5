"""`accessgraph drift`, `apply` and `snapshot`, as they are typed."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Final, TypeVar

import click

from gateway import declared_access_output as output
from gateway.access.batches.batch import BatchResult
from gateway.access.changing.ledger import LedgerError
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.people.links import LinksFileError
from gateway.declared_access import NotEverythingRead, declared_access, snapshot, unread
from gateway.domain.vocabulary import PlannedChange
from gateway.settings.model import GatewaySettings
from gateway.store.database import StoreError

T = TypeVar("T")

_FILES_CANNOT_BE_USED: Final = (LinksFileError, StoreError, LedgerError)
_DOES_NOTHING: Final = {PlannedChange.NONE, PlannedChange.IMPOSSIBLE}


def show_drift(settings: GatewaySettings, file: Path, *, shape: str) -> None:
    """Print how access differs from what `file` declares; exit 1 where it does, or cannot be known."""
    text = _text_of(file)

    async def work() -> bool:
        async with declared_access(settings, text) as declared:
            found, problems = declared.drift(), list(unread(declared.everybody))
        if shape == "json":
            click.echo(output.drift_as_json(found, problems))
        else:
            lines = (
                output.drift_for_github(found, file=str(file))
                if shape == "github"
                else output.drift_for_people(found)
            )
            for line in lines:
                click.echo(line)
            for problem in problems:
                click.echo(f"Not everything could be read: {problem}", err=True)
        return found.is_clean and not problems

    sys.exit(0 if _run(work(), file) else 1)


def apply(settings: GatewaySettings, file: Path, *, prune: bool, yes: bool) -> None:
    """Make access as `file` declares it; exit 1 where not all of it could be done."""
    text = _text_of(file)

    async def work() -> bool:
        async with declared_access(settings, text) as declared:
            for problem in unread(declared.everybody):
                click.echo(f"Not everything could be read: {problem}", err=True)
            steps = declared.plan(prune=prune)
            wanted = [step for step in steps if step.kind is not PlannedChange.NONE]
            if not wanted:
                click.echo("Nothing is to be done.")
                return not declared.everybody.failures
            for line in output.steps_for_people(wanted):
                click.echo(line)
            doable = [step.part for step in wanted if step.kind not in _DOES_NOTHING]
            if not doable or not (yes or click.confirm(f"Make {len(doable)} changes?", err=True)):
                click.echo("Nothing was done.")
                return False
            done: list[BatchResult] = []
            with click.progressbar(length=len(doable), label="Applying", file=sys.stderr) as bar:

                def note(result: BatchResult) -> None:
                    done.append(result)
                    bar.update(len(result.results))

                is_good = await declared.apply(doable, done=note)
            for line in output.results_for_people(done, declared.everybody):
                click.echo(line)
            return is_good and len(doable) == len(wanted) and not declared.everybody.failures

    sys.exit(0 if _run(work(), file) else 1)


def write_snapshot(settings: GatewaySettings, file: Path | None) -> None:
    """Write today's access as a declaration."""
    try:
        text = _run(snapshot(settings), file)
    except NotEverythingRead as error:
        raise click.ClickException(f"not everything could be read, so nothing is written: {error}") from None
    if file is None:
        click.echo(text, nl=False)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
        click.echo(f"Written to {file}.", err=True)


def _run(work: Coroutine[None, None, T], file: Path | None) -> T:
    try:
        return asyncio.run(work)
    except DeclarationInvalid as invalid:
        click.echo(f"{file}: {invalid}", err=True)
        sys.exit(2)
    except _FILES_CANNOT_BE_USED as error:
        raise click.ClickException(str(error)) from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8") from None
