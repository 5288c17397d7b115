"""Errors that are written for the user, in Chinese and in English."""

from __future__ import annotations

from jinbao.language.words import BilingualError


class UserError(BilingualError):
    """A mistake of the user's: it says what is wrong, where, and what to do."""


class Unavailable(BilingualError):
    """Something on this machine cannot be used now and may be later, a full disk for one."""
