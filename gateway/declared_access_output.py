"""What `accessgraph drift` and `apply` print: for people, for programs, and for a pull request's checks.

No line for people begins with what a platform or the file says, so that nothing in it can be taken for a
workflow command.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gateway.access.changing.change import ChangeResult
from gateway.access.declarations.differences import DriftItem, DriftKind, Unmatched
from gateway.access.declarations.drift_wording import shown_project
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.declarations.observed_drift import ObservedDrift
from gateway.declared_access import Intended
from gateway.domain.project import Project
from gateway.graph import ids

_GITHUB: Final = {
    DriftKind.UNEXPECTED: "warning",
    DriftKind.EXPIRED: "warning",
    DriftKind.MISSING: "error",
    DriftKind.CHANGED: "error",
}
_NOT_READ: Final = "Not everything could be read"
Row = Sequence[str]


def drift_for_people(found: ObservedDrift) -> Iterator[str]:
    """A line for each item, below its project."""
    project = None
    for item in found.drift.items:
        if item.project is not project:
            project = item.project
            yield f"{project.platform}: {shown_project(project)}"
        yield f"  {item.kind:<10}  {item.detail}"
    for one in found.drift.unmatched:
        yield f"Note: {_note(one)}"
    yield summary(found)


def summary(found: ObservedDrift) -> str:
    """How much there is, in one line."""
    so_far = " in what could be read" if found.gaps else ""
    number = len(found.drift.items)
    return f"{count(number, 'difference')}{so_far}." if number else f"No drift{so_far}."


def gaps_for_people(gaps: Iterable[str]) -> Iterator[str]:
    """Why that may not be all."""
    for gap in gaps:
        yield f"{_NOT_READ}: {gap}"


def drift_as_json(found: ObservedDrift) -> str:
    """All of it as one JSON object."""
    content = {
        "clean": found.is_clean,
        "items": [_item(item) for item in found.drift.items],
        "notes": [_note(one) for one in found.drift.unmatched],
        "unread": found.gaps,
    }
    return msgspec.json.format(msgspec.json.encode(content)).decode()


def drift_for_github(found: ObservedDrift, *, file: str) -> Iterator[str]:
    """Annotations: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions."""
    for item in found.drift.items:
        title = f"{item.kind}: {shown_project(item.project)}"
        yield _annotation(_GITHUB[item.kind], item.detail, file=file, line=item.line, title=title)
    for one in found.drift.unmatched:
        yield _annotation("notice", _note(one), file=file, line=one.line, title="Declared")
    for gap in found.gaps:
        yield _annotation("error", gap, title=_NOT_READ)
    yield summary(found)


def mistakes_for_github(invalid: DeclarationInvalid, *, file: str) -> Iterator[str]:
    """Annotations likewise, of a file that cannot be used."""
    for one in invalid.mistakes:
        message = f"{one.place}: {one.message}" if one.place else one.message
        yield _annotation("error", message, file=file, line=one.line, title="The file cannot be used")


def intended_for_people(intended: Sequence[Intended]) -> Iterator[str]:
    """A table of what would be done, and what is not quite so or cannot be."""
    rows = [("CHANGE", "PROJECT", "PERSON", "BEFORE", "AFTER")]
    rows += [
        (one.step.kind.value, _named(one.step.project), one.who, one.before, one.after) for one in intended
    ]
    yield from _table(rows)
    for one in intended:
        error = one.step.error
        for warning in (*one.step.warnings, *(() if error is None else (error.message,))):
            yield f"  ! {_named(one.step.project)}, {one.who}: {warning}"


def results_for_people(intended: Sequence[Intended], results: Sequence[ChangeResult]) -> Iterator[str]:
    """A table of what came of everything; of what was not begun there is no result."""
    rows = [("OUTCOME", "PROJECT", "PERSON", "WHY")]
    padded = [*results, *[None] * (len(intended) - len(results))]
    for one, result in zip(intended, padded, strict=True):
        outcome = "NOT DONE" if result is None else result.outcome.value
        errors = () if result is None else result.user_errors
        reasons = " ".join(error.message for error in errors)
        rows.append((outcome, _named(one.step.project), one.who, reasons))
    yield from _table(rows)


def count(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _item(item: DriftItem) -> Mapping[str, object]:
    return {
        "kind": item.kind,
        "platform": item.project.platform,
        "project": item.project.name,
        "projectId": ids.project_id(item.project.platform, item.project.upstream_id),
        "person": None if item.person is None else item.person.display_name,
        "place": item.place,
        "line": item.line,
        "declaredRole": item.role,
        "declaredGrant": sorted(item.grant),
        "declaredUntil": item.until,
        "actualRole": item.actual_role,
        "actualGrant": sorted(item.actual_grant),
        "detail": item.detail,
    }


def _note(one: Unmatched) -> str:
    return f"{one.place}: {one.detail}"


def _named(project: Project | None) -> str:
    return "" if project is None else f"{shown_project(project)} ({project.platform})"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _annotation(
    level: str, message: str, *, title: str, file: str | None = None, line: int | None = None
) -> str:
    given = {"file": file, "line": line, "title": title}
    properties = ",".join(f"{name}={_property(str(one))}" for name, one in given.items() if one is not None)
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
