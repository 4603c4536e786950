"""Run one part of notify-svc: python -m notify_svc api | worker | migrate."""

from notify_svc.app import build
from notify_svc.settings import Settings
from shared.run import run

if __name__ == "__main__":
    run(build, Settings)
