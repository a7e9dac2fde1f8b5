"""Changes to plan, over two projects and a few people."""

from collections.abc import Sequence

from gateway.access.batches.batch import Part
from gateway.access.changing.change import Change, GrantAccess, RevokeAccess
from gateway.access.people.everybody import Everybody
from gateway.access.plans.planning import Step, plan
from gateway.domain.errors import UpstreamError, UpstreamUnavailable
from gateway.domain.membership import Person as PersonRef
from gateway.domain.membership import UserError
from gateway.domain.person import Person
from gateway.domain.project import Project
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import Action, PlatformKey, Role, SourceState
from tests.access.scene import PROFILES, TESTOMATO, member, project, somebody

ALPHA = project("1", "Alpha")
HARBOUR = project("5f", "Harbour", platform=TESTOMATO)
MARA = somebody("Mara", member(ALPHA, "u-1", email="mara@example.org"))
OLA = somebody("Ola", member(ALPHA, "u-9", Role.OWNER), member(HARBOUR, "9", Role.OWNER))
JON = somebody("Jon", member(HARBOUR, "77", Role.EDITOR, email="jon@example.org"))
KIM = somebody("Kim", member(ALPHA, "u-3", Role.CUSTOM))
HIDDEN = somebody(None, member(ALPHA, "anonymous:1", addressable=False))


def everybody(
    *,
    people: Sequence[Person] = (MARA, OLA, JON, KIM, HIDDEN),
    projects: Sequence[Project] = (ALPHA, HARBOUR),
    unread: Sequence[Project] = (),
    failing: Sequence[PlatformKey] = (),
    unconfigured: Sequence[PlatformKey] = (),
) -> Everybody:
    failures: list[UpstreamError] = [UpstreamUnavailable(platform) for platform in failing]
    states = {
        key: SourceState.UNCONFIGURED
        if key in unconfigured
        else SourceState.FAILED
        if key in failing
        else SourceState.FRESH
        for key in PlatformKey
    }
    return Everybody(
        people=tuple(people),
        projects={(one.platform, one.upstream_id): one for one in projects},
        unread={(one.platform, one.upstream_id): UpstreamUnavailable(one.platform) for one in unread},
        sources=tuple(SourceStatus(platform=key, state=state) for key, state in states.items()),
        failures=tuple(failures),
        origins={},
    )


def planned(
    change: Change | None, *, seen: Everybody | None = None, refusal: UserError | None = None
) -> Step:
    part = Part(target=0, change=change, refusal=refusal)
    [step] = plan([part], everybody=seen or everybody(), profiles=PROFILES)
    assert step.part is part
    return step


def grant(
    where: Project = ALPHA,
    role: Role = Role.EDITOR,
    *,
    account: str | None = None,
    email: str | None = None,
    actions: frozenset[Action] = frozenset(),
) -> GrantAccess:
    return GrantAccess(
        platform=where.platform,
        project_upstream_id=where.upstream_id,
        person=PersonRef(upstream_user_id=account, email=email),
        role=role,
        grant=actions,
    )


def revoke(where: Project = ALPHA, *, account: str | None = None, email: str | None = None) -> RevokeAccess:
    return RevokeAccess(
        platform=where.platform,
        project_upstream_id=where.upstream_id,
        person=PersonRef(upstream_user_id=account, email=email),
    )
