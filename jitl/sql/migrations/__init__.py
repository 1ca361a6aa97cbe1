"""The one history of the schema; run by `jitl.sql.migrate`."""
