"""Load: wrk for what is fast, and requests that are counted for what is slow.

wrk stops in the middle of what is under way. Of a thousand requests that does not matter; of twenty it would
charge the server for work whose answer nobody counts. So slow servers get a fixed number of requests, all of
which are waited for.
"""

import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.http import Client
from harness.places import SetUpError, tool
from harness.processes import LOAD_CORE, pinned

# Printed behind wrk's own report, which is for people.
_DONE = """
done = function(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failed":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came of one window of load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int


# In place of the same body each time.
_COUNTED = """
local number = 0
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, (wrk.body:gsub("NUMBER", FIRST + number)))
end
"""


def post_all_the_time(
    url: str, body: bytes, *, connections: int, seconds: int, number_from: int | None = None
) -> LoadResult:
    """Keep as many requests as there are `connections` under way for some seconds.

    Args:
        number_from: the word NUMBER in the body is another number each time, from this one on.

    Raises:
        SetUpError: wrk is missing, or failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        # A JSON text is a Lua text too: the bodies are ASCII and json.dumps escapes what must be.
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = {json.dumps(body.decode())}\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
            'wrk.headers["Accept"] = "application/json"\n'
            + ("" if number_from is None else _COUNTED.replace("FIRST", str(number_from)))
            + _DONE
        )
        command = [tool("wrk", package="wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
        finished = subprocess.run(  # noqa: S603 - ours
            pinned([*command, "-s", str(script), url], core=LOAD_CORE),
            capture_output=True,
            text=True,
            timeout=seconds + 90,
            check=False,
        )
    result = finished.stdout.rpartition("RESULT ")[2]
    if finished.returncode != 0 or not result.startswith("{"):
        raise SetUpError(f"wrk failed: {finished.stderr.strip() or finished.stdout.strip()}")
    return LoadResult(**json.loads(result))


def post_so_often(port: int, path: str, body: bytes, *, connections: int, requests: int) -> LoadResult:
    """Send a number of requests, as many at once as there are `connections`, and wait for every answer."""
    turns, lock = iter(range(requests)), threading.Lock()

    def work() -> list[tuple[float, bool]]:
        client = Client(port)
        try:
            return [_timed(client, path, body) for _ in _taken(turns, lock)]
        finally:
            client.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        workers = [pool.submit(work) for _ in range(connections)]
        sent = [one for worker in workers for one in worker.result()]
    milliseconds = sorted(taken * 1000 for taken, _ in sent)
    return LoadResult(
        requests=len(sent),
        seconds=time.perf_counter() - began,
        p50_ms=statistics.median(milliseconds),
        p99_ms=milliseconds[int(len(milliseconds) * 0.99)],
        failed=sum(not good for _, good in sent),
    )


def _taken(turns: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    """Turns out of what all workers share."""
    while True:
        with lock:
            turn = next(turns, None)
        if turn is None:
            return
        yield turn


def _timed(client: Client, path: str, body: bytes) -> tuple[float, bool]:
    began = time.perf_counter()
    try:
        good = client.post(path, body)[0] == 200
    except OSError:
        good = False
    return time.perf_counter() - began, good
