"""更正身份: a person was registered under a wrong identity number, and the case goes on under the right one.

Before anything was said outside, the application is registered under the right number; before the contact letter it is
withdrawn and applied for anew; after the letter the case itself is corrected (IdentityCorrected), and where the letter
came back for it, the next one bears the right number. The other side of a case may correct it too.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from jinbao.regional_adapter.files.form_rows import CorrectionReason
from jinbao.regional_adapter.forms.identity_correction import identity_corrected
from jinbao.regional_adapter.forms.withdrawal import TransferWithdrawnForm
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person

_ENDED_BY = ("ApplicationRefused", "TransferWithdrawn", "TransferClosed", "TransferCompleted")
_WITHDRAWN = "身份号码登记有误，以正确号码重新申请"


class CannotCorrectError(Exception):
    """The correction cannot be made: which of `case` and `before` is at fault, and why, in both languages."""

    def __init__(self, what: Literal["case", "before"], zh: str, en: str) -> None:
        super().__init__(en)
        self.what: Literal["case", "before"] = what
        self.zh, self.en = zh, en


def correct_identity(
    local: EmbeddedLocalSystem,
    case: str,
    before: str,
    right: Person,
    reason: CorrectionReason,
    *,
    operator: str,
    now: int,
) -> bool:
    """Let a case go on under the right number; False where it already does.

    `case` is the number of an application here, or the transfer id of a case that another province began; `before` the
    number under which it runs; `right` the person as they should be registered. `now`: microseconds since 1970 UTC.
    Raises CannotCorrectError.
    """
    application = local.application(case)
    if application is None:
        return _correct_the_others(local, case, before, right, reason, operator, now)
    if application.person == right.number:
        return False
    if not _is_same(before, application.person):
        raise CannotCorrectError("before", "与申请登记的号码不符", "is not the number that the application bears")
    known = local.person(application.person)
    assert known is not None, "an application is registered with its person"
    right = replace(
        known, number=right.number, id_type=right.id_type, name=right.name, sex=right.sex, birth=right.birth
    )
    if any(local.documents(case=case, kind=kind) for kind in _ENDED_BY):
        raise CannotCorrectError("case", "业务已办结或终止，不再更正", "the case has ended and is not corrected")
    if not local.documents(case=case, kind="ApplicationAccepted"):
        local.change_applicant(application, right, work=True)
    elif not (letters := local.documents(case=case, kind="ContactLetterIssued")):
        _apply_anew(local, application, right, operator, now)
    else:
        form = identity_corrected(reason, right)
        key = _next_key(local, case, f"{case}-G")
        local.write_document(form.KIND, key, case, form.fields, operator, now)
        transfer = local.transfer_of(case)
        returned = len(local.incoming("TransferReturned", transfer=transfer)) if transfer else 0
        versions = {letter.fields["letter_version"] for letter in letters}
        local.change_applicant(application, right, work=returned >= max(versions))
    return True


def _apply_anew(local: EmbeddedLocalSystem, application: Application, right: Person, operator: str, now: int) -> None:
    """撤回并重新申请: no letter was sent, so the application itself is made again."""
    case = application.number
    form = TransferWithdrawnForm(reason_text=_WITHDRAWN)
    local.write_document(form.KIND, f"{case}-W", case, form.fields, operator, now)
    local.application_handled(application)
    again = 2
    while local.application(f"{case}-{again}") is not None:
        again += 1
    local.register_person(right)
    local.register_application(replace(application, number=f"{case}-{again}", person=right.number, attempt=1))


def _correct_the_others(
    local: EmbeddedLocalSystem,
    case: str,
    before: str,
    right: Person,
    reason: CorrectionReason,
    operator: str,
    now: int,
) -> bool:
    """The origin knows the person under the right number, and corrects the case of the letter that came."""
    try:
        transfer = UUID(hex=case)
    except ValueError:
        raise CannotCorrectError(
            "case", "没有这个编号的申请或业务", "there is no such application or transfer"
        ) from None
    letters = local.incoming("ContactLetterIssued", transfer=transfer)
    if not letters:
        raise CannotCorrectError("case", "没有这笔业务的联系函", "no contact letter of this transfer has come")
    meant = str(letters[-1].fields["personal"]["number"])
    written = local.documents(case=transfer.hex, kind="IdentityCorrected")
    if right.number in (meant, *(d.fields["personal"]["number"] for d in written)):
        return False
    if not _is_same(before, meant):
        raise CannotCorrectError("before", "与联系函的号码不符", "is not the number that the contact letter bears")
    form = identity_corrected(reason, local.person(right.number) or right)
    key = _next_key(local, transfer.hex, f"{letters[-1].local_document}-G")
    local.write_document(form.KIND, key, transfer.hex, form.fields, operator, now)
    return True


def _next_key(local: EmbeddedLocalSystem, case: str, key: str) -> str:
    """A case may be corrected again, after a correction that came to nothing or was itself mistaken."""
    earlier = len(local.documents(case=case, kind="IdentityCorrected"))
    return f"{key}{earlier + 1}" if earlier else key


def _is_same(given: str, known: str) -> bool:
    """As it is registered, or in the 15 digits that it was upgraded from."""
    given = given.strip().upper()
    return given == known or (len(given) == 15 and given == known[:6] + known[8:17])
