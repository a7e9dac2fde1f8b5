"""Which roles and actions can be declared for which projects."""

from collections.abc import Mapping, Sequence

from gateway.access.declarations.fields import Mistakes
from gateway.access.declarations.project_patterns import ProjectPattern
from gateway.domain.platform import PlatformProfile
from gateway.domain.vocabulary import Action, PlatformKey, Role

_NOBODY_IS_GIVEN = {
    Role.OWNER: "nobody can be made an owner, and owners are never drift: leave them out",
    Role.CUSTOM: "a platform's own role can be given by no call: see [[ignore.access]]",
}


class Offers:
    """What the platforms offer.

    Args:
        profiles: of every platform that the gateway knows.
    """

    def __init__(self, profiles: Mapping[PlatformKey, PlatformProfile]) -> None:
        self._profiles = profiles
        given = {mapping.role for profile in profiles.values() for mapping in profile.roles}
        self._roles = [role for role in Role if role in given]

    def role(self, place: str, text: str, patterns: Sequence[ProjectPattern], mistakes: Mistakes) -> Role:
        """The role that is written so; noted where it is none, or one that a platform named does not have."""
        if text not in Role.__members__:
            mistakes.note_unknown(place, "role", text, self._roles)
            return Role.VIEWER
        role = Role(text)
        if role not in self._roles:
            mistakes.note(place, _NOBODY_IS_GIVEN.get(role, "no platform gives anybody this role"))
            return role
        for profile in self._named(patterns):
            if profile.mapping_of(role) is None:
                offered = ", ".join(mapping.role for mapping in profile.roles)
                mistakes.note(place, f"{profile.name} gives nobody this role; it has {offered}")
        return role

    def grant(
        self, texts: Sequence[tuple[str, str]], patterns: Sequence[ProjectPattern], mistakes: Mistakes
    ) -> frozenset[Action]:
        """The actions; noted where one is none, or no platform that is meant can grant it."""
        everywhere = any(pattern.platform is None for pattern in patterns)
        meant = list(self._profiles.values()) if everywhere else self._named(patterns)
        grantable = list(dict.fromkeys(action for profile in meant for action in profile.grantable_actions))
        found: set[Action] = set()
        for place, text in texts:
            if text not in Action.__members__:
                mistakes.note_unknown(place, "action", text, grantable)
            elif patterns and text not in grantable:
                can = ", ".join(grantable) or "nothing"
                mistakes.note(place, f"this cannot be granted on top of a role there; what can is: {can}")
            else:
                found.add(Action(text))
        return frozenset(found)

    def _named(self, patterns: Sequence[ProjectPattern]) -> list[PlatformProfile]:
        keys = dict.fromkeys(pattern.platform for pattern in patterns if pattern.platform is not None)
        return [self._profiles[key] for key in keys if key in self._profiles]
