"""`/desk/keys`: the keys of the desk, and switching them off."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jinbao.language.words import Words
from jinbao.presentation.prose import prose
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, the_own_province
from jinbao.web.province.offices import Offices

KEYS: Sequence[tuple[str, Words]] = (
    ("n", ("办理下一件", "open the next case")),
    ("t", ("由我办理此业务", "take this case")),
    ("s", ("提交当前表单", "submit the form that is shown")),
    ("1 … 9", ("选择其他可办事项", "choose what else can be done")),
    ("f", ("到表单的第一个字段", "go to the first field of the form")),
    ("c", ("新业务", "a new case")),
    ("/", ("查找业务", "find a case")),
    ("l", ("待办清单", "the work list")),
    ("?", ("本页", "this page")),
    ("Ctrl+Enter", ("在填写时提交当前表单", "submit the form while typing into it")),
    ("Esc", ("离开正在填写的字段", "leave the field that is typed into")),
)


class Keys(msgspec.Struct, frozen=True):
    """The page's value."""

    shortcuts: bool
    """Whether they do something."""
    rows: Sequence[tuple[str, str]]
    """Key, and what it does."""


class Choice(msgspec.Struct, frozen=True):
    """Whether keys shall do something."""

    on: bool


def keys_page(offices: Offices) -> Page:
    """`/desk/keys`."""

    def value(asker: Asker, query: NoQuery) -> Keys:
        with offices.store_of(asker) as store:
            return Keys(store.has_keys(asker.user.name), [(key, asker.tr.of(does)) for key, does in KEYS])

    return Page("/desk/keys", prose("Keys"), "desk_keys.html", value, NoQuery, the_own_province)


def switch_keys(offices: Offices) -> Action:
    """`POST /desk/keys`: switch them on or off."""

    def act(asker: Asker, form: Choice) -> Done:
        with offices.store_of(asker) as store:
            store.set_keys(asker.user.name, on=form.on)
        return Done("/desk/keys", {"on": form.on})

    return Action("/desk/keys", act, Choice, the_own_province)
