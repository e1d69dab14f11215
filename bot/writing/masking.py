"""What a visitor tells of themselves without need: masked before a question is stored or leaves the machine.

A search on this machine goes on with the question as it was asked.
"""

from __future__ import annotations

import regex

from bot.writing.digits import ascii_digits
from bot.writing.terms import YEAR

_MAIL = regex.compile(r"(?:\G|(?<![\w.+-]))[\w.+-]++\s?[@＠]\s?[\w-]+(?:\.[\w-]+)+")
"""Tried once in a run of letters and full stops, not from each of its places on: 4,000 of them took 0.3 s."""
_HANDLE = regex.compile(r"(?<![\w/])@\w{4,}")
_DAY = r"\d{1,2}"
_DATE = regex.compile(
    rf"(?<!\d)(?:{YEAR}[-/.]{_DAY}[-/.]{_DAY}|{_DAY}[-/.]{_DAY}[-/.]{YEAR}|{YEAR}\s?[-–—]\s?{YEAR})(?!\d)"
)
_GROUPED = regex.compile(r"(?<![\d+])\d{1,3}(?:(?P<by>[ ,.\u00a0\u202f٬])\d{3})(?:(?P=by)\d{3})*(?![\d-])")
_NUMBER = regex.compile(r"(?<![\p{L}\d])(?:[A-ZА-ЯЁ]{1,3}[ -]?)?[+(]?\d(?:[\s().\u00a0/-]{0,2}\d){6,}(?!\d)")
_AFTER_WORD = regex.compile(
    r"(?i)(?:passport|паспорт\p{L}{0,30}+|пашпарт\p{L}{0,30}+|төлқұжат\p{L}{0,30}+|pasport\p{L}{0,30}+|гиҷоз\p{L}{0,30}+|шиноснома\p{L}{0,30}+|护照号?码?|گذرنامه|پاسپورت|پاسپورٹ|पासपोर्ट|iin|иин|жсн|pinfl)"
    r"[\s:№#no.-]{0,6}(?P<id>[\p{L}]{0,3}[ -]?\d{5,})"
)
_CALLED = r"\p{Lu}[\p{L}\p{M}'’-]+(?:[ -]\p{Lu}[\p{L}\p{M}'’-]+){0,2}"
_OF_NO_CASE = r"[\p{L}\p{M}‌]+(?: [\p{L}\p{M}‌]+)?"
_NAMED = regex.compile(
    rf"(?:\b(?:(?i:my name is|call me|меня зовут|мяне завуць|менің атым|менин атым|(?:mening )?ismim|номи ман|номам"
    rf"|миний нэр|намайг))[ :,—–-]{{1,3}}(?P<name>{_CALLED}))"
    r"|(?:我叫|我的名字是|我的名字叫)(?P<name>\p{Han}{2,4})(?=[，,。.！!、；;\s]|$)"
    rf"|(?:(?:اسم|نام) من|میرا نام|मेरा नाम) (?P<name>{_OF_NO_CASE}) (?=(?:است|هست|ہے|है)(?!\p{{L}}))"
)
"""How people say their name; a name that nobody says is one is not known as such."""
_LARGEST_GROUPED = 9
"""Digits: 1 000 000 is a sum of money, 812 123 456 789 is somebody's number."""


def masked(text: str) -> str:
    """`text` without e-mail addresses, handles, names people say they have, and numbers of phones, cards, passports."""
    text = _MAIL.sub("[e-mail]", text)
    text = _HANDLE.sub("[name]", text)
    text = _NAMED.sub(_unnamed, text)
    plain = ascii_digits(text)
    kept = [match.span() for match in _DATE.finditer(plain)] + [
        match.span() for match in _GROUPED.finditer(plain) if sum(map(str.isdigit, match.group())) <= _LARGEST_GROUPED
    ]
    spans = [match.span() for match in _NUMBER.finditer(plain) if not _is_kept(match.span(), kept)]
    spans += [match.span("id") for match in _AFTER_WORD.finditer(plain)]
    for start, end in sorted(_joined(spans), reverse=True):
        text = f"{text[:start]}[number]{text[end:]}"
    return text


def _unnamed(match: regex.Match[str]) -> str:
    start, end = (place - match.start() for place in match.span("name"))
    return f"{match.group()[:start]}[name]{match.group()[end:]}"


def _is_kept(span: tuple[int, int], kept: list[tuple[int, int]]) -> bool:
    """Whether a run of digits is a date or a sum and nothing more."""
    return any(start <= span[0] and span[1] <= end for start, end in kept)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans without overlaps."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
