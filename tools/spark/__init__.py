"""What the feature query needs on Spark (scoring-svc's extra `spark`), in an environment of its own."""

from tools.bootstrap import ROOT
from tools.building import BUILD
from tools.environment import Environment

ENVIRONMENT = Environment(ROOT / "tools" / "spark", BUILD / "spark-env")
