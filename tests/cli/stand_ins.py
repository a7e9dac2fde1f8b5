"""Both platforms' stand-ins, running, for the command to call."""

from dataclasses import dataclass

from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.sandbox.handle import Sandbox


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """Both platforms' stand-ins, running, and the variables that lead a gateway to each."""

    quantconnect: QuantConnectSandbox
    testomato: TestomatoSandbox
    quantconnect_variables: dict[str, str]
    testomato_variables: dict[str, str]

    @property
    def variables(self) -> dict[str, str]:
        return {**self.quantconnect_variables, **self.testomato_variables}


def variables_for(sandbox: Sandbox, base_url: str) -> dict[str, str]:
    given = sandbox.gateway_settings(base_url)
    return {f"GATEWAY_{sandbox.platform.value}__{name.upper()}": value for name, value in given.items()}
