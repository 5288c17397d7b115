"""What to do about a refused row or file, by its code, in the words of a clerk."""

from __future__ import annotations

from jinbao.language.words import Words
from jinbao.regional_adapter.files.form_rows import RejectCode

REMEDIES: dict[RejectCode, Words] = {
    "ENCODING": ("请按对照文件写明的编码重新导出", "export it anew in the mapping's encoding"),
    "HEADER": ("请核对表头与各行的列", "compare the header and the row's cells with the mapping"),
    "TRUNCATED": ("文件不完整，请重新传送整个文件", "the file is cut: transfer the whole file again"),
    "TOTALS": ("请核对合计行与各行后重新导出", "put the total row right and export the file anew"),
    "UNSAFE_FILE": ("请从原系统重新导出，不要使用来历不明的文件", "export it anew from the system that it comes from"),
    "MISSING": ("请补填", "fill it in"),
    "ID_CHECK_DIGIT": ("请对照证件核对号码", "compare the number with the document"),
    "ID_DAMAGED": ("请从原系统以文本格式导出号码", "export the number as text from the system that it comes from"),
    "NAME": ("请按证件以国家标准字符填写姓名", "write the name as in the document, in standard characters"),
    "DATE": ("请填写日历中存在、且在允许范围内的日期", "give a day that exists and lies within the bounds"),
    "AMOUNT": ("请核对数值、单位和小数位数", "compare the figure, its unit and its decimals"),
    "CODE": ("请填写表单允许的内容", "give a value that the form allows"),
    "DUPLICATE_KEY": ("请保留正确的一行", "keep the right one of the rows"),
}
