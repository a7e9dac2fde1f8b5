"""The gateway, started as its user starts it: `accessgraph serve` and settings from the environment."""

from harness.places import BIN
from harness.upstream import Upstream

# What both have in common. Everything that is not named here is as it is by default.
COMMON = {
    "GATEWAY_LOG_LEVEL": "warning",
    "GATEWAY_LOG_FORMAT": "json",
    "GATEWAY_STORE__URL": "sqlite:///:memory:",
}

# W1, W2 and W3: nothing that the upstreams said is kept from one request to the next.
CACHE_OFF = {
    f"GATEWAY_{platform}__CACHE_{window}_SECONDS": "0"
    for platform in ("QUANTCONNECT", "TESTOMATO")
    for window in ("FRESH", "STALE_WHILE_REVALIDATE", "STALE_IF_ERROR")
}

# W4: what the upstreams said is kept.
CACHE_ON = {f"GATEWAY_{platform}__CACHE_FRESH_SECONDS": "3600" for platform in ("QUANTCONNECT", "TESTOMATO")}


def gateway_environment(upstream: Upstream, *, port: int, warm: bool) -> dict[str, str]:
    """All settings of a gateway in front of `upstream`."""
    return {
        **COMMON,
        **(CACHE_ON if warm else CACHE_OFF),
        "GATEWAY_PORT": str(port),
        "GATEWAY_QUANTCONNECT__BASE_URL": f"{upstream.url}/api/v2",
        "GATEWAY_QUANTCONNECT__USER_ID": "412000",
        "GATEWAY_QUANTCONNECT__API_TOKEN": "0123456789abcdef0123456789abcdef",
        "GATEWAY_TESTOMATO__BASE_URL": f"{upstream.url}/api",
        "GATEWAY_TESTOMATO__EMAIL": "ada.abbott.0@example.com",
        "GATEWAY_TESTOMATO__PASSWORD": "made-up",
        "GATEWAY_TESTOMATO__PROJECT_IDS": ",".join(upstream.testomato_ids),
    }


def gateway_command() -> list[str]:
    """What the user types."""
    return [str(BIN / "accessgraph"), "serve"]
