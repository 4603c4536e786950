"""Where the clients come from and go to."""

from tools.bootstrap import ROOT
from tools.building import BUILD

DOCUMENT = ROOT / "docs" / "api" / "openapi.json"
HERE = ROOT / "tools" / "sdk"
BUILT = BUILD / "sdk"
