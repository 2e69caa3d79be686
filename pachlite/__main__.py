"""Start the command line. `version` and shell completion are answered before it is loaded."""

from __future__ import annotations

import os
import sys

from pachlite import __version__

COMPLETION_VARIABLE = "_PACHLITE_COMPLETE"
_INTERRUPTED = 130

# What `pachlite version` prints is said twice, here and in cli/version.py, which needs Typer.
_QUICK_ANSWERS = {
    ("--version",): f"pachlite {__version__}\n",
    ("version",): f"COMPONENT VERSION\npachlite  {__version__}\n",
    ("version", "--client-only"): f"{__version__}\n",
}


def main() -> None:
    """Run the command line and exit."""
    try:
        _run()
    except KeyboardInterrupt:  # while modules are being loaded
        sys.exit(_INTERRUPTED)


def _run() -> None:
    _prepare_streams()
    if os.environ.get(COMPLETION_VARIABLE, "").startswith("complete_"):
        from pachlite.cli.completion import complete

        sys.exit(complete())
    answer = _QUICK_ANSWERS.get(tuple(sys.argv[1:]))
    if answer is not None and _is_written(answer):
        return
    from typer.main import get_command

    from pachlite.cli.main import application
    from pachlite.cli.signals import end_in_good_order

    end_in_good_order()
    get_command(application(sys.argv[1:]))()


def _is_written(answer: str) -> bool:
    """Write an answer; when that fails, the command line knows what to say and do."""
    try:
        os.write(sys.stdout.fileno(), answer.encode())
    except (OSError, ValueError):
        return False
    return True


def _prepare_streams() -> None:
    """Give closed streams a place to go, and let no character be one that cannot be shown."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - until the end
        else:
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
