"""Chinese names of what is tried on a bus, for error messages."""

from __future__ import annotations

_CHINESE = {
    "open it": "打开",
    "open a producer": "开始发送",
    "connect": "连接",
    "create topics": "建立主题",
    "look up topic": "查找主题",
    "read topic": "读取主题",
    "read the ends of topic": "读取主题末尾：",
    "read the ends for group": "为读者组读取末尾：",
    "read the offsets of group": "读取位移，读者组",
    "read for group": "读取，读者组",
    "commit for group": "提交位移，读者组",
    "join group": "加入读者组",
    "leave group": "退出读者组",
    "take over partitions for group": "接手分区，读者组",
    "seek": "定位",
    "send": "发送",
    "trim": "裁剪",
}
"""By the beginning of the English."""


def in_chinese(action: str) -> str:
    """An action like "read topic 'x'" in Chinese, with the same names and numbers; as it is where it is not known."""
    for beginning in sorted(_CHINESE, key=len, reverse=True):
        if action.startswith(beginning):
            rest = action.removeprefix(beginning).replace(" records", " 条")
            return f"{_CHINESE[beginning]}{rest}"
    return action
