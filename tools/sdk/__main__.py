"""make sdk: both clients into build/sdk.

python -m tools.sdk          build what is not built yet from this document
python -m tools.sdk lock     write the lock of the Python generator anew
"""

import sys

from tools.sdk import python, typescript

if sys.argv[1:] == ["lock"]:
    python.ENVIRONMENT.write_lock()
else:
    print(f"Python client: {python.build()}")
    print(f"TypeScript client: {typescript.build()}")
