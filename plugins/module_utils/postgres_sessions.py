# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is connected to PostgreSQL and what holds it up, read in one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres import connect, read_one
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

# Without pg_monitor the type and state of other people's sessions are null: they count as hidden, not as idle.
_OVERVIEW = """
WITH sessions AS (
    SELECT * FROM pg_stat_activity
    WHERE coalesce(backend_type, 'client backend') = 'client backend' AND datid IS NOT NULL AND pid <> pg_backend_pid()
), counted AS (
    SELECT count(*) AS sessions,
        count(*) FILTER (WHERE state = 'idle' AND state_change < now() - interval '10 minutes') AS idle_old,
        count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
        count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting_on_lock,
        max(extract(epoch FROM now() - xact_start))::float8 AS longest_transaction_s
    FROM sessions
), by_state AS (
    SELECT coalesce(state, 'hidden') AS state, count(*) AS count FROM sessions GROUP BY 1
), by_application AS (
    SELECT application_name AS application, coalesce(state, 'hidden') AS state, count(*) AS count
    FROM sessions GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50
), replication AS (
    SELECT application_name, host(client_addr) AS client_addr, state,
        extract(epoch FROM replay_lag)::float8 AS replay_lag_s
    FROM pg_stat_replication ORDER BY 1, 2 LIMIT 50
)
SELECT pg_backend_pid(), to_json(counted), json_build_object(
    'version', current_setting('server_version'),
    'version_num', current_setting('server_version_num')::int,
    'in_recovery', pg_is_in_recovery(),
    'max_connections', current_setting('max_connections')::int,
    'reserved', current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int,
    'by_state', (SELECT coalesce(json_object_agg(state, count), '{}') FROM by_state),
    'by_application', (SELECT coalesce(json_agg(by_application), '[]') FROM by_application),
    'replication', (SELECT coalesce(json_agg(replication), '[]') FROM replication),
    'partial', NOT pg_has_role(current_user, 'pg_read_all_stats', 'usage')
) FROM counted
"""


def read_sessions(options: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
    """The overview of sessions, limits and replication; our own session is not counted.

    ``full`` says that others use all ordinary slots; ``partial`` that the role may not see other people's sessions,
    whose states then count as ``hidden``; ``pgbouncer`` that a pooler answered, whose sessions are not the service's.
    """
    with connect(options, deadline) as connection:
        return overview(connection, deadline)


def overview(connection: Connection, deadline: Deadline) -> dict[str, Any]:
    pid, counted, found = read_one(connection, _OVERVIEW, deadline)
    by_application = [{**row, "application": one_line(row["application"] or "", 64)} for row in found["by_application"]]
    return {
        **found,
        **counted,
        "by_application": by_application,
        "full": counted["sessions"] >= found["max_connections"] - found["reserved"],
        # A pooler hands out process ids of its own.
        "pgbouncer": pid != connection.info.backend_pid,
    }
