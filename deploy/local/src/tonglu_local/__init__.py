"""The launcher: all of Tonglu in one process, with a PostgreSQL of its own."""
