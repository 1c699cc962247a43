"""The entry point: `musegen`, and `python -m musegen`, are this `main`.

Nothing is imported before it can say that it was interrupted.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C while it is being imported ends like Ctrl-C later."""
    try:
        from musegen.cli.main import main as run_command

        run_command()
    except KeyboardInterrupt:
        print("\nmusegen: interrupted", file=sys.stderr)  # below the ^C
        sys.exit(130)  # 128 + SIGINT; the table of exit codes may not be there yet


if __name__ == "__main__":
    main()
