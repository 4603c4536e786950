"""python -m gateway api | worker | migrate."""

import sys

from gateway.app import build, ensure_admin
from gateway.settings import Settings
from shared.composition import Service
from shared.run import run


async def open_first_account(service: Service) -> None:
    """Where nobody can sign in yet there is the account `admin`; a password made for it is shown once."""
    settings = service.settings
    given = settings.admin_password if isinstance(settings, Settings) else None
    made = await ensure_admin(service.database, given.get_secret_value() if given else None)
    if made:
        sys.stderr.write(f"account admin, password {made} (shown only this once)\n")


if __name__ == "__main__":
    run(build, Settings, migrated=open_first_account)
