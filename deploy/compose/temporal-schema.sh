#!/bin/sh
# Temporal's databases, made or brought up to the schema of this server version. Every step can be run again: a database
# or version that is there already is left alone. Where and as whom: SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and
# SQL_PLUGIN, which temporal-sql-tool reads itself.
set -eu

schemas=${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

prepare() {
  database=$1
  versions=$2
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "$versions"
}

prepare temporal "$schemas/temporal/versioned"
prepare temporal_visibility "$schemas/visibility/versioned"
