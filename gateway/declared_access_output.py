"""What `accessgraph drift` and `apply` print: for people, for programs, and for a pull request's checks."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from gateway.access.batches.batch import BatchResult
from gateway.access.changing.change import GrantAccess
from gateway.access.declarations.differences import Drift, DriftItem
from gateway.access.people.everybody import Everybody
from gateway.access.plans.planning import Step
from gateway.domain.vocabulary import PlannedChange
from gateway.graph import ids

_GITHUB: Final = {"UNEXPECTED": "warning", "EXPIRED": "warning", "MISSING": "error", "CHANGED": "error"}
Row = Sequence[str]


def drift_for_people(found: Drift) -> Iterator[str]:
    """A line for each item, below its project."""
    project = None
    for item in found.items:
        if item.project is not project:
            project = item.project
            yield f"{project.name} ({project.platform})"
        yield f"  {item.kind:<10}  {item.detail}"
    for one in found.unmatched:
        yield f"Note: {one.place}: {one.detail}"
    yield "No drift." if found.is_clean else _count(len(found.items), "difference")


def drift_as_json(found: Drift, problems: Sequence[str]) -> str:
    """All of it as one JSON object."""
    content = {
        "clean": found.is_clean and not problems,
        "items": [_item(item) for item in found.items],
        "notes": [f"{one.place}: {one.detail}" for one in found.unmatched],
        "unread": list(problems),
    }
    return msgspec.json.format(msgspec.json.encode(content)).decode()


def drift_for_github(found: Drift, *, file: str) -> Iterator[str]:
    """Annotations: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions."""
    for item in found.items:
        title = f"{item.kind}: {item.project.name}"
        yield f"::{_GITHUB[item.kind]} file={_property(file)},title={_property(title)}::{_data(item.detail)}"
    for one in found.unmatched:
        yield f"::notice file={_property(file)},title=Declared::{_data(f'{one.place}: {one.detail}')}"


def steps_for_people(steps: Iterable[Step]) -> Iterator[str]:
    """A table of what would be done, and why the rest cannot be."""
    rows = [("CHANGE", "PROJECT", "PERSON", "BEFORE", "AFTER")]
    rows += [
        (
            step.kind.value,
            "" if step.project is None else f"{step.project.name} ({step.project.platform})",
            _name(step),
            "" if step.before is None else step.before.value,
            "" if step.after is None or step.kind is PlannedChange.REMOVE else step.after.value,
        )
        for step in steps
    ]
    yield from _table(rows)
    for step in steps:
        for warning in (*step.warnings, *(() if step.error is None else (step.error.message,))):
            yield f"  ! {'' if step.project is None else step.project.name}: {warning}"


def results_for_people(done: Sequence[BatchResult], everybody: Everybody) -> Iterator[str]:
    """A table of what came of everything."""
    rows = [("OUTCOME", "PROJECT", "ROLE", "WHY")]
    for batch in done:
        for part, result in zip(batch.parts, batch.results, strict=True):
            change = part.change
            if change is None:
                continue
            project = everybody.projects.get((change.platform, change.project_upstream_id))
            rows.append(
                (
                    result.outcome.value,
                    change.project_upstream_id if project is None else f"{project.name} ({project.platform})",
                    change.role.value if isinstance(change, GrantAccess) else "",
                    " ".join(error.message for error in result.user_errors),
                )
            )
    yield from _table(rows)


def _item(item: DriftItem) -> dict[str, object]:
    return {
        "kind": item.kind.value,
        "platform": item.project.platform.value,
        "project": item.project.name,
        "projectId": ids.project_id(item.project.platform, item.project.upstream_id),
        "person": None if item.person is None else item.person.display_name,
        "declaredRole": None if item.role is None else item.role.value,
        "actualRole": None if item.actual_role is None else item.actual_role.value,
        "detail": item.detail,
    }


def _name(step: Step) -> str:
    if step.person is None or step.person.display_name is None:
        return "somebody new"
    return step.person.display_name


def _table(rows: Sequence[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}."


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
