"""`python -m hotswap_runbooks.gameday.faults.batch --config FILE`: a batch job that takes every session it can get.

It opens sessions until the server has none left and leaves them idle. Where somebody ends one of them it takes no
more, so that what a responder frees stays free.
"""

from __future__ import annotations

import argparse
import select
import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from hotswap_runbooks.gameday.faults.fault import VISIBLE_WITHIN_S
from hotswap_runbooks.gameday.faults.verbs import BATCH
from hotswap_runbooks.gameday.service.config import Database, ServiceConfig

# The service gives a slot back for a few hundredths of a second only: so long as `break` waits, be there in time.
EAGER_S = VISIBLE_WITHIN_S
OFTEN_S = 0.03
SELDOM_S = 0.5


def take_all(database: Database, held: list[Connection]) -> None:
    """Open sessions until the server refuses one."""
    while True:
        try:
            connection = psycopg2.connect(
                host=database.host,
                port=database.port,
                user=database.user,
                password=database.password,
                dbname=database.dbname,
                application_name=BATCH,
                connect_timeout=2,
            )
        except psycopg2.OperationalError:
            return
        connection.autocommit = True
        held.append(connection)


def ended(held: list[Connection]) -> list[Connection]:
    """The sessions that the server has closed: an idle one has nothing else to say."""
    readable, _, _ = select.select(held, [], [], 0)
    return list(readable)


def main() -> None:
    parser = argparse.ArgumentParser(prog=BATCH)
    parser.add_argument("--config", type=Path, required=True)
    database = ServiceConfig.read(parser.parse_args().config).database
    held: list[Connection] = []
    begun = time.monotonic()
    while not (gone := ended(held)):
        take_all(database, held)
        time.sleep(OFTEN_S if time.monotonic() - begun < EAGER_S else SELDOM_S)
    while held := [connection for connection in held if connection not in gone]:
        time.sleep(SELDOM_S)
        gone = ended(held)


if __name__ == "__main__":
    main()
