"""What the gateway is told: `model` says what there is, `loading` reads it."""
