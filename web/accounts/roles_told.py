"""Changes of users become entries of the national log, where its database is at hand."""

from __future__ import annotations

from jinbao.platform.audit.statements.roles import RoleChange, last_told, take_roles
from jinbao.platform.store.store import Store
from jinbao.web.accounts.users import changes_behind, log_name
from jinbao.web.accounts.users_file import UsersFile


def tell_roles(file: UsersFile, store: Store, now_us: int) -> int:
    """Make entries of what the log has not yet; returns how many. Raises StoreError."""
    place = log_name(file)
    with store.read() as work:
        new = changes_behind(file, last_told(work.bulk, place))
    if new:
        told = [RoleChange(c.number, c.at_s * 1_000_000, c.by, c.change, c.name, c.role, c.province) for c in new]
        with store.write() as work:
            take_roles(work, place, told, now_us)
    return len(new)
