"""What a service gets on the server: a database, a role that owns it and a weaker one that works in it."""

import hashlib
import hmac
import re
import subprocess
from dataclasses import dataclass, field

from tonglu_local.postgres.binaries import Binaries
from tonglu_local.postgres.errors import PostgresError
from tonglu_local.postgres.folder import ADMIN, CLEAN_ENVIRONMENT

COMPLETE = "tonglu: prepared, version 1"


@dataclass(frozen=True)
class ServiceUrls:
    """`app_url` is for serving (no DDL, row security applies), `owner_url` for migrations."""

    app_url: str = field(repr=False)
    owner_url: str = field(repr=False)


@dataclass(frozen=True)
class Admin:
    """Who may create databases, and where."""

    binaries: Binaries
    port: int
    password: str = field(repr=False)

    def url(self, role: str = ADMIN, password: str | None = None, database: str = "postgres") -> str:
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, script: str, database: str = "postgres") -> str:
        """Run SQL in psql, stopping at the first error; returns the unaligned rows."""
        where = ["--host=127.0.0.1", f"--port={self.port}", f"--username={ADMIN}", f"--dbname={database}"]
        answer = subprocess.run(  # noqa: S603 -- a program from a folder the operator chose
            [self.binaries["psql"], "-XqtA", "--set=ON_ERROR_STOP=1", *where],
            input=script,
            check=False,
            capture_output=True,
            text=True,
            env={
                **CLEAN_ENVIRONMENT,
                "PGPASSWORD": self.password,
                "PGOPTIONS": "-c client_min_messages=warning",
            },
        )
        if answer.returncode != 0:
            raise PostgresError(f"preparing database {database} failed: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def password_of(self, role: str) -> str:
        """Each role's password follows from the administrator's, so there is only one to keep."""
        return hmac.new(self.password.encode(), role.encode(), hashlib.sha256).hexdigest()


def ensure_service(admin: Admin, name: str) -> ServiceUrls:
    """Database and roles of the service `name`; calling it again changes nothing."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise ValueError(f"not a service name: {name!r}")
    app, owner = f"tonglu_{name}", f"tonglu_{name}_owner"
    if admin.run(_IS_COMPLETE.format(name=name)) != COMPLETE:
        passwords = {"app_password": admin.password_of(app), "owner_password": admin.password_of(owner)}
        admin.run(_CREATE.format(name=name, app=app, owner=owner, **passwords))
        admin.run(_GRANT.format(name=name, app=app, owner=owner, complete=COMPLETE), database=name)
    return ServiceUrls(
        app_url=admin.url(app, admin.password_of(app), name),
        owner_url=admin.url(owner, admin.password_of(owner), name),
    )


_IS_COMPLETE = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}';"

_CREATE = """
SELECT 'CREATE ROLE {owner} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') \\gexec
SELECT 'CREATE ROLE {app} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{app}') \\gexec
ALTER ROLE {owner} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{owner_password}';
ALTER ROLE {app} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{app_password}';
SELECT 'CREATE DATABASE {name} OWNER {owner}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
"""

_GRANT = """
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO {owner};
GRANT USAGE ON SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
GRANT USAGE, SELECT ON SEQUENCES TO {app};
COMMENT ON DATABASE {name} IS '{complete}';
"""
