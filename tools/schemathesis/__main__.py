"""Have Schemathesis ready, or write its lock anew.

python -m tools.schemathesis          install what the lock names, unless it is there
python -m tools.schemathesis lock     write the lock anew
"""

import sys

from tools.schemathesis import ENVIRONMENT

if sys.argv[1:] == ["lock"]:
    ENVIRONMENT.write_lock()
else:
    print(ENVIRONMENT.program("schemathesis"))
