"""Every scene that the platforms may show."""

from hypothesis import strategies as st

from gateway.domain.member import Member, anonymous_id
from gateway.domain.person import Account, AccountKey, Person
from gateway.domain.project import Project
from gateway.domain.vocabulary import LinkEvidence, PlatformKey, Role
from tests.access.scene import Scene, member, project

platforms = st.sampled_from(PlatformKey)
odd_texts = st.text(
    st.characters(codec="utf-8") | st.sampled_from('"\\\n\r\t#*?[]:@\N{RIGHT-TO-LEFT OVERRIDE}'), max_size=12
)
names = st.none() | st.sampled_from(["Mara Lind", "mara lind", "Mara-2", "Žofie"]) | odd_texts
addresses = (
    st.none() | st.sampled_from(["mara@example.org", "Mara@Example.org ", "kim@example.org"]) | odd_texts
)
account_ids = st.sampled_from(
    ["5390", "u-1", "u-2", "jon@example.org", anonymous_id(None), anonymous_id("x")]
) | odd_texts.filter(bool)
project_names = st.sampled_from(["Alpha", "alpha", "Beta", "id:1", "Alpha*"]) | odd_texts


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Projects on both platforms, and people with any accounts, names, addresses and roles."""
    projects = draw(
        st.lists(
            st.builds(
                lambda platform, upstream_id, name, archived: project(
                    upstream_id, name, platform=platform, archived=archived
                ),
                platforms,
                st.sampled_from(["1", "2", "5f"]) | odd_texts.filter(bool),
                project_names,
                st.booleans(),
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda one: (one.platform, one.upstream_id),
        )
    )
    keys = draw(st.lists(st.builds(AccountKey, platforms, account_ids), min_size=1, max_size=6, unique=True))
    human_beings = draw(st.lists(st.integers(0, 3), min_size=len(keys), max_size=len(keys)))
    accounts: dict[int, list[AccountKey]] = {}
    for key, human_being in zip(keys, human_beings, strict=True):
        accounts.setdefault(human_being, []).append(key)
    people = [draw(_people(tuple(sorted(owned)), tuple(projects))) for owned in accounts.values()]
    return Scene(projects=tuple(projects), people=tuple(people))


@st.composite
def _people(draw: st.DrawFn, keys: tuple[AccountKey, ...], projects: tuple[Project, ...]) -> Person:
    name = draw(names)
    return Person(
        origin=keys[0],
        display_name=name,
        accounts=tuple(
            Account(
                platform=key.platform,
                upstream_id=key.upstream_id,
                name=name,
                email=draw(addresses),
                linked_by=LinkEvidence.DECLARED,
            )
            for key in keys
        ),
        memberships=tuple(one for key in keys for one in draw(_memberships(key, projects))),
    )


@st.composite
def _memberships(draw: st.DrawFn, key: AccountKey, projects: tuple[Project, ...]) -> list[Member]:
    own = [one for one in projects if one.platform is key.platform]
    chosen = draw(st.lists(st.sampled_from(own), unique_by=lambda one: one.upstream_id)) if own else []
    return [
        member(
            where,
            key.upstream_id,
            draw(st.sampled_from(Role)),
            live=draw(st.booleans()),
            addressable=not key.upstream_id.startswith("anonymous:"),
            confirmed=draw(st.sampled_from([None, True, False])),
        )
        for where in chosen
    ]


@st.composite
def declarations(draw: st.DrawFn) -> str:
    """Files that may mean some of what is in a scene; everybody in them has an address."""
    who = st.lists(
        st.sampled_from(["mara", "jon", "kim@example.org", "new@example.org", "@all"]), min_size=1, max_size=3
    )
    patterns = st.lists(
        st.sampled_from(["*:*", "*:Al*", "QUANTCONNECT:*", "QUANTCONNECT:id:1", "TESTOMATO:id:5f"]),
        min_size=1,
        max_size=2,
    )
    lines = [
        "version = 1",
        "[people]",
        'mara = "mara@example.org"',
        f'jon = {{ email = "jon@example.org", {draw(_accounts)} }}',
        "[groups]",
        'all = ["mara", "jon", "other@example.org"]',
    ]
    for _ in range(draw(st.integers(0, 4))):
        projects = draw(patterns)
        anywhere = not any(one.startswith("QUANTCONNECT") for one in projects)
        lines += [
            "[[access]]",
            f"who = {draw(who)}",
            f"projects = {projects}",
            f'role = "{draw(st.sampled_from(["EDITOR", "VIEWER", *["ADMIN"] * anywhere]))}"',
            *draw(st.sampled_from([[], ["until = 2020-01-01"], ["until = 2030-01-01"]])),
        ]
        if not any(one.startswith("TESTOMATO") for one in projects) and draw(st.booleans()):
            lines.append('grant = ["LIVE_CONTROL"]')
    return "\n".join(lines)


_accounts = st.sampled_from(['quantconnect = "u-1"', 'testomato = "5390"', 'quantconnect = "u-2"'])
