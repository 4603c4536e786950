"""The contract as files.

python -m tools.contract check       the snapshots are what the code makes, and nothing broke
python -m tools.contract snapshot    write them, unless something broke that docs/api/breaks.md does not name
python -m tools.contract lint        Spectral and Redocly on the snapshots
"""

import sys

from tools.contract import keeping, linting


def main() -> None:
    if sys.argv[1:] == ["lint"]:
        sys.exit(linting.lint())
    deeds = {"check": keeping.check, "snapshot": keeping.snapshot}
    if len(sys.argv) != 2 or sys.argv[1] not in deeds:  # noqa: PLR2004
        raise SystemExit(__doc__)

    from tools.contract import made  # noqa: PLC0415 - it brings all services with it, which takes seconds

    sys.exit(deeds[sys.argv[1]](made.documents()))


if __name__ == "__main__":
    main()
