#!/bin/sh
# Run by the PostgreSQL image once, on an empty volume: one role and database for Holdfast, one role for Temporal.
# Temporal's databases are made by temporal-schema.sh, with Temporal's own tool.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv holdfast_password HOLDFAST_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD
CREATE ROLE holdfast LOGIN PASSWORD :'holdfast_password';
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
CREATE DATABASE holdfast OWNER holdfast;
REVOKE CONNECT ON DATABASE holdfast FROM PUBLIC;
SQL
