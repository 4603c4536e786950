"""python -m customer_svc api | worker | migrate."""

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.run import run

run(build, Settings)
