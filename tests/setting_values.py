"""Every setting, with a text that can be given for it and the value which that stands for."""

from pathlib import Path

from pydantic import SecretStr

from gateway.platforms.registry import REGISTRY

SECRET = "s3cret-t0ken"

# Every setting: its text, and the value that it stands for. The halves of a credential come together.
OWN = {
    "GATEWAY_HOST": ("::1", "::1"),
    "GATEWAY_PROFILE": ("production", "production"),
    "GATEWAY_TRUSTED_PROXIES": ("10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2"),
    "GATEWAY_SHUTDOWN_GRACE_SECONDS": ("7.5", 7.5),
    "GATEWAY_METRICS": ("false", False),
    "GATEWAY_LIMITS__PAGE_SIZE": ("60", 60),
    "GATEWAY_AUTH__MODE": ("jwt", "jwt"),
    "GATEWAY_AUTH__ALLOW_ANONYMOUS": ("true", True),
    "GATEWAY_AUTH__KEYS_FILE": (__file__, Path(__file__)),
    "GATEWAY_AUTH__JWKS_URL": ("https://issuer.example/keys", "https://issuer.example/keys"),
    "GATEWAY_AUTH__ISSUER": ("https://issuer.example", "https://issuer.example"),
    "GATEWAY_AUTH__AUDIENCE": ("accessgraph", "accessgraph"),
    "GATEWAY_AUTH__ALGORITHMS": ("ES256, EdDSA", ("ES256", "EdDSA")),
    "GATEWAY_AUTH__LEEWAY_SECONDS": ("5", 5.0),
    "GATEWAY_DOCUMENTS__FILE": (__file__, Path(__file__)),
    "GATEWAY_DOCUMENTS__MODE": ("allow", "allow"),
    "GATEWAY_DOCUMENTS__AUTOMATIC": ("false", False),
    "GATEWAY_CORS__ORIGINS": (
        "https://a.example, http://b.example:81",
        ("https://a.example", "http://b.example:81"),
    ),
    "GATEWAY_PORT": ("8080", 8080),
    "GATEWAY_LOG_LEVEL": ("warning", "warning"),
    "GATEWAY_LOG_FORMAT": ("json", "json"),
    "GATEWAY_EXPLORER": ("false", False),
    "GATEWAY_DASHBOARD": ("false", False),
    "GATEWAY_READ_BUDGET_SECONDS": ("2.5", 2.5),
    **{
        f"GATEWAY_LIMITS__{name}": ("7", 7)
        for name in (
            "BODY_BYTES",
            "DOCUMENT_BYTES",
            "TOKENS",
            "DEPTH",
            "ALIASES",
            "DIRECTIVES",
            "ROOT_FIELDS",
            "NODES",
            "COST",
            "POINTS_PER_MINUTE",
            "DEADLINE_SECONDS",
        )
    },
    "GATEWAY_STORE__URL": ("sqlite:////var/lib/changes.db", "sqlite:////var/lib/changes.db"),
    "GATEWAY_STORE__KEEP_KEYS_DAYS": ("7", 7),
    "GATEWAY_PEOPLE__LINKS_FILE": (__file__, Path(__file__)),
}
OF_EVERY_PLATFORM = {
    "BASE_URL": ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api"),
    "CONNECT_TIMEOUT_SECONDS": ("0.5", 0.5),
    "CALL_TIMEOUT_SECONDS": ("1.5", 1.5),
    "MAX_CONCURRENT_CALLS": ("3", 3),
    "IDLE_CONNECTION_SECONDS": ("9", 9),
    "READ_TIMEOUT_SECONDS": ("0.25", 0.25),
    "WRITE_TIMEOUT_SECONDS": ("0.75", 0.75),
    "POOL_TIMEOUT_SECONDS": ("1.25", 1.25),
    "MAX_REPLY_BYTES": ("2048", 2048),
    "MAX_CALLS_PER_SECOND": ("7.5", 7.5),
    "RETRY_ATTEMPTS": ("5", 5),
    "RETRY_WAIT_SECONDS": ("0.1", 0.1),
    "RETRY_LONGEST_WAIT_SECONDS": ("3.5", 3.5),
    "RETRY_BUDGET_RATIO": ("0.4", 0.4),
    "RETRY_BUDGET_RESERVE": ("20", 20),
    "BREAKER_WINDOW_SECONDS": ("15", 15.0),
    "BREAKER_LEAST_CALLS": ("4", 4),
    "BREAKER_FAILURE_RATIO": ("0.6", 0.6),
    "BREAKER_OPEN_SECONDS": ("5", 5.0),
    "BREAKER_LONGEST_OPEN_SECONDS": ("45", 45.0),
    "CACHE_FRESH_SECONDS": ("1.25", 1.25),
    "CACHE_STALE_WHILE_REVALIDATE_SECONDS": ("2.25", 2.25),
    "CACHE_STALE_IF_ERROR_SECONDS": ("3.25", 3.25),
    "TRANSPORT": ("httpx", "httpx"),
    "CA_FILE": (__file__, Path(__file__)),  # any file that exists
}
QUANTCONNECT = {
    "GATEWAY_QUANTCONNECT__USER_ID": ("12345", "12345"),
    "GATEWAY_QUANTCONNECT__API_TOKEN": (SECRET, SecretStr(SECRET)),
    "GATEWAY_QUANTCONNECT__PROJECTS_PER_CALL": ("50", 50),
}
TESTOMATO_ACCOUNT = {
    "GATEWAY_TESTOMATO__EMAIL": ("owner@example.org", "owner@example.org"),
    "GATEWAY_TESTOMATO__PASSWORD": (SECRET, SecretStr(SECRET)),
}
TESTOMATO = {
    "GATEWAY_TESTOMATO__TOKEN": (SECRET, SecretStr(SECRET)),
    "GATEWAY_TESTOMATO__TOKEN_LIFETIME": ("+2 hours", "+2 hours"),
    "GATEWAY_TESTOMATO__PROJECT_DISCOVERY": ("legacy", "legacy"),
    "GATEWAY_TESTOMATO__PROJECT_IDS": (" a1, b2,,c3 ", ("a1", "b2", "c3")),
    "GATEWAY_TESTOMATO__ROLE_ENCODING": ("string", "string"),
}
# Each excludes one of those that are given together.
INSTEAD = {
    "GATEWAY_AUTH__PUBLIC_KEY_FILE": (__file__, Path(__file__)),
    "GATEWAY_QUANTCONNECT__CREDENTIALS": ("caller", "caller"),
    "GATEWAY_TESTOMATO__CREDENTIALS": ("caller", "caller"),
}
GIVEN_TOGETHER = {
    **OWN,
    **{
        f"GATEWAY_{entry.profile.key}__{name}": given
        for entry in REGISTRY
        for name, given in OF_EVERY_PLATFORM.items()
    },
    **QUANTCONNECT,
    **TESTOMATO,
}
EVERY_SETTING = {**GIVEN_TOGETHER, **TESTOMATO_ACCOUNT, **INSTEAD}
SECRETS = [name for name, (_, value) in EVERY_SETTING.items() if isinstance(value, SecretStr)]
