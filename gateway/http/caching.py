"""How old an answer may be, as a client asks for it: https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1."""


def longest_age_seconds(cache_control: str | None) -> float | None:
    """How old what is kept in memory may be; None where the client does not say."""
    if not cache_control:
        return None
    ages: list[float] = []
    for directive in cache_control.split(","):
        name, _, value = directive.strip().lower().partition("=")
        if name in {"no-cache", "no-store"}:
            ages.append(0.0)
        elif name == "max-age" and value.strip('"').isdecimal():
            ages.append(float(value.strip('"')))
    return min(ages, default=None)
