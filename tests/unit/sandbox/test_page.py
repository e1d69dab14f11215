"""The chat page in a real browser: a person on the page, a bot behind the Bot API, and nothing faked between."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect, sync_playwright

from bot.sandbox.keys import keys_of
from tests.support.chat_page import BotSide, Phone, Sandbox, open_phones, running_sandbox
from tests.support.sandbox_keys import SANDBOX_TOKEN

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 10_000
PAGE_FILES = Path(__file__).parents[3] / "bot" / "sandbox" / "page"
PERSIAN = "مرکز حمل‌ونقل در Jiaozhou قرار دارد"


@pytest.fixture(scope="module")
def page_sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as base_url, Sandbox(base_url) as sandbox:
        yield sandbox


@pytest.fixture
def bot(page_sandbox: Sandbox) -> Iterator[BotSide]:
    with BotSide(page_sandbox.base_url) as side:
        yield side


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine: install the package chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, page_sandbox: Sandbox) -> Iterator[BrowserContext]:
    """A fresh profile of a computer's size."""
    context = chromium.new_context(
        base_url=page_sandbox.base_url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def keyboard(*rows: list[dict[str, object]]) -> dict[str, object]:
    return {"inline_keyboard": list(rows)}


def callback(text: str) -> dict[str, object]:
    return {"text": text, "callback_data": f"pressed {text}"[:20]}


def style(locator: Locator, name: str) -> str:
    return locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)


def words_on_screen(locator: Locator, *words: str) -> list[dict[str, float]]:
    """Where each word stands in the element, as {left, right, top}."""
    script = """(element, words) => words.map((word) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(word);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + word.length);
            const { left, right, top } = range.getBoundingClientRect();
            return { left, right, top };
        }
    })"""
    return locator.evaluate(script, list(words))


def boxes(root: Locator, *selectors: str) -> list[dict[str, float]]:
    """Where these elements inside `root` stand, measured at one moment."""
    script = """(root, selectors) => selectors.map((selector) => {
        const { left, right, top, bottom } = root.querySelector(selector).getBoundingClientRect();
        return { left, right, top, bottom };
    })"""
    return root.evaluate(script, list(selectors))


# ---- talking ----


def test_a_message_from_the_composer_reaches_the_bot_and_stays_in_the_chat(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    phone.sends("Where is the hub?")
    expect(phone.bubble("Where is the hub?")).to_have_attribute("data-own", "true")
    bot.hears("message", sender=john, text="Where is the hub?")
    expect(phone.composer).to_have_value("")
    expect(phone.column.get_by_test_id("pending-bubble")).to_have_count(0)


@pytest.mark.nightly
def test_enter_sends_and_shift_enter_makes_a_new_line(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.composer.press_sequentially("one")
    phone.composer.press("Shift+Enter")
    phone.composer.press_sequentially("two")
    expect(phone.composer).to_have_value("one\ntwo")
    phone.composer.press("Enter")
    expect(phone.bubble("one").locator(".line")).to_have_text(["one", "two"])


@pytest.mark.nightly
def test_the_same_text_sent_twice_is_shown_twice_and_not_thrice(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.sends("again")
    phone.sends("again")
    expect(phone.bubble("again")).to_have_count(2)
    expect(phone.column.get_by_test_id("pending-bubble")).to_have_count(0)


@pytest.mark.nightly
def test_entities_are_placed_by_utf16_units(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(
        john,
        "🚂🚂 <b>bold <i>both</i></b> <u>under</u> <s>gone</s> <code>A1</code>\n<blockquote expandable>a\nlong\nquotation</blockquote>\n<pre><code class='language-python'>print(1)</code></pre><a href='https://example.org/x'>a link</a>",
        parse_mode="HTML",
    )
    text = phone.bubble("bold").get_by_test_id("text")
    expect(text.locator("strong")).to_have_text("bold both")
    expect(text.locator("strong em")).to_have_text("both")
    expect(text.locator("u")).to_have_text("under")
    expect(text.locator("s")).to_have_text("gone")
    expect(text.locator(".line code")).to_have_text("A1")
    expect(text.locator("pre")).to_have_text("print(1)")
    expect(text.locator("figcaption span")).to_have_text("python")
    expect(text.locator("a")).to_have_attribute("href", "https://example.org/x")
    expect(text.locator("a")).to_have_attribute("rel", re.compile("noopener"))


@pytest.mark.nightly
def test_an_expandable_quotation_unfolds_by_keyboard(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    lines = "\n".join(f"line {number}" for number in range(12))
    bot.says(john, f"Source\n<blockquote expandable>{lines}</blockquote>", parse_mode="HTML")
    quotation = phone.bubble("Source").locator("blockquote")
    folded = quotation.bounding_box()
    toggle = quotation.get_by_role("button")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    unfolded = quotation.bounding_box()
    assert folded is not None
    assert unfolded is not None
    assert unfolded["height"] > folded["height"] * 2


@pytest.mark.nightly
def test_a_bubble_of_the_stream_stays_when_the_chat_is_loaded_anew(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Hello")
    bubble = phone.bubble("Hello")
    bubble.evaluate("element => { element.dataset.drawn = 'once' }")
    with phone.page.expect_response(re.compile(r"/messages\?")):
        phone.page.evaluate("dispatchEvent(new Event('offline'))")
    bot.says(john, "More")
    expect(phone.bubble("More")).to_be_visible()
    expect(bubble).to_have_attribute("data-drawn", "once")


@pytest.mark.nightly
def test_a_spoiler_is_hidden_until_it_is_pressed(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "The answer is <tg-spoiler>42</tg-spoiler>", parse_mode="HTML")
    cover = phone.bubble("The answer").locator(".spoiler")
    expect(cover.locator("span")).to_have_css("opacity", "0")
    cover.click()
    expect(cover.locator("span")).to_have_css("opacity", "1")


@pytest.mark.nightly
def test_markup_in_a_text_is_shown_and_never_run(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    bot.says(john, hostile, reply_markup=keyboard([callback("<b>x</b>")]))
    expect(phone.bubble("onerror").get_by_test_id("text")).to_have_text(hostile)
    expect(phone.button("<b>x</b>")).to_be_visible()
    assert phone.page.title() == "Sandbox chat"


@pytest.mark.nightly
def test_a_command_in_a_text_is_sent_by_a_tap(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Try /topics now")
    phone.bubble("Try /topics").get_by_role("button", name="/topics").click()
    expect(phone.bubbles.last).to_contain_text("/topics")
    expect(phone.bubbles.last).to_have_attribute("data-own", "true")


@pytest.mark.nightly
def test_typing_is_shown_until_the_answer_comes(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.call("sendChatAction", chat_id=john, action="typing")
    expect(phone.column.get_by_test_id("typing")).to_contain_text("typing")
    bot.says(john, "Here it is")
    expect(phone.bubble("Here it is")).to_be_visible()
    expect(phone.column.get_by_test_id("typing")).to_have_count(0)


_LOADED_WHILE_ANSWERED = """async (bot) => {
    const { Store } = await import("/page/store.js");
    const store = new Store();
    store.bot = { id: bot };
    store.personas.set(7, {});
    const message = { message_id: 1, date: 1, text: "Here it is", chat: { id: 7, type: "private" }, from: { id: bot, is_bot: true } };
    const list = Promise.withResolvers();
    window.fetch = () => list.promise;
    const loading = store.load(7);
    store.apply("action", { bot, chat_id: 7, action: "typing" });
    const typed = store.chat(7).action;
    store.apply("message", { bot, ...message });
    list.resolve(new Response(JSON.stringify({ messages: [message] })));
    await loading;
    return [typed, store.chat(7).action, store.chat(7).inOrder().length];
}"""


@pytest.mark.nightly
def test_typing_ends_though_the_list_of_the_chat_holds_the_answer_already(
    page_sandbox: Sandbox, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    assert phone.page.evaluate(_LOADED_WHILE_ANSWERED, 5) == ["typing", None, 1]


@pytest.mark.nightly
def test_a_draft_grows_until_the_answer_takes_its_place(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    draft = phone.column.get_by_test_id("draft")
    for text in ("The hub", "The hub is <b>open</b>."):
        bot.call("sendMessageDraft", chat_id=john, draft_id=7, text=text, parse_mode="HTML")
        expect(draft).to_have_text(re.compile(re.sub("<.*?>", "", text)))
    expect(draft).to_have_count(1)
    expect(draft.locator("b, strong")).to_have_text("open")
    bot.says(john, "The hub is open.")
    expect(phone.bubble("The hub is open.")).to_be_visible()
    expect(draft).to_have_count(0)


def test_edited_and_deleted_messages_change_in_place(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    first = bot.says(john, "first")
    second = bot.says(john, "second")
    bot.says(john, "third")
    expect(phone.bubble("third")).to_be_visible()
    bot.call("editMessageText", chat_id=john, message_id=first["message_id"], text="first, mended")
    bot.call("deleteMessage", chat_id=john, message_id=second["message_id"])
    expect(phone.bubble("second")).to_have_count(0)
    expect(phone.bubble("first, mended").get_by_test_id("edited")).to_be_visible()
    texts = phone.bubbles.get_by_test_id("text").all_inner_texts()
    assert texts[-2:] == ["first, mended", "third"]


@pytest.mark.nightly
def test_a_reply_quotes_what_it_answers(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    question = bot.says(john, "Which city?")
    phone.bubble("Which city?").hover()
    phone.bubble("Which city?").get_by_test_id("message-menu").click()
    phone.page.get_by_test_id("menu-reply").click()
    phone.sends("Qingdao")
    expect(phone.bubble("Qingdao").get_by_test_id("quotation")).to_contain_text("Which city?")
    received = bot.hears("message", sender=john, text="Qingdao")
    assert received["reply_to_message"]["message_id"] == question["message_id"]


@pytest.mark.nightly
def test_the_newest_message_stays_in_sight_when_the_line_grows(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    for number in range(20):
        bot.says(john, f"Message {number}\nof twenty")
    newest = phone.bubble("Message 19")
    expect(newest).to_be_in_viewport(ratio=1)
    phone.composer.fill("a\nb\nc\nd\ne\nf")
    expect(newest).to_be_in_viewport(ratio=1)
    bubble, line = boxes(phone.column, ".row:last-child", ".composer")
    assert bubble["bottom"] <= line["top"]


@pytest.mark.nightly
def test_arrow_up_edits_the_last_own_message(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.sends("Were is it?")
    expect(phone.bubble("Were is it?")).to_be_visible()
    phone.composer.press("ArrowUp")
    expect(phone.composer).to_have_value("Were is it?")
    phone.sends("Where is it?")
    expect(phone.bubble("Where is it?").get_by_test_id("edited")).to_be_visible()
    bot.hears("edited_message", sender=phone.id, text="Where is it?")


# ---- buttons ----


@pytest.mark.nightly
def test_a_button_is_busy_until_the_bot_answers_with_a_toast(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Choose", reply_markup=keyboard([callback("More"), callback("Source")]))
    phone.button("More").click()
    expect(phone.button("More")).to_have_attribute("aria-busy", "true")
    query = bot.hears("callback_query", sender=john, data="pressed More")
    bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Noted")
    expect(phone.column.get_by_test_id("toast")).to_have_text("Noted")
    expect(phone.button("More")).not_to_have_attribute("aria-busy", "true")


@pytest.mark.nightly
def test_an_alert_waits_for_ok_over_its_own_column(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john, anna = page_sandbox.persona("John", "en"), page_sandbox.persona("Анна", "ru")
    phone, other = open_phones(context, john, anna)
    bot.says(john, "Choose", reply_markup=keyboard([callback("Look")]))
    phone.button("Look").click()
    query = bot.hears("callback_query", sender=john)
    bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Look closely", show_alert=True)
    alert = phone.column.get_by_role("alertdialog")
    expect(alert).to_contain_text("Look closely")
    expect(other.column.get_by_role("alertdialog")).to_have_count(0)
    alert.get_by_role("button", name="OK").press("Enter")
    expect(alert).to_have_count(0)


@pytest.mark.nightly
def test_the_focus_stays_on_the_button_when_the_bot_edits_the_message(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    sent = bot.says(john, "Page 1", reply_markup=keyboard([callback("Back"), callback("Next")]))
    phone.button("Next").press("Enter")
    query = bot.hears("callback_query", sender=john)
    bot.call(
        "editMessageText",
        chat_id=john,
        message_id=sent["message_id"],
        text="Page 2",
        reply_markup=keyboard([callback("Back"), callback("Next")]),
    )
    bot.call("answerCallbackQuery", callback_query_id=query["id"])
    expect(phone.bubble("Page 2")).to_be_visible()
    expect(phone.button("Next")).to_be_focused()


@pytest.mark.nightly
def test_a_url_button_opens_a_new_tab_that_cannot_reach_back(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Site", reply_markup=keyboard([{"text": "Open", "url": "https://example.org/"}]))
    expect(phone.button("Open")).to_have_attribute("target", "_blank")
    expect(phone.button("Open")).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.nightly
def test_a_copy_button_puts_its_text_on_the_clipboard(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=page_sandbox.base_url)
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Code", reply_markup=keyboard([{"text": "Copy", "copy_text": {"text": "A1-203"}}]))
    phone.button("Copy").click()
    expect(phone.column.get_by_test_id("toast")).to_have_text("Copied")
    assert phone.page.evaluate("navigator.clipboard.readText()") == "A1-203"


@pytest.mark.nightly
def test_a_reply_keyboard_stands_under_the_line_until_it_is_removed(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Where from?", reply_markup={"keyboard": [[{"text": "China"}, {"text": "Kazakhstan"}]]})
    phone.column.get_by_test_id("reply-button").filter(has_text="Kazakhstan").click()
    expect(phone.bubble("Kazakhstan")).to_be_visible()
    bot.says(john, "Thank you", reply_markup={"remove_keyboard": True})
    expect(phone.column.get_by_test_id(f"keyboard-{john}")).to_be_hidden()


# ---- directions and letters ----


def test_a_persian_bubble_runs_from_right_to_left_with_a_latin_name_inside(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    maryam = page_sandbox.persona("Maryam", "fa")
    (phone,) = open_phones(context, maryam)
    bot.says(maryam, PERSIAN)
    text = phone.bubble("Jiaozhou").get_by_test_id("text")
    line = text.locator(".line")
    assert style(line, "direction") == "rtl"
    expect(text).to_have_attribute("lang", "fa")
    first, latin, last = words_on_screen(line, "مرکز", "Jiaozhou", "دارد")
    assert first["left"] >= latin["right"]
    assert latin["left"] >= last["right"]
    (frame,) = boxes(text, ".line")
    assert abs(frame["right"] - first["right"]) < 2


def test_each_line_of_a_message_takes_its_own_direction(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    maryam = page_sandbox.persona("Maryam", "fa")
    (phone,) = open_phones(context, maryam)
    bot.says(maryam, "سلام\nSCODA چیست؟\n🙂 12\nQingdao is a city")
    lines = phone.bubble("Qingdao").locator(".line")
    expect(lines).to_have_count(4)
    assert [style(lines.nth(at), "direction") for at in range(4)] == ["rtl", "ltr", "rtl", "ltr"]


@pytest.mark.nightly
def test_the_time_never_covers_the_text_of_a_right_to_left_bubble(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    maryam = page_sandbox.persona("Maryam", "fa")
    (phone,) = open_phones(context, maryam)
    bot.says(maryam, PERSIAN)
    bubble = phone.bubble("Jiaozhou")
    line, time = boxes(bubble, ".line", ".meta")
    assert time["top"] >= line["bottom"] - 1


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("text", "direction"), [("درباره منطقه", "rtl"), ("📅 نمایشگاه", "rtl"), ("SCODA چیست؟", "ltr"), ("Қазақша", "ltr")]
)
def test_a_button_takes_its_direction_from_its_own_label(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext, text: str, direction: str
):
    maryam = page_sandbox.persona("Maryam", "fa")
    (phone,) = open_phones(context, maryam)
    bot.says(maryam, "سلام", reply_markup=keyboard([callback(text)]))
    assert style(phone.button(text).locator(".label"), "direction") == direction


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("app", "text", "language"),
    [
        ("ur", "میں آپ کے سوالوں کے جواب دیتا ہوں۔", "ur"),
        ("fa", "به پرسش‌های شما پاسخ می‌دهم", "fa"),
        ("hi", "मैं आपके प्रश्नों के उत्तर देता हूँ।", "hi"),
        ("zh-hans", "多式联运中心在青岛胶州", "zh"),
        ("en", "Ответ на русском языке", "ru"),
        ("ru", "Тілді таңдаңыз, әрі қарай", "kk"),
        ("en", "Шумо забонро интихоб кунед, ҷавоб", "tg"),
        ("ru", "Выберыце мову, калі ласка, ў меню", "be"),
        ("mn", "Хэлээ сонгоно уу", "mn"),
        ("ky", "Тилди тандаңыз", "ky"),
        ("en", "Tilni tanlang, oʻzbekcha", "uz"),
    ],
)
def test_a_bubble_names_its_language_so_that_the_right_letters_are_drawn(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext, app: str, text: str, language: str
):
    reader = page_sandbox.persona("Reader", app)
    (phone,) = open_phones(context, reader)
    bot.says(reader, text)
    expect(phone.bubble(text).get_by_test_id("text")).to_have_attribute("lang", language)


@pytest.mark.nightly
def test_urdu_lines_have_room_for_nastaliq(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    ahmed = page_sandbox.persona("Ahmed", "ur")
    (phone,) = open_phones(context, ahmed)
    bot.says(ahmed, "خوش آمدید، میں آپ کی مدد کروں گا")
    text = phone.bubble("خوش").get_by_test_id("text")
    assert "Nastaliq" in style(text, "fontFamily")
    assert float(style(text, "lineHeight").removesuffix("px")) >= 2 * float(style(text, "fontSize").removesuffix("px"))


# ---- a person's moves ----


@pytest.mark.nightly
def test_an_empty_chat_shows_the_description_and_a_start_button(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    bot.call("setMyDescription", description="I answer questions.")
    bot.call("setMyDescription", description="Отвечаю на вопросы.", language_code="ru")
    anna = page_sandbox.stranger("Анна", "ru")
    (phone,) = open_phones(context, anna)
    expect(phone.column.get_by_test_id(f"description-{anna}")).to_contain_text("Отвечаю на вопросы.")
    start = phone.column.get_by_test_id(f"start-{anna}")
    start.click()
    expect(phone.bubble("/start")).to_be_visible()
    expect(start).to_be_hidden()
    expect(phone.column.get_by_test_id(f"description-{anna}")).to_be_hidden()


@pytest.mark.nightly
def test_a_deep_link_sends_start_with_its_payload(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.stranger("John", "en")
    (phone,) = open_phones(context, john)
    phone.chooses("deep-link")
    form = phone.page.get_by_test_id("deep-link-form")
    form.get_by_test_id("payload").fill("expo-2026")
    form.get_by_test_id("submit").click()
    expect(phone.bubble("/start expo-2026")).to_be_visible()
    bot.hears("message", sender=john, text="/start expo-2026")


@pytest.mark.nightly
def test_a_link_to_the_bot_itself_is_followed_inside_the_column(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    name = bot.call("getMe")["username"]
    bot.says(john, "Go on", reply_markup=keyboard([{"text": "Booth", "url": f"https://t.me/{name}?start=booth-7"}]))
    phone.button("Booth").click()
    expect(phone.bubble("/start booth-7")).to_be_visible()


@pytest.mark.nightly
def test_a_blocked_bot_gets_403_and_can_be_unblocked(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    phone.chooses("block")
    unblock = phone.column.get_by_test_id(f"unblock-{john}")
    expect(unblock).to_be_visible()
    expect(phone.composer).to_be_hidden()
    refused = bot.try_call("sendMessage", chat_id=john, text="Hello?")
    assert refused["error_code"] == 403
    unblock.click()
    expect(phone.composer).to_be_visible()
    bot.says(john, "Welcome back")
    expect(phone.bubble("Welcome back")).to_be_visible()


@pytest.mark.nightly
def test_the_command_menu_is_in_the_apps_language_and_works_by_keyboard(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    bot.call(
        "setMyCommands",
        commands=[{"command": "help", "description": "What I can do"}, {"command": "topics", "description": "Browse"}],
    )
    bot.call(
        "setMyCommands",
        commands=[{"command": "help", "description": "Что я умею"}, {"command": "topics", "description": "Темы"}],
        language_code="ru",
    )
    (phone,) = open_phones(context, page_sandbox.persona("Анна", "ru"))
    expect(phone.column.get_by_test_id(f"menu-{phone.id}")).to_be_visible()
    phone.composer.press_sequentially("/")
    options = phone.column.get_by_test_id("command-option")
    expect(options).to_contain_text(["Что я умею", "Темы"])
    phone.composer.press_sequentially("to")
    expect(options).to_have_count(1)
    phone.composer.press("ArrowDown")
    phone.composer.press("Enter")
    expect(phone.bubble("/topics")).to_be_visible()
    expect(options).to_have_count(1)
    expect(options.first).to_be_hidden()
    bot.call("deleteMyCommands")
    bot.call("deleteMyCommands", language_code="ru")


@pytest.mark.nightly
def test_a_changed_app_language_is_what_the_bot_sees_next(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    phone.column.get_by_test_id(f"language-{john}").select_option("kk")
    expect(phone.column).to_have_attribute("data-language", "kk")
    expect(phone.column.get_by_test_id(f"language-{john}")).to_have_value("kk")
    phone.sends("Сәлем")
    received = bot.hears("message", sender=john, text="Сәлем")
    assert received["from"]["language_code"] == "kk"


@pytest.mark.nightly
def test_a_location_is_sent_from_the_attach_menu_and_drawn(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.column.get_by_test_id(f"attach-{phone.id}").click()
    phone.page.get_by_test_id("attach-location").click()
    expect(phone.bubbles.last.get_by_role("img", name=re.compile("^Map at"))).to_be_visible()
    while "location" not in bot.hears("message", sender=phone.id):
        pass


@pytest.mark.nightly
def test_a_photo_takes_a_caption(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.column.get_by_test_id(f"attach-{phone.id}").click()
    phone.page.get_by_test_id("attach-photo").click()
    phone.page.get_by_test_id("caption").fill("What is this?")
    phone.page.get_by_test_id("submit").click()
    expect(phone.bubble("What is this?").locator(".photo")).to_be_visible()


@pytest.mark.nightly
def test_a_group_is_made_from_personas_and_used_from_both_phones(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john, anna = page_sandbox.persona("John", "en"), page_sandbox.persona("Анна", "ru")
    phone, other = open_phones(context, john, anna)
    phone.chooses("new-group")
    form = phone.page.get_by_test_id("group-form")
    expect(form.locator(f'input[value="{anna}"]')).to_be_checked()
    form.get_by_label("Name").fill("Delegation")
    form.get_by_test_id("submit").click()
    expect(phone.column.get_by_test_id(f"chats-{john}")).to_contain_text("Delegation")
    other.column.get_by_test_id(f"chats-{anna}").click()
    other.page.get_by_role("menuitemradio", name="Delegation").last.click()
    phone.sends("/help")
    expect(other.bubble("/help")).to_have_attribute("data-own", "false")
    expect(other.bubble("/help").locator(".sender")).to_have_text("John")


@pytest.mark.nightly
def test_inline_mode_offers_results_and_sends_the_chosen_one(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.chooses("try-inline")
    phone.composer.press_sequentially("hub")
    query = bot.hears("inline_query", sender=phone.id, query="hub")
    article = {
        "type": "article",
        "id": "1",
        "title": "The hub",
        "description": "In Jiaozhou",
        "input_message_content": {"message_text": "The hub is in Jiaozhou."},
    }
    bot.call("answerInlineQuery", inline_query_id=query["id"], results=[article], cache_time=0)
    result = phone.column.get_by_test_id("inline-result")
    expect(result).to_contain_text("The hub")
    result.click()
    expect(phone.bubble("The hub is in Jiaozhou.")).to_contain_text("via @")


@pytest.mark.nightly
def test_a_new_persona_is_added_beside_the_open_ones(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.page.get_by_test_id("new-persona").click()
    form = phone.page.get_by_test_id("persona-form")
    form.get_by_test_id("first-name").fill("Gülnar")
    form.get_by_label("Language of the app").select_option("kk")
    form.get_by_test_id("submit").click()
    expect(phone.page.get_by_role("region", name="Gülnar's phone")).to_have_attribute("data-language", "kk")
    expect(phone.column).to_be_visible()


@pytest.mark.nightly
def test_a_fault_ordered_in_the_drawer_meets_the_bot(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    phone.page.get_by_test_id("moods").click()
    drawer = phone.page.get_by_test_id("moods-drawer")
    drawer.get_by_test_id("fault-kind").select_option("500")
    drawer.get_by_test_id("add-fault").click()
    expect(drawer.get_by_test_id("faults")).to_contain_text("sendMessage")
    assert bot.try_call("sendMessage", chat_id=john, text="Hello")["error_code"] == 500
    drawer.get_by_test_id("clear-faults").click()
    expect(drawer.get_by_test_id("faults")).to_contain_text("good mood")
    bot.says(john, "Hello")


@pytest.mark.nightly
def test_flood_control_is_switched_in_the_drawer(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.page.get_by_test_id("moods").click()
    switch = phone.page.get_by_test_id("flood")
    was = page_sandbox.http.get("/sandbox/state").json()["flood"]["enabled"]
    with phone.page.expect_response("**/sandbox/flood"):
        switch.click()
    assert page_sandbox.http.get("/sandbox/state").json()["flood"]["enabled"] is not was
    with phone.page.expect_response("**/sandbox/flood"):
        switch.click()
    assert page_sandbox.http.get("/sandbox/state").json()["flood"]["enabled"] is was


@pytest.mark.nightly
def test_a_reaction_of_the_bot_is_shown_under_the_message(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    phone.sends("Thank you")
    received = bot.hears("message", sender=phone.id, text="Thank you")
    bot.call(
        "setMessageReaction",
        chat_id=phone.id,
        message_id=received["message_id"],
        reaction=[{"type": "emoji", "emoji": "👍"}],
    )
    expect(phone.bubble("Thank you").get_by_test_id("reaction")).to_have_text("👍")


# ---- several phones ----


def test_two_personas_side_by_side_each_see_their_own_chat(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    wei, maryam = page_sandbox.persona("伟", "zh-hans"), page_sandbox.persona("مریم", "fa")
    left, right = open_phones(context, wei, maryam)
    bot.says(wei, "您好")
    bot.says(maryam, "سلام")
    expect(left.bubble("您好")).to_be_visible()
    expect(right.bubble("سلام")).to_be_visible()
    expect(left.bubble("سلام")).to_have_count(0)
    boxes = [left.column.bounding_box(), right.column.bounding_box()]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


@pytest.mark.nightly
def test_another_phone_is_opened_with_plus_and_kept_in_the_address(page_sandbox: Sandbox, context: BrowserContext):
    john, anna = page_sandbox.persona("John", "en"), page_sandbox.persona("Анна", "ru")
    (phone,) = open_phones(context, john)
    phone.page.get_by_test_id("add-column").click()
    phone.page.get_by_test_id(f"open-{anna}").click()
    expect(phone.page.get_by_test_id(f"column-{anna}")).to_be_visible()
    expect(phone.page).to_have_url(re.compile(rf"open={john},{anna}$"))
    phone.page.get_by_test_id(f"close-{john}").click()
    expect(phone.page).to_have_url(re.compile(rf"open={anna}$"))


@pytest.mark.nightly
def test_what_a_closed_phone_receives_is_counted_in_the_list(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john, anna = page_sandbox.persona("John", "en"), page_sandbox.persona("Анна", "ru")
    (phone,) = open_phones(context, john)
    entry = phone.page.get_by_test_id(f"persona-{anna}")
    expect(entry).to_contain_text("/start")
    bot.says(anna, "Объявление")
    expect(entry).to_contain_text("Объявление")
    expect(phone.page.get_by_test_id(f"unread-{anna}")).to_have_text("1")
    entry.click()
    expect(phone.page.get_by_test_id(f"unread-{anna}")).to_have_count(0)
    expect(Phone(phone.page, anna).bubble("Объявление")).to_be_visible()


@pytest.mark.nightly
def test_ten_open_phones_still_send_and_receive(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    people = [page_sandbox.persona(f"Person {number}", "en") for number in range(10)]
    phones = open_phones(context, *people)
    phones[9].sends("I am the tenth")
    expect(phones[9].bubble("I am the tenth")).to_be_visible()
    bot.says(people[9], "Noted")
    expect(phones[9].bubble("Noted")).to_be_visible()


# ---- bad network ----


def test_what_came_while_the_connection_was_lost_is_there_afterwards(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    earlier = bot.says(john, "Before")
    expect(phone.bubble("Before")).to_be_visible()
    context.set_offline(True)
    expect(phone.column.get_by_test_id(f"status-{john}")).to_contain_text("connecting")
    expect(phone.page.get_by_test_id("connection")).to_have_attribute("data-state", "connecting")
    bot.says(john, "Meanwhile")
    bot.call("deleteMessage", chat_id=john, message_id=earlier["message_id"])
    context.set_offline(False)
    expect(phone.bubble("Meanwhile")).to_be_visible()
    expect(phone.bubble("Before")).to_have_count(0)
    expect(phone.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


def test_X10_an_open_page_finds_its_way_into_a_sandbox_that_was_started_anew(chromium: Browser):
    with running_sandbox() as base_url:
        context = chromium.new_context(base_url=base_url)
        (wei,) = open_phones(context, 5_000_000_000_000_001)
    live = wei.page.locator('[data-testid="connection"][data-state="live"]')
    live.wait_for(state="detached")
    with running_sandbox(urlsplit(base_url).port, keys_of(bot=SANDBOX_TOKEN)):
        live.wait_for(state="attached")
        wei.column.get_by_test_id(f"start-{wei.id}").click()
        expect(wei.bubble("/start")).to_be_visible()
        context.close()


def test_X11_a_date_beyond_every_calendar_does_not_empty_the_chat(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    who = {"id": john, "is_bot": False, "first_name": "John"}
    for number, date in enumerate((10**17, -(10**17), "soon"), start=900_000_000):
        message = {"message_id": number, "date": date, "chat": {"id": john, "type": "private"}, "from": who}
        update = {"message": message | {"text": f"odd {number}"}}
        page_sandbox.http.post("/sandbox/updates", json={"update": update}).raise_for_status()
        expect(phone.bubble(f"odd {number}")).to_be_visible()
    odd = {"type": "date_time", "offset": 0, "length": 4, "unix_time": 10**17}
    page_sandbox.http.post("/sandbox/updates", json={"update": {"message": {
        "message_id": 900_000_009, "date": 1_795_608_000, "chat": {"id": john, "type": "private"}, "from": who,
        "text": "then or never", "entities": [odd]}}}).raise_for_status()  # fmt: skip
    expect(phone.bubble("then or never")).to_be_visible()
    bot.says(john, "still here")
    expect(phone.bubble("still here")).to_be_visible()
    expect(phone.bubble("/start")).to_be_visible()


def test_a_message_that_could_not_be_sent_is_kept_and_sent_once_by_retry(
    page_sandbox: Sandbox, context: BrowserContext
):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    context.set_offline(True)
    phone.sends("Do not lose me")
    expect(phone.column.get_by_test_id("failed-bubble")).to_contain_text("Do not lose me")
    expect(phone.page.get_by_test_id("connection")).to_have_attribute("data-state", "connecting")
    context.set_offline(False)
    expect(phone.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    expect(phone.column.get_by_test_id("failed-bubble")).to_be_visible()
    phone.column.get_by_test_id("retry").click()
    expect(phone.bubble("Do not lose me")).to_have_count(1)
    expect(phone.column.get_by_test_id("failed-bubble")).to_have_count(0)
    messages = page_sandbox.http.get(f"/sandbox/chats/{phone.id}/messages").json()["messages"]
    assert [message.get("text") for message in messages].count("Do not lose me") == 1


@pytest.mark.nightly
def test_an_unsent_message_survives_a_reload_and_can_be_discarded(page_sandbox: Sandbox, context: BrowserContext):
    (phone,) = open_phones(context, page_sandbox.persona("John", "en"))
    context.set_offline(True)
    phone.sends("Later")
    expect(phone.column.get_by_test_id("failed-bubble")).to_be_visible()
    context.set_offline(False)
    phone.page.reload()
    expect(phone.column.get_by_test_id("failed-bubble")).to_contain_text("Later")
    phone.column.get_by_test_id("discard").click()
    expect(phone.column.get_by_test_id("failed-bubble")).to_have_count(0)


# ---- the page as a whole ----


def test_on_a_phone_the_list_and_a_chat_take_turns(page_sandbox: Sandbox, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.get_by_test_id(f"persona-{john}").click()
    column = page.get_by_test_id(f"column-{john}")
    expect(page.locator("#sidebar")).to_be_hidden()
    box = column.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    column.get_by_role("button", name="Back to the list").click()
    expect(page.locator("#sidebar")).to_be_visible()


def test_the_page_asks_nobody_but_its_own_server(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "https://example.org/picture.png")
    expect(phone.bubble("example.org")).to_be_visible()
    assert [url for url in asked if not url.startswith((page_sandbox.base_url, "data:"))] == []


@pytest.mark.nightly
def test_no_file_of_the_page_parses_html_or_names_another_server():
    for file in sorted(PAGE_FILES.iterdir()):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), file.name
        addresses = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
        assert addresses == set(), file.name


@pytest.mark.nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_both_schemes(
    page_sandbox: Sandbox, bot: BotSide, context: BrowserContext, scheme: str
):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    phone.page.emulate_media(color_scheme=scheme)
    bot.says(john, "Readable", reply_markup=keyboard([callback("Press")]))
    phone.sends("Mine")
    for bubble in (phone.bubble("Readable"), phone.bubble("Mine")):
        expect(bubble).to_be_visible()
        assert contrast(style(bubble, "color"), style(bubble, "backgroundColor")) >= 7
        assert contrast(style(bubble.locator(".meta"), "color"), style(bubble, "backgroundColor")) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two opaque CSS colours by WCAG 2.2, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_control_has_a_name_for_a_screen_reader(page_sandbox: Sandbox, bot: BotSide, context: BrowserContext):
    john = page_sandbox.persona("John", "en")
    (phone,) = open_phones(context, john)
    bot.says(john, "Named", reply_markup=keyboard([callback("Press")]))
    expect(phone.button("Press")).to_be_visible()
    nameless = phone.page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, textarea, a, [role="button"]')]
            .filter((control) => !(control.getAttribute('aria-label') || control.textContent.trim() || control.labels?.length))
            .map((control) => control.outerHTML)"""
    )
    assert nameless == []
