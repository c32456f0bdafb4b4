"""Fills a server's SQLite file: seed.py FILE SQL"""

import datetime
import sqlite3
import sys


def ago(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return then.isoformat(timespec="microseconds")


database = sqlite3.connect(sys.argv[1], timeout=60)
database.execute("PRAGMA foreign_keys = ON")
database.create_function("ago", 1, ago)
with open(sys.argv[2], encoding="utf-8") as sql:
    database.executescript("BEGIN;" + sql.read() + "COMMIT;")
