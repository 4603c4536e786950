"""Have Spark ready, or write its lock anew.

python -m tools.spark          install what the lock names, unless it is there
python -m tools.spark lock     write the lock anew
"""

import sys

from tools.spark import ENVIRONMENT

if sys.argv[1:] == ["lock"]:
    ENVIRONMENT.write_lock()
else:
    print(ENVIRONMENT.program("python"))
