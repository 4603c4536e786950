"""Run one part of scoring-svc: python -m scoring_svc api | worker | migrate."""

from scoring_svc.app import build
from scoring_svc.settings import Settings
from shared.run import run

if __name__ == "__main__":
    run(build, Settings)
