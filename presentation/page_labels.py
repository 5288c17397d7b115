"""Labels of the pages: roles of users, languages and themes to choose from."""

from __future__ import annotations

from jinbao.language.words import Words

ROLES: dict[str, Words] = {
    "ministry": ("部值班员", "ministry's duty officer"),
    "clerk": ("经办人", "clerk"),
    "supervisor": ("经办主管", "supervisor"),
    "auditor": ("审计员", "auditor"),
    "operator": ("运行维护员", "operator"),
}
LANGUAGES: dict[str, Words] = {"zh": ("中文", "中文"), "en": ("English", "English")}
"""Each in its own words."""
THEMES: dict[str, Words] = {"auto": ("随系统", "as the system"), "light": ("浅色", "light"), "dark": ("深色", "dark")}
VIEW_GROUNDS: dict[str, Words] = {"desk": ("在办业务", "case on the desk"), "reason": ("已说明理由", "reason given")}
"""Why somebody was shown personal fields in clear."""
