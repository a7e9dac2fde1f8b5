"""The `accessgraph` command, which is `python -m gateway` as well."""

import gc


def main() -> None:
    """Load the command and run it."""
    # What is loaded stays. To look through it for garbage, again and again while it is loaded and once more
    # when the process ends, takes a quarter of the time of a short command and finds next to nothing.
    gc.disable()
    try:
        from gateway.cli import main as command  # noqa: PLC0415 - not before the collector is off
    finally:
        gc.freeze()
        gc.enable()
    command()


if __name__ == "__main__":
    main()
