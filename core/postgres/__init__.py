"""The connection to Postgres: DSN, pool, statements, migrations, errors."""
