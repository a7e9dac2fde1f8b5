"""What faults have in common, whichever calls they strike."""

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.faults import Fault

# Each platform finds its own words in these.
FAILURE_IN_WORDS = '{"success": false, "errors": ["Internal Error 21"], "error": true, "code": 500}'
REFUSAL_IN_WORDS = '{"success": false, "errors": ["No, not like this."], "error": true, "code": 400}'
# Beyond any patience, and the patience where it must run out: enough for every call that is not held up.
AN_AGE = 30.0
PATIENCE = 1.0
AN_INSTANT = 0.01
MUCH_BYTES = 2 * 1024 * 1024


def name_of(value: object) -> str | None:
    if not isinstance(value, Fault):
        return None
    parts = (value.kind, value.status, value.seconds, value.body and "in words", value.orderly and "orderly")
    return " ".join(str(part) for part in parts if part)


def settings_for(fault: Fault) -> dict[str, str]:
    """Short of patience and of room where the fault is long or large: nothing else is kept short."""
    settings: dict[str, str] = {}
    for key in PlatformKey:
        if fault.seconds == AN_AGE:
            settings[f"GATEWAY_{key}__CALL_TIMEOUT_SECONDS"] = str(PATIENCE)
        if fault.size_bytes == MUCH_BYTES:
            settings[f"GATEWAY_{key}__MAX_REPLY_BYTES"] = str(MUCH_BYTES // 2)
    return settings
