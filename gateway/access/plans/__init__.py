"""What would be done, target by target, and the token by which just that is done. Start at `planning`."""
