"""What a case gives in writing: the notice of an adverse decision to the applicant, and the credit memo (审批意见书).

Made when asked for, from what is kept: the same case gives the same bytes, so there is nothing to keep.
"""

from __future__ import annotations

from service.notices.adverse import Notice, NoticeNotDue, notice_of
from service.notices.case_file import CaseFile, case_file
from service.notices.page import memo_html, notice_html
from service.notices.pdf import ChineseFontMissing, pdf_of
from service.notices.words import Language

__all__ = [
    "CaseFile",
    "ChineseFontMissing",
    "Language",
    "Notice",
    "NoticeNotDue",
    "case_file",
    "memo_html",
    "notice_html",
    "notice_of",
    "pdf_of",
]
