"""python -m tonglu_local up | demo."""

import argparse
import gc
import os
import signal
import socket
import sys

from tonglu_local.databases import databases
from tonglu_local.options import OptionError, Options
from tonglu_local.postgres import PostgresError

_INTERRUPTED = 130


def main() -> None:
    """Run what the command line names; a failure that the user can mend is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="tonglu", description="Run all of Tonglu on this machine.")
    parser.add_argument("what", choices=("up", "demo"), help="demo also loads the sample")
    what = parser.parse_args().what
    _heed_signals()
    try:
        options = Options.of()
        _require_port(options)
        still = _served(options, what)
    except (OptionError, PostgresError) as error:
        sys.stderr.write(f"tonglu: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    if not still:
        _end_now()


def _heed_signals() -> None:
    """While nothing serves yet; also where a script's background has taught us to ignore an interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _served(options: Options, what: str) -> bool:
    """All that was wrong so far was said at once; only now comes what takes seconds to import."""
    with databases(options) as urls:
        gc.disable()  # what is imported stays: looking through it again and again is a quarter of the time
        from tonglu_local import serving  # noqa: PLC0415

        gc.enable()
        return serving.run(options, urls, what)


def _end_now() -> None:
    """Threads that compute cannot be stopped; what they would have found is found again at the next start."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _require_port(options: Options) -> None:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        socket.create_server((options.host, options.port), family=family).close()
    except OSError as error:
        raise OptionError(
            f"port {options.port} of {options.host} cannot be had ({error.strerror}): "
            "stop what uses it, or choose another TONGLU_PORT"
        ) from None


if __name__ == "__main__":
    main()
