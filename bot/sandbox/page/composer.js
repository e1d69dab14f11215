// The writing line: text, commands, attachments, replies, edits and inline mode.

import { api } from "./api.js";
import { previewOf } from "./bubbles.js";
import { el, fill, icon, iconButton } from "./dom.js";
import { directionOf, directionOfLanguage, guessLanguage, primary } from "./languages.js";
import { ReplyKeyboard } from "./reply_keyboard.js";

const ASK_INLINE_AFTER_MS = 300;
const LONGEST_TEXT = 4096;

export class Composer {
  #commands = [];
  #listed = [];
  #chosen = -1;
  /** @type {?import("./store.js").Message} */
  #reply = null;
  /** @type {?import("./store.js").Message} */
  #edited = null;
  /** @type {number | undefined} */
  #inlineTimer;
  /** @type {?string} */
  #inlineQuery = null;

  /** @param {import("./column.js").Column} column */
  constructor(column) {
    this.column = column;
    this.#build(column.personaId);
  }

  #build(id) {
    this.context = el("div", { class: "context", hidden: true });
    this.list = suggestionList(id);
    this.input = el("textarea", {
      rows: 1,
      dir: "auto",
      testid: `composer-${id}`,
      "aria-label": "Message",
      placeholder: "Message",
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-controls": `suggestions-${id}`,
      "aria-autocomplete": "list",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.count = el("small", { class: "too-long", role: "status", hidden: true });
    const act = (name) => (event) => this.column.actions[name](event.currentTarget);
    this.menuButton = this.#makeMenuButton(id);
    this.start = wideButton("Start", {
      class: "primary",
      testid: `start-${id}`,
      onclick: () => this.column.actions.start(),
    });
    this.unblock = wideButton("Unblock the bot", {
      testid: `unblock-${id}`,
      onclick: () => this.column.actions.unblock(),
    });
    this.bar = el(
      "div",
      { class: "bar" },
      this.menuButton,
      iconButton("attach", "Attach", { testid: `attach-${id}`, "aria-haspopup": "menu", onclick: act("attachMenu") }),
      this.input,
      this.count,
      iconButton("send", "Send", { class: "send", testid: `send-${id}`, onclick: () => this.#submit() }),
    );
    /** @type {ReplyKeyboard} */
    this.keyboard = new ReplyKeyboard({ column: this.column, input: this.input });
    this.element = el(
      "div",
      { class: "composer" },
      this.list,
      this.context,
      this.start,
      this.unblock,
      this.bar,
      this.keyboard.element,
    );
  }

  #makeMenuButton(id) {
    return el(
      "button",
      {
        type: "button",
        class: "menu-button",
        testid: `menu-${id}`,
        "aria-haspopup": "listbox",
        hidden: true,
        onclick: () => this.#toggleCommands(),
      },
      icon("menu"),
      el("span", {}, "Menu"),
    );
  }

  focus() {
    if (matchMedia("(pointer: fine)").matches) this.input.focus({ preventScroll: true });
  }

  reset() {
    this.#leaveContext();
    this.#set("");
    this.showState();
    this.loadCommands();
  }

  /** Put `text` into the line and let the person go on. */
  insert(text) {
    this.#set(text);
    this.input.focus();
    this.#typed();
  }

  showState() {
    const { blocked, language } = this.column;
    this.unblock.hidden = !blocked;
    this.bar.hidden = blocked;
    this.input.lang = primary(language) || "en";
    this.input.dir = this.input.value ? "auto" : directionOfLanguage(language);
    if (blocked) this.start.hidden = true;
  }

  showStart(shown) {
    this.start.hidden = !shown;
  }

  async loadCommands() {
    const { bot } = this.column.store;
    if (!bot) return;
    const commands = await api.commands(this.column.personaId, bot.id, this.column.chatId).catch(() => this.#commands);
    this.#commands = commands;
    this.menuButton.hidden = this.column.isGroup || commands.length === 0;
  }

  // ---- writing ----

  #set(text) {
    this.input.value = text;
    this.#fit();
  }

  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 180)}px`;
    this.input.dir = this.input.value ? "auto" : directionOfLanguage(this.column.language);
    const over = this.input.value.length - LONGEST_TEXT;
    this.count.hidden = over <= 0;
    this.count.textContent = over > 0 ? `−${over}` : "";
  }

  #typed() {
    this.#fit();
    const text = this.input.value;
    clearTimeout(this.#inlineTimer);
    if (this.#inlineOf(text) !== null) this.#inlineTimer = setTimeout(() => this.#askInline(text), ASK_INLINE_AFTER_MS);
    else if (/^\/\w*$/.test(text)) this.#listCommands(text.slice(1));
    else this.#hideList();
  }

  #key(event) {
    if (event.isComposing) return;
    if (!this.list.hidden && this.#listKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
    if (event.key === "Escape") this.#leaveContext();
    if (event.key === "ArrowUp" && this.input.value === "" && this.column.lastOwn()) {
      event.preventDefault();
      this.edit(this.column.lastOwn());
    }
  }

  async #submit() {
    const text = this.input.value.trim();
    if (text === "") return;
    const edited = this.#edited;
    const replyTo = this.#reply?.message_id;
    this.#leaveContext();
    this.#hideList();
    this.#set("");
    this.input.focus({ preventScroll: true });
    if (!edited) return this.column.actions.send(text, replyTo);
    if (!(await this.column.actions.edit(edited.message_id, text))) this.insert(text);
  }

  // ---- reply and edit ----

  replyTo(message) {
    this.#leaveContext();
    this.#reply = message;
    this.#showContext("reply", `Reply to ${message.from?.first_name ?? "the message"}`, message);
  }

  edit(message) {
    this.#leaveContext();
    this.#edited = message;
    this.#set(message.text);
    this.#showContext("edit", "Edit the message", message);
  }

  #showContext(sign, title, message) {
    const text = previewOf(message);
    fill(
      this.context,
      icon(sign),
      el(
        "span",
        { class: "context-words" },
        el("b", { dir: "auto" }, title),
        el("span", { dir: directionOf(text), lang: guessLanguage(text, this.column.language) }, text),
      ),
      iconButton("close", "Cancel", { onclick: () => this.#leaveContext() }),
    );
    this.context.hidden = false;
    this.input.focus();
  }

  #leaveContext() {
    if (this.#edited) this.#set("");
    this.#reply = null;
    this.#edited = null;
    this.context.hidden = true;
  }

  // ---- suggestions: commands and inline results ----

  #toggleCommands() {
    if (!this.list.hidden) return this.#hideList();
    this.#listCommands("");
    this.input.focus();
  }

  #listCommands(beginning) {
    const fitting = this.#commands.filter(({ command }) => command.startsWith(beginning.toLowerCase()));
    this.#showList(
      fitting.map(({ command, description }) => ({
        testid: "command-option",
        words: [
          el("b", { dir: "ltr" }, `/${command}`),
          el(
            "span",
            { dir: directionOf(description), lang: guessLanguage(description, this.column.language) },
            description,
          ),
        ],
        choose: () => this.#sendNow(`/${command}`),
        complete: () => this.insert(`/${command} `),
      })),
    );
  }

  #sendNow(text) {
    this.#set("");
    this.#hideList();
    this.column.actions.send(text);
  }

  #inlineOf(text) {
    const name = this.column.store.bot?.username;
    const beginning = `@${name} `;
    return name && text.toLowerCase().startsWith(beginning.toLowerCase()) ? text.slice(beginning.length) : null;
  }

  async #askInline(text) {
    const query = this.#inlineOf(text);
    this.#inlineQuery = query;
    this.#showNote("Asking the bot…");
    const { actions, personaId } = this.column;
    const answer = await actions.try(() => api.inline(personaId, { query, ...actions.place }));
    if (this.#inlineQuery !== query || this.#inlineOf(this.input.value) !== query) return;
    if (!answer) return this.#hideList();
    this.#showInline(query, answer);
  }

  #showInline(query, { answered, results = [], button }) {
    if (!answered) return this.#showNote("The bot did not answer the inline query. Is inline mode on?");
    const top = button
      ? [
          {
            testid: "inline-top",
            words: [el("b", { dir: "auto" }, button.text)],
            choose: () => this.column.actions.start(button.start_parameter),
          },
        ]
      : [];
    const options = results.map((result) => ({
      testid: "inline-result",
      words: inlineWords(result),
      choose: () => this.#chooseInline(result, query),
    }));
    if (top.length + options.length === 0) return this.#showNote("No results");
    this.#showList([...top, ...options]);
  }

  async #chooseInline(result, query) {
    this.#set("");
    this.#hideList();
    const { actions, personaId, store } = this.column;
    const answer = await actions.try(() =>
      api.chooseInline(personaId, { result_id: result.id, query, ...actions.place }),
    );
    store.take(answer?.message);
    this.column.scrollToEnd();
  }

  #showNote(text) {
    this.#listed = [];
    fill(this.list, el("p", { class: "note" }, text));
    this.list.hidden = false;
  }

  #showList(options) {
    if (options.length === 0) return this.#hideList();
    this.#listed = options;
    this.#chosen = -1;
    fill(
      this.list,
      options.map((option, at) =>
        el(
          "div",
          {
            role: "option",
            id: `${this.list.id}-${at}`,
            "aria-selected": "false",
            testid: option.testid,
            onmousedown: (event) => event.preventDefault(),
            onclick: option.choose,
          },
          ...option.words,
        ),
      ),
    );
    this.list.hidden = false;
  }

  #hideList() {
    this.#listed = [];
    this.#chosen = -1;
    this.#inlineQuery = null;
    this.list.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Handles a key while the list is open; true when it was for the list. */
  #listKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.#listed[this.#chosen];
    if (step && this.#listed.length > 0) this.#choose(step);
    else if (event.key === "Escape") this.#hideList();
    else if (event.key === "Enter" && chosen) chosen.choose();
    else if (event.key === "Tab" && (chosen ?? this.#listed[0])?.complete) (chosen ?? this.#listed[0]).complete();
    else return false;
    event.preventDefault();
    return true;
  }

  #choose(step) {
    const count = this.#listed.length;
    this.#chosen = this.#chosen < 0 && step < 0 ? count - 1 : (this.#chosen + step + count) % count;
    for (const [at, option] of [...this.list.children].entries()) {
      option.setAttribute("aria-selected", String(at === this.#chosen));
      if (at === this.#chosen) option.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.#chosen}`);
  }
}

function inlineWords(result) {
  const title = result.title ?? result.type;
  return [
    el("b", { dir: directionOf(title) }, title),
    result.description ? el("span", { dir: directionOf(result.description) }, result.description) : null,
  ].filter(Boolean);
}

function suggestionList(id) {
  const name = `suggestions-${id}`;
  return el("div", {
    class: "suggestions",
    role: "listbox",
    id: name,
    "aria-label": "Suggestions",
    hidden: true,
    testid: name,
  });
}

/** What stands in place of the writing line while nothing can be written. */
function wideButton(label, { class: kind = "", ...properties }) {
  return el("button", { type: "button", class: `wide ${kind}`, hidden: true, ...properties }, label);
}
