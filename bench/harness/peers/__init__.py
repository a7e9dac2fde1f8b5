"""Who is measured: the gateway, and what else one could have taken; one module each."""
