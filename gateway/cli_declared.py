"""`accessgraph drift`, `apply` and `snapshot`, as they are typed."""

import asyncio
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import click

from gateway import declared_access_output as output
from gateway.access.batches.batch import GOOD
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.ledger import LedgerError
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.people.links import LinksFileError
from gateway.declared_access import (
    DeclaredAccess,
    Intended,
    NotEverythingRead,
    declared_access,
    drift_from,
    snapshot,
)
from gateway.settings.model import GatewaySettings
from gateway.store.database import StoreError

T = TypeVar("T")

_FILES_CANNOT_BE_USED: Final = (LinksFileError, StoreError, LedgerError)


class _FileUnusable(click.ClickException):
    """The file that was named cannot be used."""

    exit_code = 2


def show_drift(settings: GatewaySettings, file: Path, *, shape: str) -> None:
    """Print how access differs from what `file` declares; exit 1 where it does, or cannot be known."""
    text = _text_of(file)
    try:
        found = _run(drift_from(settings, text))
    except DeclarationInvalid as invalid:
        if shape == "github":
            _say(output.mistakes_for_github(invalid, file=str(file)))
        raise _FileUnusable(f"{file}: {invalid}") from None
    if shape == "json":
        click.echo(output.drift_as_json(found))
    elif shape == "github":
        _say(output.drift_for_github(found, file=str(file)))
    else:
        _say(output.drift_for_people(found))
        _say(output.gaps_for_people(found.gaps), err=True)
    sys.exit(0 if found.is_clean else 1)


def apply(settings: GatewaySettings, file: Path, *, prune: bool, yes: bool) -> None:
    """Make access as `file` declares it; exit 1 where not all of it could be done."""
    text = _text_of(file)

    async def work() -> bool:
        async with declared_access(settings, text) as declared:
            return await _apply(declared, prune=prune, yes=yes)

    try:
        is_done = _run(work())
    except DeclarationInvalid as invalid:
        raise _FileUnusable(f"{file}: {invalid}") from None
    sys.exit(0 if is_done else 1)


def write_snapshot(settings: GatewaySettings, file: Path | None, *, force: bool) -> None:
    """Write today's access as a declaration."""
    if file is not None and file.exists() and not force:
        raise _FileUnusable(f"{file} is there already: --force writes over it")
    try:
        text, absent = _run(snapshot(settings))
    except NotEverythingRead as error:
        raise click.ClickException(f"not everything could be read, so nothing is written: {error}") from None
    for name in absent:
        click.echo(f"{name} is not configured: nothing of it is in the file.", err=True)
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"Written to {file}.", err=True)


async def _apply(declared: DeclaredAccess, *, prune: bool, yes: bool) -> bool:
    """Whether access is as declared now, but for those who may stay."""
    gaps = declared.observed.gaps
    _say(output.gaps_for_people(gaps), err=True)
    intended = declared.plan(prune=prune)
    if prune and gaps:
        click.echo("So nobody is removed.", err=True)
    if intended:
        _say(output.intended_for_people(intended))
    doable = [one for one in intended if one.can_be_done]
    if not doable:
        click.echo("Nothing can be done." if intended else "Nothing is to be done.")
    elif not (yes or await _confirmed(output.count(len(doable), "change"))):
        click.echo("Nothing was done.")
        return False
    is_good = not doable or await _carry_out(declared, doable)
    if not prune and (left := declared.left_without_pruning):
        click.echo(f"{output.count(left, 'membership')} would be removed with --prune.")
    return is_good and len(doable) == len(intended) and not gaps


async def _carry_out(declared: DeclaredAccess, doable: Sequence[Intended]) -> bool:
    """Make the changes, and tell what came of each, also where that comes to an early end."""
    results: list[ChangeResult] = []
    label = f"Making {output.count(len(doable), 'change')}"
    try:
        with click.progressbar(
            length=len(doable), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def note(some: Sequence[ChangeResult]) -> None:
                results.extend(some)
                bar.update(len(some))

            await declared.apply(doable, done=note)
    finally:
        click.echo()
        _say(output.results_for_people(doable, results))
    return all(result.outcome in GOOD for result in results)


async def _confirmed(changes: str) -> bool:
    """Whether whoever sits there wants it."""
    if not sys.stdin.isatty():
        click.echo(f"To make {changes} where nobody can be asked, give --yes.", err=True)
        return False
    answer = await _typed_after(f"Make {changes}? [y/N]: ")
    if not answer:
        click.echo(err=True)
    return answer.strip().lower() in {"y", "yes"}


async def _typed_after(prompt: str) -> str:
    """A line from the terminal; nothing where that is Ctrl-C or the end of input."""
    loop = asyncio.get_running_loop()
    is_there: asyncio.Future[bool] = loop.create_future()

    def end(has_line: bool) -> None:  # noqa: FBT001 - a call back
        if not is_there.done():
            is_there.set_result(has_line)

    before = signal.getsignal(signal.SIGINT)
    loop.add_reader(sys.stdin, end, True)
    loop.add_signal_handler(signal.SIGINT, end, False)
    try:
        click.echo(prompt, nl=False, err=True)
        return sys.stdin.readline() if await is_there else ""
    finally:
        loop.remove_reader(sys.stdin)
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)


def _run(work: Coroutine[None, None, T]) -> T:
    try:
        return asyncio.run(work)
    except _FILES_CANNOT_BE_USED as error:
        raise click.ClickException(str(error)) from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise _FileUnusable(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _FileUnusable(f"{file} is not UTF-8") from None


def _say(lines: Iterator[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(line, err=err)
