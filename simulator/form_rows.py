"""What a simulated province's own system says, as rows of the forms that adapters import.

The opposite of `regional_adapter.files.form_records`: amounts in yuan, days as ISO text, one text a field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from jinbao.presentation.message_labels import ACTIONS as ACTION_LABELS, VALUES
from jinbao.regional_adapter.files.decision_records import fields_by_column
from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, Person
from jinbao.rules.identity import check_identity

FormRow = dict[str, str]
_SHANGHAI = timezone(timedelta(hours=8))


def is_written_so(person: Person) -> bool:
    """Whether a file can say the person's number: one of 15 digits would be registered with 18."""
    return check_identity(person.number, person.id_type).normalized == person.number


def application_row(application: Application, person: Person, province: str) -> FormRow:
    """转移申请: an application and its applicant."""
    return {
        **_person(person),
        "转入省份": province,
        "申请编号": application.number,
        "户籍省份": person.hukou_province or "",
        "户籍迁入日期": _day(person.hukou_since),
        "转出省份": application.origin,
        "申请日期": _day(application.applied_on),
        "受理日期": _day(application.accepted_on),
        "本地参保日期": _day(application.insured_on),
        "参保缴费凭证号": application.certificate_number or "",
        "调动": _yes(application.job_transfer),
        "联系地址": person.address or "",
        "联系电话": person.telephone or "",
        "单位名称": person.employer_name or "",
        "单位信用代码": person.employer_number or "",
        "银行账号": person.bank_account or "",
    }


def history_rows(person: Person, rows: Sequence[ContributionRow], account: Account, province: str) -> list[FormRow]:
    """缴费历史: all years of a person, each with what concerns the whole account."""
    whole = {
        **_person(person),
        "经办省份": province,
        "累计缴费月数": str(sum(row.months for row in rows)),
        "是否停保": _yes(account.contributions_stopped),
        "1998年前个人缴费本息(元)": _yuan(account.account_before_1998),
        "上年末个人账户储存额(元)": _yuan(account.account_at_previous_year_end),
        "临时账户": _yes(account.temporary),
    }
    return [
        {
            **whole,
            "参保地": row.province,
            "年度": str(row.year),
            "起始月": str(row.first_month),
            "缴费月数": str(row.months),
            "缴费基数合计(元)": _yuan(row.contribution_base_total),
            "记账比例(%)": _yuan(row.account_rate_bp),
            "实际记账额(元)": _yuan(row.recorded_account),
        }
        for row in rows
    ]


def decision_row(
    province: str, case: str, action: str, number: str, operator: str, moment: int, given: Mapping[str, Any]
) -> FormRow | None:
    """办理决定: an action of the office and what the clerk says; None where the form has no column for some of it."""
    columns = {field.name: (column, field) for column, field in fields_by_column(action).items()}
    if not set(given) <= set(columns):
        return None
    said = {columns[name][0]: _text(columns[name][1].kind, value) for name, value in given.items()}
    return {
        "经办省份": province,
        "决定编号": number,
        "业务编号": case,
        "办理事项": ACTION_LABELS[action][0],
        "经办人": operator,
        "数据性质": "合成",
        **_moment(moment),
        **said,
    }


def bank_slip_row(province: str, letter: str, operator: str, moment: int, credit: Mapping[str, Any]) -> FormRow:
    """到账回单: a credit of the bank's book (fields of the report of money), and who reported it when."""
    return {
        "收款省份": province,
        "收款日期": _day(credit["received_on"]),
        "付款编号": credit["payment_reference"],
        "付款行号": str(credit["payment_line"]),
        "金额(元)": _yuan(credit["amount"]),
        "附言": letter,
        "经办人": operator,
        **_moment(moment),
    }


def _person(person: Person) -> FormRow:
    return {
        "证件类型": VALUES["id_type"][person.id_type],
        "社会保障号码": person.number,
        "姓名": person.name,
        "数据性质": "合成",
    }


def _moment(moment: int) -> FormRow:
    at = datetime.fromtimestamp(moment // 1_000_000, _SHANGHAI)
    part = f".{moment % 1_000_000:06}" if moment % 1_000_000 else ""
    return {"办理日期": at.date().isoformat(), "办理时间": f"{at:%H:%M:%S}{part}"}


def _text(kind: str, value: Any) -> str:
    return _yuan(value) if kind == "amount" else value.isoformat() if isinstance(value, date) else str(value)


def _yuan(hundredths: int | None) -> str:
    """Fen as yuan, or basis points as per cent."""
    return "" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02}"


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _yes(is_so: bool) -> str:
    return "是" if is_so else "否"
