"""The Node interface: https://relay.dev/graphql/objectidentification.htm."""

import strawberry


@strawberry.interface(description="Anything that has an id of its own.")
class Node:
    """Implemented by Platform, Project, Member and Person."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, unique in the whole graph, the same on every machine and after every restart."
    )
