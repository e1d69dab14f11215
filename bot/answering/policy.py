"""Questions that are declined whatever the knowledge holds: politics, personal advice, harm.

Only phrases that leave no doubt stand here; gentler wording is recognised by the `decline` files of the knowledge.
The lists are symmetrical over countries: no side of a dispute is named without the other. A message is compared with
all languages: a word that means something harmless as well (Belarusian «хабар», a bribe, is news in five others;
Mongolian «Төвд», Tibet, is also «in the centre») stands here only in a phrase.
"""

from __future__ import annotations

from bot.answering.lexicon import holds_any, phrases
from bot.answering.model import Outcome

_HARM = phrases(
    "make a bomb|build a bomb|explosives|how to kill|buy drugs|forge a passport|fake passport|fake visa|forged visa|"
    "smuggle|launder money|money laundering|hack into|steal data|bribe|hurt someone|suicide|kill myself|poison someone|"
    "制造炸弹|做炸弹|炸药|买毒品|假护照|假签证|伪造签证|伪造护照|走私|洗钱|黑客攻击|贿赂|自杀|杀人|"
    "сделать бомбу|взрывчатк|купить наркотики|поддельный паспорт|поддельную визу|поддельная виза|подделать|контрабанд|"
    "отмыть деньги|отмывание денег|взломать|дать взятку|взятку|самоубийств|убить|отравить|"
    "бомба жаса|жарылғыш|есірткі|жалған паспорт|жалған виза|контрабанда|пара беру|өлтіру|өз-өзіме қол жұмсау|"
    "бомба жасоо|жардыргыч|баңгизат|жасалма паспорт|жасалма виза|пара берүү|өлтүрүү|"
    "бомба сохтан|маводи мухаддир|шиносномаи қалбакӣ|визаи қалбакӣ|пора додан|куштан|қочоқ|"
    "bomba yasash|portlovchi|giyohvand|soxta pasport|soxta viza|pora berish|oʻldirish|kontrabanda|"
    "ساخت بمب|بمب بسازم|مواد مخدر|پاسپورت جعلی|گذرنامه جعلی|ویزای جعلی|قاچاق|پول‌شویی|رشوه|خودکشی|کشتن|"
    "بم بنانا|بم کیسے|منشیات|جعلی پاسپورٹ|جعلی ویزا|اسمگل|منی لانڈرنگ|رشوت|خودکشی|قتل|"
    "बम बनाना|बम कैसे|विस्फोटक|नशीले पदार्थ|नकली पासपोर्ट|नकली वीज़ा|फर्जी वीज़ा|तस्करी|मनी लॉन्ड्रिंग|रिश्वत|आत्महत्या|हत्या|"
    "зрабіць бомбу|выбухоўк|наркотыкі|падроблены пашпарт|падробленую візу|кантрабанд|даць хабар|хабар даць|"
    "даваць хабар|самагубства|забіць|"
    "бөмбөг хийх|тэсрэх бодис|хар тамхи|хуурамч паспорт|хуурамч виз|хахууль|амиа хорлох|алах арга"
)
_POLITICS = phrases(
    "ukraine war|war in ukraine|crimea|kashmir|tibet independence|tibet|taiwan independence|is taiwan|taiwan a country|"
    "hong kong protests|tiananmen|uyghur camps|uighur|genocide|human rights|nagorno|karabakh|israel|gaza|palestine|"
    "taliban|dictator|regime change|nato|who started the war|sanctions against|opposition leader|nuclear weapons|"
    "border dispute|territorial dispute|elections be fair|which president is|coup|"
    "乌克兰战争|俄乌|克里米亚|克什米尔|西藏独立|藏独|台独|台湾独立|台湾是不是|台湾属于|香港抗议|天安门事件|新疆集中营|种族灭绝|人权|"
    "以色列|加沙|巴勒斯坦|塔利班|独裁|北约|制裁|核武器|领土争端|边界争端|"
    "война в украине|войну в украине|спецопераци|крым|кашмир|тибет|независимость тайваня|тайвань|уйгурские лагеря|"
    "геноцид|прав человека|права человека|карабах|израил|палестин|талибан|диктатор|нато|санкци|ядерное оружие|"
    "территориальный спор|оппозици|кто начал войну|"
    "украина соғысы|украинадағы соғыс|қырым|тайвань|тибет|геноцид|адам құқықтары|диктатор|санкция|ядролық қару|"
    "украинадагы согуш|адам укуктары|ядролук курал|чек ара талаш|"
    "ҷанги украина|қрим|ҳуқуқи инсон|диктатор|силоҳи ҳастаӣ|баҳси марзӣ|"
    "ukraina urushi|ukrainadagi urush|qrim|tayvan|inson huquqlari|diktator|sanksiya|yadro quroli|chegara mojarosi|"
    "جنگ اوکراین|کریمه|کشمیر|تبت|استقلال تایوان|تایوان|نسل‌کشی|حقوق بشر|اسرائیل|غزه|فلسطین|طالبان|دیکتاتور|ناتو|تحریم|"
    "سلاح هسته‌ای|اختلاف مرزی|"
    "یوکرین جنگ|یوکرین کی جنگ|کریمیا|تبت|تائیوان|نسل کشی|انسانی حقوق|اسرائیل|غزہ|فلسطین|طالبان|آمر|نیٹو|پابندیاں|"
    "ایٹمی ہتھیار|سرحدی تنازع|"
    "यूक्रेन युद्ध|यूक्रेन में युद्ध|क्रीमिया|कश्मीर|तिब्बत|ताइवान|नरसंहार|मानवाधिकार|इज़राइल|गाज़ा|फ़िलिस्तीन|तालिबान|तानाशाह|नाटो|"
    "प्रतिबंध|परमाणु हथियार|सीमा विवाद|"
    "вайна ва украіне|вайну ва украіне|крым|тайвань|тыбет|генацыд|правы чалавека|правоў чалавека|дыктатар|санкцы|"
    "ядзерная зброя|апазіцы|"
    "украины дайн|украинд болж буй дайн|крым|тайвань|төвдийн тусгаар|түвд|хүний эрх|"
    "дарангуйлагч|хориг арга хэмжээ|цөмийн зэвсэг"
)
_ADVICE = phrases(
    "should i invest|should i buy shares|which shares|which stocks|stock tip|bitcoin|crypto|investment advice|"
    "good investment|legal advice|should i sue|can i sue|my lawyer|diagnos|headache|fever|stomach ache|chest pain|"
    "which medicine|what medicine|what pills|dosage|antibiotic|my symptoms|should i divorce|"
    "该不该投资|应该投资|值得投资吗|买哪只股票|哪只股票|比特币|投资建议|法律建议|起诉|头痛|头疼|发烧|肚子疼|胸痛|吃什么药|药量|抗生素|我的症状|"
    "стоит ли вкладывать|стоит ли инвестировать|стоит ли мне вложить|какие акции|биткоин|криптовалют|"
    "инвестиционный совет|юридический совет|подать в суд|засудить|болит голова|температура тела|болит живот|"
    "болит грудь|какое лекарство|какие таблетки|дозировк|антибиотик|мои симптомы|"
    "акция сатып алу|қай акция|биткоин|инвестиция салған дұрыс па|сотқа беру|басым ауырып|қызуым көтерілді|қандай дәрі|"
    "кайсы акция|акча салсамбы|сотко берүү|башым ооруп|ысытмам|кандай дары|"
    "кадом саҳмия|биткоин|ба суд додан|сарам дард|табларза|кадом дору|"
    "qaysi aksiya|bitkoin|pul tiksam|sudga berish|boshim ogʻri|isitmam|qanday dori|"
    "کدام سهام|بیت‌کوین|بیت کوین|سرمایه‌گذاری کنم|شکایت کنم|سرم درد|تب دارم|چه دارویی|کدام دارو|آنتی‌بیوتیک|"
    "کون سے شیئر|بٹ کوائن|سرمایہ لگانا چاہیے|مقدمہ کروں|سر درد|بخار|کون سی دوا|اینٹی بائیوٹک|"
    "कौन से शेयर|बिटकॉइन|निवेश करना चाहिए|मुकदमा करूँ|सिर दर्द|सिरदर्द|बुखार है|बुखार हो|बुखार आ|कौन सी दवा|एंटीबायोटिक|"
    "якія акцыі|біткоін|ці варта ўкладваць|падаць у суд|баліць галава|тэмпература цела|якія лекі|"
    "ямар хувьцаа|биткойн|хөрөнгө оруулах нь зөв үү|шүүхэд өгөх|толгой өвдөж|халуурч байна|ямар эм уу|ямар эм хэрэглэ"
)
_RULES = (
    (Outcome.DECLINED_HARM, _HARM),
    (Outcome.DECLINED_POLITICS, _POLITICS),
    (Outcome.DECLINED_ADVICE, _ADVICE),
)


def declined(message: str) -> Outcome | None:
    """By which rule the message is declined; None for all others."""
    return next((outcome for outcome, rule in _RULES if holds_any(message, rule)), None)
