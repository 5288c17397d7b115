"""Labels of the pages: roles of users, languages and themes to choose from."""

from __future__ import annotations

from jinbao.language.words import Words

ROLES: dict[str, Words] = {
    "ministry": ("部值班员", "ministry's duty officer"),
    "clerk": ("经办人", "clerk"),
    "finance": ("财务人员", "finance officer"),
    "supervisor": ("经办主管", "supervisor"),
    "auditor": ("审计员", "auditor"),
    "operator": ("运行维护员", "operator"),
    "service": ("省级应用", "a province's application"),
}
LANGUAGES: dict[str, Words] = {"zh": ("中文", "中文"), "en": ("English", "English")}
"""Each in its own words."""
THEMES: dict[str, Words] = {"auto": ("随系统", "as the system"), "light": ("浅色", "light"), "dark": ("深色", "dark")}
VIEW_GROUNDS: dict[str, Words] = {
    "desk": ("在办业务", "case on the desk"),
    "reason": ("已说明理由", "reason given"),
    "bank": ("本省对账差异", "break of the own banks"),
}
"""Why somebody was shown personal fields in clear."""
NATIONAL_ANSWERS: dict[str, Words] = {
    "unknown": (
        "全国平台还没有此业务，或本省未参与",
        "the national platform does not have this case yet, or this province takes no part in it",
    ),
    "refused": (
        "全国应用不接受本省的令牌，请告知运行维护员；按本省所知照常办理",
        "the national application does not take this province's token: tell the operator, go on as known here",
    ),
    "away": (
        "暂时联系不到全国应用；按本省所知照常办理",
        "the national application cannot be reached now: go on as known here",
    ),
    "unreadable": (
        "全国应用的答复无法读取，请告知运行维护员；按本省所知照常办理",
        "the national application's answer cannot be read: tell the operator, go on as known here",
    ),
}
"""What is said where it does not tell who holds a case."""
