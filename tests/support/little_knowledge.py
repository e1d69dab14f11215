"""A small knowledge folder for whole runs: four documents in English, Chinese and Russian, one of them of open
questions, one section that is no longer valid, and examples of greetings in English.
"""

from __future__ import annotations

from pathlib import Path

TRAINS_IN_2025 = "1,225"
"""Stands only in the section on the trains of 2025, in every language."""
EXPIRED_PRICE = "77"
"""Stands only in the section that is no longer valid."""

_MATTER = """\
---
title: {title}
topic: {topic}
source:
  publisher: Xinhua
  title: A page about it
  date: 2026-01-19
  url: https://example.org/{topic}
as_of: 2026-01-19
audience: public
owner: knowledge team
{more}---

# {title}

"""

_TRAINS = {
    "en": (
        "Freight trains",
        """\
## Trains in 2025 {#trains-2025}

In 2025 the demonstration area handled a record 1,225 freight trains in and out. It was the first time that the
number passed one thousand. Most of the trains went to Kazakhstan, Uzbekistan and Russia. They carried cars,
household appliances and machines. On the way back they brought grain, timber and cotton. The first train of the year
left on 3 January. The last one left on 30 December. Most of them were made up of fifty wagons or a few more.

? How many freight trains ran in 2025?
? What was the number of freight trains in 2025?

## Length of a journey {#journey}

A freight train from Jiaozhou to Tashkent takes about 11 days.

? How long does a freight train to Tashkent take?
""",
    ),
    "zh": (
        "货运班列",
        """\
## 2025年的班列 {#trains-2025}

2025年，示范区共开行进出境货运班列1,225列，创历史新高。这是首次突破一千列。大部分班列开往哈萨克斯坦、乌兹别克斯坦和俄罗斯。班列运送汽车、家电和机械设备。返程班列运回粮食、木材和棉花。全年首趟班列于1月3日发车。最后一趟班列于12月30日发车。

? 2025年开行了多少列货运班列？
? 2025年货运班列的数量是多少？

## 运行时间 {#journey}

从胶州到塔什干的货运班列大约需要11天。

? 到塔什干的货运班列需要多长时间？
""",
    ),
    "ru": (
        "Грузовые поезда",
        """\
## Поезда в 2025 году {#trains-2025}

В 2025 году демонстрационная зона отправила и приняла рекордные 1,225 грузовых поездов. Впервые их число превысило
тысячу. Большинство поездов шло в Казахстан, Узбекистан и Россию. Они везли автомобили, бытовую технику и станки.
Обратно они привозили зерно, лес и хлопок. Первый поезд года отправился 3 января. Последний отправился 30 декабря.

? Сколько грузовых поездов прошло в 2025 году?
? Каково число грузовых поездов в 2025 году?

## Время в пути {#journey}

Грузовой поезд из Цзяочжоу в Ташкент идёт около 11 дней.

? Сколько времени идёт грузовой поезд в Ташкент?
""",
    ),
}

_HALL = {
    "en": (
        "The Pearl exhibition hall",
        """\
## Size of the Pearl {#size}

The Pearl is an exhibition hall with a floor area of 160,000 square metres.

? How large is the Pearl exhibition hall?
? What is the Pearl?

## Place of the Pearl {#place}

The Pearl stands in the city of Jiaozhou, in the west of Qingdao.

? In which city is the Pearl exhibition hall?
? Where is the Pearl?
""",
    ),
    "zh": (
        "上合之珠展馆",
        """\
## 上合之珠的面积 {#size}

上合之珠是一座展馆，建筑面积为16万平方米。

? 上合之珠展馆有多大？
? 上合之珠是什么？

## 上合之珠的位置 {#place}

上合之珠位于青岛西部的胶州市。

? 上合之珠展馆在哪个城市？
? 上合之珠在哪里？
""",
    ),
    "ru": (
        "Выставочный зал «Жемчужина»",
        """\
## Размер «Жемчужины» {#size}

«Жемчужина» – выставочный зал площадью 160 000 квадратных метров.

? Какова площадь выставочного зала «Жемчужина»?
? Что такое «Жемчужина»?

## Место «Жемчужины» {#place}

«Жемчужина» стоит в городе Цзяочжоу, на западе Циндао.

? В каком городе находится выставочный зал «Жемчужина»?
? Где находится «Жемчужина»?
""",
    ),
}

_TICKETS = {
    "en": (
        "Tickets for the expo",
        """\
## Early tickets {#early valid_until=2021-01-31}

An early ticket for the expo costs 77 yuan.

? How much does an early ticket for the expo cost?

## Registration {#registration}

Visitors of the expo register on its website before they come.

? How do I register for the expo?
""",
    ),
    "zh": (
        "博览会门票",
        """\
## 早鸟票 {#early valid_until=2021-01-31}

博览会早鸟票售价77元。

? 博览会早鸟票多少钱？

## 登记 {#registration}

参观博览会的观众须事先在网站上登记。

? 怎样登记参观博览会？
""",
    ),
    "ru": (
        "Билеты на выставку",
        """\
## Ранние билеты {#early valid_until=2021-01-31}

Ранний билет на выставку стоит 77 юаней.

? Сколько стоит ранний билет на выставку?

## Регистрация {#registration}

Посетители выставки заранее регистрируются на её сайте.

? Как зарегистрироваться на выставку?
""",
    ),
}

_OPEN = {
    "en": (
        "Parking",
        """\
## Parking at the hall {#parking}

The bot has found no text about parking. Please ask the hall itself.

? Where can I park my car?
? Is there a car park at the hall?
""",
    ),
    "zh": (
        "停车",
        """\
## 展馆停车 {#parking}

机器人没有找到关于停车的资料。请向展馆咨询。

? 我可以在哪里停车？
? 展馆有停车场吗？
""",
    ),
    "ru": (
        "Парковка",
        """\
## Парковка у зала {#parking}

Бот не нашёл сведений о парковке. Спросите, пожалуйста, в самом зале.

? Где можно поставить машину?
? Есть ли у зала парковка?
""",
    ),
}

_GREETINGS = {
    "en": (
        "Greetings",
        """\
## Greetings {#examples}

Greetings.

? hello
? hi there
? Good morning everyone
? hello, how are you?
? greetings to the whole team!
""",
    ),
}


def write_little_knowledge(folder: Path) -> None:
    """Write all files."""
    for name, versions, more in (
        ("logistics/trains.md", _TRAINS, ""),
        ("venue/pearl.md", _HALL, ""),
        ("expo/tickets.md", _TICKETS, ""),
        ("open/parking.md", _OPEN, "answerable: false\n"),
        ("bot/greeting.md", _GREETINGS, "answerable: false\nreply: greeting\n"),
    ):
        for locale, (title, body) in versions.items():
            write_document(folder, f"{locale}/{name}", title, body, more=more)


def write_document(folder: Path, name: str, title: str, body: str, *, more: str = "") -> Path:
    """Write one file whole: it appears under its name only when it is complete."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    part = folder.parent / f"{file.stem}.part"
    part.write_text(_MATTER.format(title=title, topic=file.parent.name, more=more) + body, encoding="utf-8")
    return part.replace(file)
