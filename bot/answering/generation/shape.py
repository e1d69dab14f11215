"""What can be told of a sentence by itself: markup, addresses, length, the canary, the language's script."""

from __future__ import annotations

import unicodedata

import regex

from bot.answering.generation.claims import Claims
from bot.answering.generation.model import RejectionReason
from bot.ids import Locale
from bot.writing.digits import ascii_digits
from bot.writing.folding import fold

SENTENCE_LIMIT = 500
"""Characters; the longest sentence of the knowledge has about 400."""
_CANARY_PART = 6
"""Characters of the canary that show that the rules leaked. Chosen: by chance six of sixteen hexadecimal digits stand
in no text."""
_OWN_SHARE = 0.4
"""The share of a sentence's letters that its own script must have; names in others are the rest. Chosen."""

_MARKUP = regex.compile(
    r"<\s*[A-Za-z/!?]|&(?:#\w+|[A-Za-z]+);|`|\*|__|~~|\|\||\]\s*\(|^\s*(?:#{1,6}\s|>|```)|\\[nu]|[{}\[\]]"
)
_ADDRESS = regex.compile(
    r"(?:https?|hxxps?|ftp|tg|javascript|data)\s*:\s*/{0,2}\S+|www\s*\.\s*\S+"
    r"|(?:[\p{L}\p{N}-]+\s?[.。．｡]\s?)+(?:com|org|net|cn|ru|info|xyz|рф)\b(?:/\S*)?|\b[A-Za-z0-9-]+[.。．｡](?:me|io|ly|co|cc|gg)\b(?:/\S*)?"
    r"|(?:[\p{L}\p{N}-]{2,}[.．｡])+\p{L}{2,}(?:/\S*)?|[\[(]\s*(?:dot|точка|点)\s*[\])]|\b(?:dot|точка)\s(?:com|ком|org|ru|net)\b",
    regex.IGNORECASE,
)
_MAIL = regex.compile(r"[\w.+-]+\s?(?:@|＠|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)*|@\w{2,}")
_TELEPHONE = regex.compile(r"\+\s?\d[\d\s()./-]{4,}\d|(?<![\d.,])\d{2,5}[-() /]\d[\d\s()-]{4,}\d|\d{7,}")
_SCRIPTS = {
    "han": regex.compile(r"\p{Han}"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "arabic": regex.compile(r"\p{Arabic}"),
    "devanagari": regex.compile(r"\p{Devanagari}"),
    "latin": regex.compile(r"\p{Latin}"),
}
_SHARED_LABELS = frozenset({"gov", "com", "org", "net", "edu", "ac", "co"})
_OTHER_LETTER = regex.compile(r"[\p{L}--[\p{Latin}\p{Cyrillic}\p{Han}\p{Arabic}\p{Devanagari}ʻʼˈ]]", regex.V1)
_OWN_SCRIPT = {
    Locale.EN: "latin",
    Locale.UZ: "latin",
    Locale.ZH: "han",
    Locale.FA: "arabic",
    Locale.UR: "arabic",
    Locale.HI: "devanagari",
}
_OPENINGS = regex.compile(r"\p{L}+")


def shape_block(text: str, *, canary: str) -> RejectionReason | None:
    """What is wrong with a sentence whatever its sources say."""
    if not _OPENINGS.search(text):
        return RejectionReason.EMPTY
    if len(text) > SENTENCE_LIMIT:
        return RejectionReason.TOO_LONG
    if holds_canary(text, canary):
        return RejectionReason.CANARY
    if _MARKUP.search(text) or "\n" in text:
        return RejectionReason.MARKUP
    return None


def holds_canary(text: str, canary: str) -> bool:
    """Whether a part of the canary stands in `text`: spaced out, in other letters' case or width, or backwards."""
    letters = regex.sub(r"[^\p{L}\p{N}]", "", unicodedata.normalize("NFKC", text).casefold())
    for secret in (canary.casefold(), canary.casefold()[::-1]):
        parts = (secret[place : place + _CANARY_PART] for place in range(len(secret) - _CANARY_PART + 1))
        if any(part in letters for part in parts):
            return True
    return False


def address_block(claims: Claims, sources: str, *, hosts: frozenset[str]) -> RejectionReason | None:
    """A link, e-mail, handle or telephone that the sources do not hold; links must lead to where a source stands."""
    text = ascii_digits(unicodedata.normalize("NFKC", claims.text))
    plain = ascii_digits(unicodedata.normalize("NFKC", sources))
    for match in _MAIL.finditer(text):
        if match.group().casefold() not in plain.casefold():
            return RejectionReason.CONTACT
    without_mails = _MAIL.sub(" ", text)
    for match in _ADDRESS.finditer(without_mails):
        if not _is_source(match.group(), plain, hosts):
            return RejectionReason.LINK
    digits = regex.sub(r"\D", "", plain)
    for match in _TELEPHONE.finditer(without_mails):
        if regex.sub(r"\D", "", match.group()) not in digits:
            return RejectionReason.CONTACT
    return None


def _is_source(address: str, sources: str, hosts: frozenset[str]) -> bool:
    bare = address.rstrip(".,;:!?)»”\"'。，；：！？")
    if bare not in sources:
        return False
    is_abbreviation = "/" not in bare and not regex.search("[A-Za-z]", bare)
    return is_abbreviation or _site_of(host_of(bare)) in {_site_of(host) for host in hosts}


def _site_of(host: str) -> str:
    """The part of a host that one body owns: `nia.gov.cn` of `s.nia.gov.cn`."""
    labels = host.split(".")
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_LABELS else 2
    return ".".join(labels[-size:])


def host_of(address: str) -> str:
    """The host of a web address, without `www.`; the text itself when it has none."""
    host = regex.sub(r"^\w+://", "", address.casefold()).partition("/")[0].partition(":")[0]
    return host.removeprefix("www.")


def script_block(text: str, locale: Locale, sources: str) -> RejectionReason | None:
    """Another script than the language's own, but for names that stand so in the sources."""
    own = _OWN_SCRIPT.get(locale, "cyrillic")
    known = fold(sources)
    own_words = regex.sub(r"[\p{Latin}'’]+", lambda match: "" if fold(match.group()) in known else match.group(), text)
    counts = {name: len(script.findall(text if own == "latin" else own_words)) for name, script in _SCRIPTS.items()}
    if own == "han":
        counts["han"] *= 3
    if counts[own] < _OWN_SHARE * sum(counts.values()) or _OTHER_LETTER.search(text):
        return RejectionReason.LANGUAGE
    for name, script in _SCRIPTS.items():
        if name not in {own, "latin"} and counts[name] and not _all_stand(text, script, known):
            return RejectionReason.LANGUAGE
    return None


def _all_stand(text: str, script: regex.Pattern[str], known: str) -> bool:
    """Whether each word of a foreign script stands in the folded sources."""
    return all(fold(word) in known for word in regex.findall(r"\p{L}+", text) if script.search(word))
