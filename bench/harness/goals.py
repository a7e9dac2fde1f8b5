"""What the gateway is to hold: how many times less CPU a request costs than with each peer."""

GOALS: dict[str, dict[str, float]] = {
    "strawberry": {"W1": 30, "W2": 50, "W3": 55, "W4": 200},
    "hive": {"W1": 20, "W2": 18, "W3": 9, "W4": 250},
    "yoga": {"W1": 7, "W2": 3, "W3": 1.1, "W4": 12},
    "tailcall": {"W1": 0.6, "W2": 1.2, "W3": 1.7, "W4": 20},
}

MODES = {"hive": ("hive", "hive-jit")}
"""A peer that is measured in several modes; the best one counts."""

MOST_RESIDENT_MB = 120
"""Of one process, after a million requests."""

MOST_GROWTH = 1.1
"""Memory after all requests to that after the first tenth of them."""

MOST_SPREAD_A_MEMBER = 1.2
"""The cost of a member in an answer of 50,000 to that in one of 500, and the other way round."""

MOST_STALL_MS = 50
"""The p99 of W1 while an answer with 50,000 members is being made."""

MOST_PEOPLE_MS = 150
"""Of 50 people with their memberships, out of 2,000, with everything in memory."""

MOST_EXPORT_MS = 3_000
"""Of every membership of 2,000 people as a table."""

MOST_WARM_MS = 100
"""Of W3 with what the upstreams said in memory, where they take as long for one call."""

MOST_IMPORT_MS = 400
"""Until the command's module is loaded."""

MOST_START_MS = 1_000
"""From `accessgraph serve` to the first answer over HTTP."""
