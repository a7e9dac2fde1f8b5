"""Where the gateway answers."""

from typing import Final

GRAPHQL: Final = "/graphql"
LIVE: Final = "/livez"
READY: Final = "/readyz"
METRICS: Final = "/metrics"
DASHBOARD: Final = "/dashboard"
ACCESS_EXPORT: Final = "/export/access.csv"
