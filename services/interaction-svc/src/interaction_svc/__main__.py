"""`python -m interaction_svc api | worker | migrate`."""

from interaction_svc.app import build
from interaction_svc.settings import Settings
from shared.run import run

if __name__ == "__main__":
    run(build, Settings)
