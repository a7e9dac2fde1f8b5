"""The gateway alone, in front of an upstream of any size: for what is not compared with anybody."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from harness.http import Client
from harness.ours import gateway_command, gateway_environment
from harness.places import SetUpError
from harness.processes import SERVER_CORE, Program, free_port, until_listening
from harness.upstream import Upstream
from harness.workloads import Question

PATH = "/graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """A gateway that runs."""

    program: Program
    port: int

    @property
    def url(self) -> str:
        """Where it takes GraphQL."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    def ask(self, question: Question) -> bytes:
        """One answer, as it comes.

        Raises:
            SetUpError: there are errors in it.
        """
        client = Client(self.port)
        try:
            status, content = client.post(PATH, question.body())
        except OSError as error:
            raise SetUpError(f"no answer: {error}; {self.program.last_words()}") from error
        finally:
            client.close()
        if status != 200 or b'"errors"' in content[:200] or b'"errors"' in content[-2000:]:
            raise SetUpError(f"{status} {content[:300]!r}")
        return content


@contextmanager
def gateway(
    upstream: Upstream, *, warm: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[Solo]:
    """Start one, with these settings beside its usual ones, and end it."""
    port = free_port()
    environment = {**gateway_environment(upstream, port=port, warm=warm), **(settings or {})}
    with Program("solo", gateway_command(), core=SERVER_CORE, environment=environment) as program:
        until_listening(program, port)
        yield Solo(program=program, port=port)
