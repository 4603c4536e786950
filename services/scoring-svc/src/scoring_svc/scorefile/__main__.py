"""`python -m scoring_svc.scorefile [--engine duckdb|spark] FOLDER PREDICTIONS.CSV`."""

import argparse
import sys
from pathlib import Path

from scoring_svc.bulk.engines import ENGINES
from scoring_svc.scorefile.reading import FileError
from scoring_svc.scorefile.scoring import score_folder


def main() -> None:
    """Score a folder; what is wrong with it is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="score-file", description="Score the customers of a folder of logs."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument(
        "--engine", choices=ENGINES, help="what runs the feature query; without it, small folders need none"
    )
    told = parser.parse_args()
    try:
        count = score_folder(told.folder, told.predictions, engine=told.engine)
    except FileError as error:
        sys.stderr.write(f"score-file: {error}\n")
        raise SystemExit(2) from None
    except OSError as error:
        sys.stderr.write(f"score-file: {told.predictions} cannot be written ({error.strerror})\n")
        raise SystemExit(2) from None
    sys.stdout.write(f"{count} customers in {told.predictions}\n")


if __name__ == "__main__":
    main()
