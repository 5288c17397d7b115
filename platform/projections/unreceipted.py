"""Letters and sheets that were delivered and are not receipted yet, by the province whose adapter would."""

from __future__ import annotations

from jinbao.platform.store.store import UnitOfWork

DELIVERED = (
    "(SELECT o.delivered_at FROM outbox o WHERE o.province = "
    "CASE c.awaiting WHEN 'letter' THEN c.origin ELSE c.destination END "
    "AND o.last_position >= c.awaiting_position AND o.first_position <= c.awaiting_position "
    "ORDER BY o.last_position LIMIT 1)"
)
"""When what a row `c` of the board awaits a receipt for was put into its reader's inbox; NULL: not yet."""


def unreceipted(work: UnitOfWork) -> dict[str, list[int]]:
    """Province → when each was put into its inbox, microseconds since 1970 UTC."""
    sql = (
        f"SELECT CASE c.awaiting WHEN 'letter' THEN c.origin ELSE c.destination END, {DELIVERED} "
        "FROM case_board c WHERE c.awaiting <> ''"
    )
    found: dict[str, list[int]] = {}
    for province, delivered in work.bulk.execute(sql):
        if delivered is not None:
            found.setdefault(province, []).append(delivered)
    return found
