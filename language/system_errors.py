"""What the operating system refuses, in Chinese and English: the reason of an OSError by its number."""

from __future__ import annotations

import errno

from jinbao.language.words import Words

_REASONS: dict[int, str] = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样操作",
    errno.EEXIST: "已有同名的文件或文件夹",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件过大",
    errno.EROFS: "只读，不能写入",
    errno.EIO: "读写出错，磁盘可能有故障",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ELOOP: "链接互相指向",
    errno.EMFILE: "打开的文件过多",
    errno.ENFILE: "系统中打开的文件过多",
    errno.ENOMEM: "内存不足",
    errno.EBUSY: "正在使用中",
    errno.EPIPE: "读取的一方已关闭",
    errno.EXDEV: "不在同一个磁盘上",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接被对方断开",
    errno.ETIMEDOUT: "超时，没有回应",
    errno.EHOSTUNREACH: "主机不可达",
    errno.ENETUNREACH: "网络不可达",
}


def system_reason(error: OSError) -> Words:
    """Why the system refused; in Chinese with the system's own words where there are none here."""
    en = error.strerror or str(error) or type(error).__name__
    return _REASONS.get(error.errno or 0, f"系统错误：{en}"), en


def at(place: object, words: Words) -> Words:
    """The words, after what they are about: a file, an option."""
    return f"{place}：{words[0]}", f"{place}: {words[1]}"
