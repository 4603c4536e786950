#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: a database and a role pair for each service.
# Passwords are taken from the services' own address secrets and go through psql's input, never its arguments.
set -eu

password() { # of the address postgresql://role:password@host/database
    sed -n 's#^postgresql://[^:]*:\([^@]*\)@.*#\1#p' "${SECRETS:-/run/secrets}/$1"
}

for name in customer interaction scoring notify gateway; do
    {
        echo "\\set name '$name'"
        echo "\\set app 'tonglu_$name'"
        echo "\\set owner 'tonglu_${name}_owner'"
        echo "\\set app_password '$(password "${name}_database_url")'"
        echo "\\set owner_password '$(password "${name}_owner_url")'"
        cat "$(dirname "$0")/tonglu/service.sql"
    } | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres
done
