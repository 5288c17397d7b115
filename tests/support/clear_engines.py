"""Empties real engines that several tests of a file share, so that none of them finds what another has left."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg2
from kafka import KafkaAdminClient
from sqlalchemy import make_url

from jinbao.dev.engines import Engines


def clear(engines: Engines) -> None:
    """A new database under the same name, and none of the platform's topics."""
    url = make_url(engines.database_url)
    server = psycopg2.connect(host=url.host, port=url.port, user=url.username, password=url.password, dbname="postgres")
    server.autocommit = True
    with closing(server), server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {url.database}")
    brokers = engines.bus_url.removeprefix("kafka://").split(",")
    with closing(KafkaAdminClient(bootstrap_servers=brokers)) as admin:
        if ours := [name for name in admin.list_topics() if name.startswith("jinbao.")]:
            admin.delete_topics(ours)
        while any(name.startswith("jinbao.") for name in admin.list_topics()):
            time.sleep(0.1)
