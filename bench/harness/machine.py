"""What was measured on, in words that name no machine."""

import os
import platform
import time
from pathlib import Path


def machine() -> str:
    """Processor, system, Python and date on one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    date = time.strftime("%Y-%m-%d")
    system = f"Linux {platform.release().partition('-')[0]}"
    return f"{date}, {model}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def load_average() -> str:
    """How busy the machine is, at one minute."""
    return f"{os.getloadavg()[0]:.1f}"
