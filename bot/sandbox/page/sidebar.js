// The list of personas: who they are, which language their app is in, what came last.

import { api } from "./api.js";
import { previewOf } from "./bubbles.js";
import { avatar, el, fill, icon, iconButton, keepFocus } from "./dom.js";
import { APP_LANGUAGES, directionOf, guessLanguage } from "./languages.js";
import { timeOf } from "./moments.js";
import { describeLanguage, fullName } from "./personas.js";
import { askForm, field } from "./popups.js";

export class Sidebar {
  /** @param {{element: HTMLElement, store: import("./store.js").Store, desk: import("./desk.js").Desk,
   *   moods: import("./moods.js").Moods}} parts */
  constructor({ element, store, desk, moods }) {
    this.store = store;
    this.desk = desk;
    this.state = el("span", { class: "connection", testid: "connection", role: "status" });
    this.bots = el("div", { class: "bots" });
    this.list = el("ul", { class: "people" });
    fill(
      element,
      el(
        "header",
        { class: "brand" },
        el("span", { class: "logo", "aria-hidden": "true" }, icon("send")),
        el("div", {}, el("h1", {}, "Sandbox"), this.state),
        el("span", { class: "grow" }),
        iconButton("weather", "Telegram's moods", { testid: "moods", onclick: () => moods.open() }),
      ),
      this.bots,
      this.list,
      el(
        "button",
        { type: "button", class: "new-persona", testid: "new-persona", onclick: () => this.#askPersona() },
        icon("plus"),
        el("span", {}, "New persona"),
      ),
    );
    store.addEventListener("people", () => this.show());
    store.addEventListener("chat", (/** @type {any} */ event) => this.#showOne(event.detail));
    store.addEventListener("connection", () => this.#showConnection());
    this.#showConnection();
  }

  show() {
    this.#showBots();
    keepFocus(this.list, () =>
      fill(
        this.list,
        [...this.store.personas.values()].map((persona) => this.#entry(persona)),
      ),
    );
  }

  #showConnection() {
    const { live } = this.store;
    this.state.dataset.state = live ? "live" : "connecting";
    this.state.textContent = live ? "connected" : "connecting…";
  }

  #showBots() {
    const { bots, bot } = this.store;
    const shown = bots.filter((one) => one.in_use || one === bot);
    if (!shown.some((one) => one.in_use))
      return fill(
        this.bots,
        el(
          "p",
          { class: "note", testid: "no-bot" },
          "No bot has called yet. Start one with ",
          el("code", {}, location.origin),
          " as its Bot API server.",
        ),
      );
    if (shown.length < 2) return fill(this.bots);
    const select = el(
      "select",
      { "aria-label": "Bot", testid: "bot" },
      ...shown.map((one) =>
        el("option", { value: one.id, selected: one === bot }, `${one.first_name} @${one.username}`),
      ),
    );
    select.addEventListener("change", () => this.desk.chooseBot(Number(select.value)));
    fill(this.bots, select);
  }

  #showOne(chatId) {
    const persona = this.store.personas.get(chatId);
    const old = this.list.querySelector(`[data-persona="${chatId}"]`);
    if (!persona || !old) return;
    keepFocus(this.list, () => old.replaceWith(this.#entry(persona)));
  }

  #entry(persona) {
    const chat = this.store.chat(persona.id);
    const last = chat.last();
    const open = this.desk.isOpen(persona.id);
    const button = el(
      "button",
      {
        type: "button",
        class: "person",
        testid: `persona-${persona.id}`,
        "aria-current": open ? "true" : null,
        onclick: () => this.desk.open(persona.id),
      },
      avatar(persona.id, persona.first_name),
      el(
        "span",
        { class: "person-words" },
        el(
          "span",
          { class: "person-top" },
          el("b", { dir: "auto" }, fullName(persona)),
          last ? el("time", {}, timeOf(last.date)) : null,
        ),
        this.#preview(persona, chat, last),
      ),
      chat.unread > 0
        ? el(
            "span",
            { class: "badge", testid: `unread-${persona.id}`, "aria-label": `${chat.unread} unread` },
            chat.unread,
          )
        : null,
    );
    const beside = open
      ? null
      : iconButton("plus", `Open ${persona.first_name} beside the others`, {
          class: "beside",
          testid: `beside-${persona.id}`,
          onclick: () => this.desk.openBeside(persona.id),
        });
    return el("li", { "data-persona": persona.id }, button, beside);
  }

  #preview(persona, chat, last) {
    const blocked = (persona.blocked ?? []).includes(this.store.bot?.id);
    const language = el("span", { class: "chip", lang: persona.language_code ?? null }, describeLanguage(persona));
    if (chat.action) return el("span", { class: "person-last typing" }, language, el("span", {}, "typing…"));
    const text = blocked ? "blocked the bot" : last ? previewOf(last) : "";
    return el(
      "span",
      { class: "person-last" },
      language,
      el("span", { dir: directionOf(text), lang: guessLanguage(text, persona.language_code) }, text),
    );
  }

  async #askPersona() {
    const values = await askForm({
      title: "New persona",
      submit: "Add",
      testid: "persona-form",
      fields: [
        field(
          "First name",
          el("input", { name: "first_name", required: true, dir: "auto", maxlength: 64, testid: "first-name" }),
        ),
        field(
          "Language of the app",
          el(
            "select",
            { name: "language_code" },
            el("option", { value: "" }, "not told to bots"),
            ...APP_LANGUAGES.map(([code, words]) => el("option", { value: code }, words)),
          ),
        ),
        field(
          "Username (may be empty)",
          el("input", {
            name: "username",
            dir: "ltr",
            pattern: "[A-Za-z]\\w{4,31}",
            title: "5 to 32 letters, digits or _",
          }),
        ),
      ],
    });
    if (!values) return;
    const fields = Object.fromEntries([...values].filter(([, value]) => value !== ""));
    await this.desk.addPersona(() => api.addPersona(fields));
  }
}
