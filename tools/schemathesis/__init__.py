"""Schemathesis, which asks what a document allows and forbids, in an environment of its own."""

from tools.bootstrap import ROOT
from tools.building import BUILD
from tools.environment import Environment

ENVIRONMENT = Environment(ROOT / "tools" / "schemathesis", BUILD / "schemathesis-env")
