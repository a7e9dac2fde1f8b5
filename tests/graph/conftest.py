"""How properties of the graph are searched for counterexamples."""

from hypothesis import HealthCheck, settings

# A machine with other things to do is no reason to fail.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")
