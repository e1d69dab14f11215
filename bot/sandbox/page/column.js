// One column is one phone: a persona, the chat that is open on it, and everything one can do there.

import { Actions } from "./actions.js";
import { dayPill, draftBubble, messageBubble, pendingBubble, servicePill } from "./bubbles.js";
import { Composer } from "./composer.js";
import { avatar, el, fill, focusedIn, icon, iconButton, keepFocus } from "./dom.js";
import { APP_LANGUAGES, directionOf, primary } from "./languages.js";
import { serviceText } from "./media.js";
import { dayOf } from "./moments.js";
import { fullName } from "./personas.js";
import { replyKeyboardOf } from "./reply_keyboard.js";

const ACTION_WORDS = {
  typing: "typing",
  upload_photo: "sending a photo",
  upload_document: "sending a file",
  upload_video: "sending a video",
  record_voice: "recording a voice message",
  upload_voice: "sending a voice message",
  find_location: "looking up a place",
  choose_sticker: "choosing a sticker",
};
const NEAR_THE_END_PX = 120;

export class Column {
  #nodes = new Map();
  #listeners = [];
  #newBelow = 0;
  #atEnd = true;
  #resized = new ResizeObserver(() => this.#atEnd && this.scrollToEnd());

  /** @param {{store: import("./store.js").Store, outbox: import("./outbox.js").Outbox, desk: import("./desk.js").Desk,
   *   personaId: number}} parts */
  constructor({ store, outbox, desk, personaId }) {
    this.store = store;
    this.outbox = outbox;
    this.desk = desk;
    this.personaId = personaId;
    this.chatId = personaId;
    this.actions = new Actions(this);
    this.composer = new Composer(this);
    this.#build();
    this.#listen("chat", (event) => event.detail === this.chatId && this.#showChat());
    this.#listen("people", () => this.#showPeople());
    this.#listen("connection", () => this.#showStatus());
    this.#enter(personaId);
    this.#showPeople();
  }

  get persona() {
    return this.store.personas.get(this.personaId);
  }

  get language() {
    return this.persona?.language_code ?? "";
  }

  get isGroup() {
    return this.chatId !== this.personaId;
  }

  get blocked() {
    const { bot } = this.store;
    return !this.isGroup && bot !== null && (this.persona?.blocked ?? []).includes(bot.id);
  }

  get botName() {
    const { bot } = this.store;
    if (!bot) return "No bot yet";
    return bot.names?.[primary(this.language)] || bot.names?.[""] || bot.first_name;
  }

  close() {
    for (const [type, listener] of this.#listeners) this.store.removeEventListener(type, listener);
    this.#resized.disconnect();
    this.store.look(this.chatId, -1);
    this.element.remove();
  }

  focus() {
    this.element.scrollIntoView({ behavior: "smooth", inline: "nearest", block: "nearest" });
    this.composer.focus();
  }

  /** Show another chat of this persona: a group, or again the bot. */
  switchTo(chatId) {
    if (chatId === this.chatId) return;
    this.store.look(this.chatId, -1);
    this.#enter(chatId);
    this.#showPeople();
    this.composer.reset();
  }

  #enter(chatId) {
    this.chatId = chatId;
    this.#nodes.clear();
    this.log.replaceChildren();
    this.store.look(chatId, 1);
    this.#showChat();
    this.scrollToEnd();
    this.store
      .load(chatId)
      .then(() => this.scrollToEnd())
      .catch(() => this.store.setLive(false));
  }

  #listen(type, listener) {
    this.store.addEventListener(type, listener);
    this.#listeners.push([type, listener]);
  }

  #build() {
    const id = this.personaId;
    this.owner = el("div", { class: "owner" });
    this.title = el("div", { class: "chat-title" });
    this.log = el("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      tabindex: "0",
      testid: `log-${id}`,
      onscroll: () => this.#showJump(),
    });
    this.jump = el(
      "button",
      {
        type: "button",
        class: "jump",
        hidden: true,
        "aria-label": "To the newest message",
        testid: `jump-${id}`,
        onclick: () => this.scrollToEnd("smooth"),
      },
      icon("down"),
      el("span"),
    );
    this.welcome = el("div", { class: "welcome" });
    this.element = el(
      "section",
      { class: "column", testid: `column-${id}` },
      this.owner,
      this.title,
      el("div", { class: "log-frame" }, this.log, this.welcome, this.jump),
      this.composer.element,
    );
    this.#showTitle();
    this.#resized.observe(this.log);
  }

  #showPeople() {
    const persona = this.persona;
    if (!persona) return;
    const name = fullName(persona);
    this.element.setAttribute("aria-label", `${name}'s phone`);
    this.element.dataset.language = this.language;
    keepFocus(this.owner, () => this.#showOwner(persona, name));
    keepFocus(this.title, () => this.#showTitle());
    this.composer.showState();
    this.composer.loadCommands();
    this.#showChat();
  }

  #showOwner(persona, name) {
    const facts = JSON.stringify(persona);
    if (this.owner.dataset.facts === facts) return;
    this.owner.dataset.facts = facts;
    fill(
      this.owner,
      iconButton("back", "Back to the list", { class: "back", onclick: () => this.desk.showList() }),
      avatar(persona.id, persona.first_name, "small"),
      el("b", { class: "owner-name", dir: "auto" }, name),
      this.#languageSelect(),
      el("span", { class: "grow" }),
      iconButton("close", `Close ${name}'s phone`, {
        class: "close",
        testid: `close-${persona.id}`,
        onclick: () => this.desk.close(persona.id),
      }),
    );
  }

  #languageSelect() {
    const known = APP_LANGUAGES.some(([code]) => code === this.language) || this.language === "";
    const options = [["", "no language"], ...APP_LANGUAGES, ...(known ? [] : [[this.language, this.language]])];
    const select = el(
      "select",
      {
        class: "language",
        "aria-label": "Language of the app",
        title: "Language of the app",
        testid: `language-${this.personaId}`,
      },
      ...options.map(([code, words]) =>
        el("option", { value: code, lang: code || null, selected: code === this.language }, words),
      ),
    );
    select.addEventListener("change", () => this.actions.changeLanguage(select.value || null));
    return select;
  }

  #showTitle() {
    const { bot } = this.store;
    const group = this.store.groups.get(this.chatId);
    const name = this.isGroup ? (group?.title ?? "Group") : this.botName;
    this.status = el("small", { class: "status", testid: `status-${this.personaId}`, role: "status" });
    const button = el(
      "button",
      {
        type: "button",
        class: "chat-switch",
        "aria-haspopup": "menu",
        "aria-label": `${name}: other chats`,
        testid: `chats-${this.personaId}`,
        onclick: (event) => this.actions.chatsMenu(event.currentTarget),
      },
      avatar(this.isGroup ? this.chatId : (bot?.id ?? 0), name, this.isGroup ? "group" : "bot"),
      el("span", { class: "chat-words" }, el("b", { dir: "auto" }, name), this.status),
    );
    const more = iconButton("more", "More", {
      testid: `more-${this.personaId}`,
      "aria-haspopup": "menu",
      onclick: (event) => this.actions.moreMenu(event.currentTarget),
    });
    fill(this.title, button, more);
    this.#showStatus();
  }

  #showStatus() {
    const { action } = this.store.chat(this.chatId);
    const words = this.store.live && action ? (ACTION_WORDS[action] ?? "busy") : null;
    this.status.classList.toggle("lively", Boolean(words) || !this.store.live);
    if (!this.store.live) return fill(this.status, "connecting", dots());
    if (words) return fill(this.status, el("span", { testid: "typing" }, words, dots()));
    const members = this.store.groups.get(this.chatId)?.members;
    fill(
      this.status,
      this.isGroup
        ? `group${members ? `, ${members.length} people` : ""}`
        : this.store.bot?.in_use === false
          ? "bot, not running"
          : "bot",
    );
  }

  #showChat() {
    const chat = this.store.chat(this.chatId);
    const stick = this.#nearEnd();
    const before = this.log.childElementCount;
    this.#reconcile(this.#items(chat));
    this.#showStatus();
    this.#showWelcome(chat);
    this.composer.keyboard.show(this.blocked ? null : replyKeyboardOf(chat.inOrder()));
    if (stick) this.scrollToEnd();
    else this.#newBelow += Math.max(0, this.log.childElementCount - before);
    this.#showJump();
  }

  /** Everything the log shows, in order: [key, what it depends on, how to draw it]. */
  #items(chat) {
    const items = [];
    /** @type {?string} */
    let day = null;
    /** @type {?import("./store.js").Message} */
    let previous = null;
    for (const message of chat.inOrder()) {
      if (dayOf(message.date) !== day) {
        day = dayOf(message.date);
        previous = null;
        items.push([`day ${day}`, "", () => dayPill(message.date)]);
      }
      const joined =
        previous !== null &&
        previous.from?.id === message.from?.id &&
        message.date - previous.date < 600 &&
        !serviceText(previous);
      items.push(this.#messageItem(message, joined));
      previous = message;
    }
    if (chat.draft?.text)
      items.push(["draft", JSON.stringify(chat.draft), () => draftBubble(chat.draft, this.#view())]);
    for (const item of chat.pending)
      if (item.personaId === this.personaId)
        items.push([`pending ${item.key}`, item.state + item.reason, () => pendingBubble(item, this.#view())]);
    return items;
  }

  #messageItem(message, joined) {
    const draw = () => {
      if (serviceText(message)) return servicePill(message);
      const node = messageBubble(message, this.#view());
      node.classList.toggle("joined", joined);
      return node;
    };
    return [`message ${message.message_id}`, `${this.language} ${joined} ${JSON.stringify(message)}`, draw];
  }

  #view() {
    return { personaId: this.personaId, language: this.language, isGroup: this.isGroup, actions: this.actions };
  }

  // Only what changed is drawn anew, so that spoilers stay open, spinners turn on and the focus stays where it was.
  #reconcile(items) {
    const kept = new Map();
    let at = this.log.firstElementChild;
    for (const [key, facts, draw] of items) {
      const old = this.#nodes.get(key);
      const node = old?.facts === facts ? old.node : redraw(old?.node, draw);
      kept.set(key, { facts, node });
      if (node === at) at = at.nextElementSibling;
      else {
        if (old && old.node === at) at = at.nextElementSibling;
        this.log.insertBefore(node, at);
      }
      if (old && old.node !== node) moveFocus(old.node, node);
    }
    for (const [key, { node }] of this.#nodes) if (kept.get(key)?.node !== node) node.remove();
    this.#nodes = kept;
  }

  #showWelcome(chat) {
    const { bot } = this.store;
    const empty = !this.isGroup && chat.messages.size === 0 && chat.pending.length === 0 && bot !== null;
    this.welcome.hidden = !empty;
    this.composer.showStart(empty && !this.blocked);
    if (!empty) return;
    const text = this.#description(bot);
    fill(
      this.welcome,
      el(
        "div",
        { class: "welcome-card", testid: `description-${this.personaId}` },
        avatar(bot.id, this.botName, "bot large"),
        el("b", {}, text ? "What can this bot do?" : this.botName),
        text ? el("p", { dir: directionOf(text), lang: primary(this.language) || "en" }, text) : null,
      ),
    );
  }

  /** @param {import("./store.js").Bot} bot */
  #description({ descriptions = {} }) {
    return descriptions[primary(this.language)] || descriptions[""] || descriptions.default || "";
  }

  #nearEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_THE_END_PX;
  }

  scrollToEnd(behavior = "instant") {
    this.#newBelow = 0;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior });
    this.#showJump();
  }

  #showJump() {
    const near = this.#nearEnd();
    if (near) this.#newBelow = 0;
    this.#atEnd = near;
    this.jump.hidden = near;
    this.jump.querySelector("span").textContent = this.#newBelow > 0 ? String(this.#newBelow) : "";
  }

  /** Scroll to a message and let it flash. */
  show(messageId) {
    const node = this.#nodes.get(`message ${messageId}`)?.node;
    if (!node) return;
    node.scrollIntoView({ behavior: "smooth", block: "center" });
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
  }

  /** The persona's newest own text message, or null. */
  lastOwn() {
    return (
      this.store
        .chat(this.chatId)
        .inOrder()
        .findLast((message) => message.from?.id === this.personaId && message.text) ?? null
    );
  }
}

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

function redraw(old, draw) {
  const node = draw();
  if (!old) node.classList.add("fresh");
  return node;
}

// An edit replaces the keyboard under a finger: the button at the same place takes the focus over.
function moveFocus(old, node) {
  const place = focusedIn(old)?.dataset.place;
  if (place !== undefined) node.querySelector(`[data-place="${place}"]`)?.focus({ preventScroll: true });
}
