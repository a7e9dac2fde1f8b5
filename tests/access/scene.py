"""Projects and people as the platforms show them, for declarations to be held against."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from msgspec import structs

from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.differences import Drift, ProjectKey
from gateway.access.declarations.drift import drift
from gateway.access.declarations.reader import read_declaration
from gateway.access.declarations.text import declaration_of
from gateway.domain.member import Member
from gateway.domain.permission import Permission
from gateway.domain.person import Account, AccountKey, Person
from gateway.domain.project import Project, TestomatoDetails
from gateway.domain.vocabulary import Action, LinkEvidence, PlatformKey, Role
from gateway.platforms.quantconnect.platform import PROFILE as QUANTCONNECT_PROFILE
from gateway.platforms.testomato.platform import PROFILE as TESTOMATO_PROFILE

QUANTCONNECT, TESTOMATO = PlatformKey.QUANTCONNECT, PlatformKey.TESTOMATO
PROFILES = {QUANTCONNECT: QUANTCONNECT_PROFILE, TESTOMATO: TESTOMATO_PROFILE}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the platforms show."""

    projects: tuple[Project, ...]
    people: tuple[Person, ...]

    def drift(
        self,
        declared: str | Declaration,
        *,
        now: datetime = NOON,
        unread: Collection[ProjectKey] = (),
        unlisted: Collection[PlatformKey] = (),
    ) -> Drift:
        """How it differs from what is declared, in a text or already read."""
        return drift(
            read(declared) if isinstance(declared, str) else declared,
            projects=self.projects,
            people=self.people,
            profiles=PROFILES,
            now=now,
            unread=unread,
            unlisted=unlisted,
        )

    def snapshot(self, *, unread: Collection[ProjectKey] = ()) -> str:
        """It as a file."""
        return declaration_of(self.projects, self.people, profiles=PROFILES, unread=unread)

    def without(self, member: Member) -> "Scene":
        """The same, but for one who has left."""
        return replace(
            self,
            people=tuple(
                structs.replace(
                    person, memberships=tuple(one for one in person.memberships if one is not member)
                )
                for person in self.people
            ),
        )


def read(text: str) -> Declaration:
    """What a text declares; the version may be left out."""
    versioned = text if "version" in text else f"version = 1\n{text}"
    return read_declaration(versioned, profiles=PROFILES)


def project(
    upstream_id: str,
    name: str | None = None,
    *,
    platform: PlatformKey = QUANTCONNECT,
    archived: bool = False,
) -> Project:
    return Project(
        platform=platform,
        upstream_id=upstream_id,
        name=f"Project {upstream_id}" if name is None else name,
        description=None,
        url=None,
        created_at=None,
        updated_at=None,
        archived=archived,
        details=TestomatoDetails(
            check_interval=None,
            uptime_interval_seconds=None,
            location=None,
            timeout_seconds=None,
            delay_milliseconds=None,
            check_default_errors=None,
            ssl_status=None,
            ssl_expires_at=None,
            ssl_days_left=None,
        ),
        members=None,
        viewer=None,
    )


def member(
    where: Project,
    account_id: str,
    role: Role = Role.VIEWER,
    *,
    live: bool = False,
    email: str | None = None,
    addressable: bool = True,
    confirmed: bool | None = None,
) -> Member:
    return Member(
        platform=where.platform,
        project_upstream_id=where.upstream_id,
        upstream_id=account_id,
        name=None,
        email=email,
        avatar_url=None,
        bio=None,
        timezone=None,
        role=role,
        native_role=role.lower(),
        permissions=(
            Permission(action=Action.READ, granted=True, native_name="read"),
            Permission(action=Action.LIVE_CONTROL, granted=live, native_name="liveControl"),
        ),
        is_addressable=addressable,
        is_removable=role is not Role.OWNER,
        confirmed=confirmed,
    )


def somebody(name: str | None, *memberships: Member, email: str | None = None) -> Person:
    """Somebody with the accounts of the memberships; `email` is the address of those that have none."""
    keys = sorted({AccountKey(one.platform, one.upstream_id): one.email for one in memberships}.items())
    return Person(
        origin=keys[0][0],
        display_name=name,
        accounts=tuple(
            Account(
                platform=key.platform,
                upstream_id=key.upstream_id,
                name=name,
                email=own_email or email,
                linked_by=LinkEvidence.SELF if len(keys) == 1 else LinkEvidence.DECLARED,
            )
            for key, own_email in keys
        ),
        memberships=memberships,
    )


def scene(projects: Iterable[Project], *people: Person) -> Scene:
    return Scene(projects=tuple(projects), people=people)
