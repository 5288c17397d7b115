"""Insurance schemes whose relationships move here, by their code AAE140 of LD/T 92."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Scheme: TypeAlias = Literal["110"]
"""The codes of the released schemas; a further scheme begins with its code here."""
ENTERPRISE_EMPLOYEES: Final = "110"
"""企业职工基本养老保险, basic pension of enterprise employees."""
