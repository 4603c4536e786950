"""python -m gateway api | worker | migrate."""

from gateway.app import build
from gateway.settings import Settings
from shared.run import run

if __name__ == "__main__":
    run(build, Settings)
