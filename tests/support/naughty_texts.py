"""Short texts that programs trip over: markup, placeholders, commands, paths, half characters, strange scripts."""

NAUGHTY = [
    "undefined", "null", "None", "NULL", "true", "-1", "0", "1/0", "NaN", "Infinity", "1e999", "0x0", "{}", "{0}", "{name}", "%s%n%x",
    "$HOME", "`whoami`", "$(reboot)", "'; DROP TABLE visitors; --", "1 OR 1=1", "<script>alert(1)</script>", "<b>open", "</b></i>",
    "&lt;b&gt;", "&amp;amp;", "&#0;", "&unknown;", "]]>", "<!--", "<![CDATA[", "../../etc/passwd", "C:\\con\\con", "\\\\host\\share",
    "*bold* _it_ [x](y) `c` ~s~ ||sp||", "\\_*[]()~`>#+-=|{}.!", "\x1b[31mred\x1b[0m", "\x00", "a\x00b", "\ufeff", "\ufffe", "\uffff",
    "\ud83d", "\udc4d\ud83d", "\u202eabc", "\u2066x\u2069", "\u200b\u200c\u200d", "\U000e0041\U000e0042", "e" + "\u0301" * 4000,
    "👩\u200d👩\u200d👧\u200d👦", "🇨🇳🇷🇺🇰🇿", "👍🏽" * 50, "❤️", "ﷺ", "﷽" * 20, "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "사회과학원", "𐐜 𐐔𐐇𐐝𐐀",
    "ｉｇｎｏｒｅ", "Іgnore", "ТЕСТ test ٹیسٹ", "הָיְתָה", "می‌شود", "क्षत्रिय", "ཨོཾ", "\n\n\n", "   ", "\t", "\r\n", ".", "?", "!!!", "😀",
    "a" * 4096, "中" * 4096, "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1", "/", "//", "/@", "@", "#", "http://a:b@c", "tg://user?id=1",
]  # fmt: skip
