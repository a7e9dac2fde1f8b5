"""The domain's enumerations as GraphQL enums."""

import strawberry

from gateway.domain import vocabulary

strawberry.enum(vocabulary.PlatformKey, description="The platforms behind this graph.")
strawberry.enum(
    vocabulary.PlatformStatus,
    description="UP: the last call succeeded. DEGRADED: calls fail, or the platform asks for fewer. "
    "DOWN: it is not called for now. UNCONFIGURED: the gateway has no credential for it.",
)
strawberry.enum(vocabulary.Capability, description="What a platform's API lets anyone do at all.")
strawberry.enum(
    vocabulary.Action, description="What a person may do in a project, whatever the platform calls it."
)
strawberry.enum(
    vocabulary.Role,
    description="What a person is in a project. CUSTOM: a role that only this project knows.",
)
strawberry.enum(vocabulary.SourceState, description="How fresh one platform's part of an answer is.")
strawberry.enum(
    vocabulary.LinkEvidence,
    description="Why an account is taken for a person's. DECLARED: the operator's file of links says so. "
    "EMAIL: it shows the same address as another account of theirs. SELF: it is their only one.",
)
strawberry.enum(
    vocabulary.Outcome,
    description="What became of a change. UNCHANGED: it was so already, nothing was sent. REFUSED: nothing "
    "changed. UNKNOWN: sent, no answer, and reading back did not settle it. COMPENSATED: done, and undone "
    "since another target failed. SKIPPED: not begun, since another target failed.",
)
strawberry.enum(
    vocabulary.PlannedChange,
    description="What would be done for one target. NONE: it is so already. IMPOSSIBLE: `warnings` says why.",
)
strawberry.enum(vocabulary.UserErrorCode, description="Why a change was not made.")
