"""The program `hopthu`, also as `python -m hopthu`."""

import signal
import sys


def run() -> None:
    """Be the `hopthu` program."""
    # Until the command line is loaded, nothing could answer Ctrl-C but a traceback.
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hopthu.cli import main  # noqa: PLC0415

    signal.signal(signal.SIGINT, handler)
    sys.exit(main())


if __name__ == "__main__":
    run()
