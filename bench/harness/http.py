"""One request at a time, for checking and for control; the load comes from wrk."""

import http.client
import json
from typing import Any

TIMEOUT_SECONDS = 120

Json = Any


class Client:
    """One connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to JSON."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return self._ask("POST", path, body=body, headers=headers)

    def get_json(self, path: str) -> Json:
        """The body of the answer, decoded."""
        return json.loads(self._ask("GET", path, body=None, headers={})[1])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, *, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        try:
            self._connection.request(method, path, body=body, headers=headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
