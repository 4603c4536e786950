"""python -m gateway api | worker | migrate | admin."""

import sys

from gateway.app import build, ensure_admin
from gateway.console import administer
from gateway.settings import Settings
from shared.composition import Service
from shared.problems import Invalid
from shared.run import run


async def open_first_account(service: Service) -> None:
    """Where nobody can sign in yet there is the account `admin`; a password made for it is shown once."""
    settings = service.settings
    given = settings.admin_password if isinstance(settings, Settings) else None
    try:
        made = await ensure_admin(service.database, given.get_secret_value() if given else None)
    except Invalid as problem:
        sys.stderr.write(f"ADMIN_PASSWORD: {problem.en}\n")
        raise SystemExit(2) from None
    if made:
        sys.stderr.write(f"account admin, password {made} (shown only this once)\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["admin"]:
        raise SystemExit(administer(sys.argv[2:]))
    run(build, Settings, migrated=open_first_account)
