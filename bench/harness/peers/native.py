"""The platforms' own shapes, as those peers give them that cannot compute, in the shape of our graph.

They are asked for the same number of values; what we compute of them (the role) is computed here.
"""

from harness.http import Json

COLLABORATOR = (
    "upstreamId: publicId name email avatarUrl: profileImage bio role: permission nativeRole: permission "
    "isOwner: owner"
)
USER = "upstreamId: id name email avatarUrl bio role { role: id nativeRole: name } isOwner: isPayer"

_ROLE_OF_PERMISSION = {"write": "EDITOR", "read": "VIEWER"}
_ROLE_OF_ID = {"4": "ADMIN", "5": "EDITOR", "6": "VIEWER"}


def trading_project(project: Json) -> Json:
    """QuantConnect's, asked for as `upstreamId: projectId name collaborators { … }`."""
    return {
        "upstreamId": str(project["upstreamId"]),
        "name": project["name"],
        "platform": "QUANTCONNECT",
        "members": {"nodes": [_collaborator(one) for one in project["collaborators"]]},
    }


def site(project: Json, users: Json) -> Json:
    """Testomato's, asked for as `upstreamId: id name: title`."""
    return {
        "upstreamId": project["upstreamId"],
        "name": project["name"],
        "platform": "TESTOMATO",
        "members": {"nodes": [_user(one) for one in users]},
    }


def _collaborator(person: Json) -> Json:
    owner = person["isOwner"]
    return {
        **person,
        "role": "OWNER" if owner else _ROLE_OF_PERMISSION[person["role"]],
        "nativeRole": "owner" if owner else person["nativeRole"],
    }


def _user(person: Json) -> Json:
    role = person["role"]
    return {
        **person,
        "role": "OWNER" if person["isOwner"] else _ROLE_OF_ID[role["role"]],
        "nativeRole": role["nativeRole"],
    }
