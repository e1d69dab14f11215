// "Telegram's moods": flood control, faults on order, and what the bot has called lately.

import { api } from "./api.js";
import { el, fill, iconButton } from "./dom.js";

const METHODS = [
  "sendMessage",
  "editMessageText",
  "answerCallbackQuery",
  "sendChatAction",
  "sendPhoto",
  "getUpdates",
  "answerInlineQuery",
  "*",
];
const FAULTS = [
  ["429", "429 Too Many Requests"],
  ["403", "403 Forbidden"],
  ["400", "400 Bad Request"],
  ["401", "401 Unauthorized"],
  ["500", "500"],
  ["502", "502"],
  ["504", "504"],
  ["hang", "hangs"],
  ["reset_before", "breaks before the effect"],
  ["reset_after", "breaks after the effect"],
  ["half", "half an answer"],
  ["not_json", "answer is not JSON"],
  ["ok_false", "200 with ok: false"],
  ["result_true", "result is true"],
];
const SHOWN_CALLS = 40;

export class Moods {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    this.told = el("p", { class: "note", role: "status" });
    this.flood = el("div");
    this.faults = el("ul", { class: "faults", testid: "faults" });
    this.calls = el("ol", { class: "calls", testid: "calls" });
    this.dialog = el(
      "dialog",
      { class: "drawer", testid: "moods-drawer", "aria-label": "Telegram's moods" },
      el(
        "header",
        {},
        el("h2", {}, "Telegram's moods"),
        iconButton("close", "Close", { onclick: () => this.dialog.close() }),
      ),
      this.told,
      el("section", {}, el("h3", {}, "Flood control"), this.flood),
      el("section", {}, el("h3", {}, "Faults on order"), this.#orderForm(), this.faults),
      el("section", {}, el("h3", {}, "What the bot called"), this.calls),
    );
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.body.append(this.dialog);
  }

  async open() {
    this.dialog.showModal();
    this.#showFlood();
    await this.#do(() => Promise.all([this.#showFaults(), this.#showCalls()]));
  }

  async #do(work) {
    this.told.textContent = "";
    try {
      await work();
    } catch (error) {
      this.told.textContent = error.message;
    }
  }

  #showFlood() {
    const { flood } = this.store;
    const number = (name, label, usual) =>
      el(
        "label",
        { class: "number" },
        el("input", { type: "number", min: 1, name, value: flood[name] ?? usual, onchange: () => this.#setFlood() }),
        el("span", {}, label),
      );
    const toggle = el("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      name: "enabled",
      checked: Boolean(flood.enabled),
      testid: "flood",
      onchange: () => this.#setFlood(),
    });
    fill(
      this.flood,
      el(
        "form",
        { class: "flood" },
        el("label", { class: "check" }, toggle, el("span", {}, "Refuse what comes too fast (429)")),
        number("overall_per_s", "a second over all", 30),
        number("chat_per_s", "a second in a chat", 1),
        number("group_per_min", "a minute in a group", 20),
      ),
    );
  }

  #setFlood() {
    const values = new FormData(this.flood.querySelector("form"));
    const numbers = Object.fromEntries(
      [...values].filter(([name]) => name !== "enabled").map(([name, value]) => [name, Number(value)]),
    );
    return this.#do(async () => {
      await api.flood({ enabled: values.has("enabled"), ...numbers });
      await this.store.refresh();
    });
  }

  #orderForm() {
    const form = el(
      "form",
      { class: "order", onsubmit: (event) => event.preventDefault() || this.#order(form) },
      el(
        "label",
        {},
        "Method",
        el(
          "select",
          { name: "method" },
          ...METHODS.map((name) => el("option", { value: name }, name === "*" ? "any" : name)),
        ),
      ),
      el(
        "label",
        {},
        "Fault",
        el(
          "select",
          { name: "kind", testid: "fault-kind" },
          ...FAULTS.map(([kind, words]) => el("option", { value: kind }, words)),
        ),
      ),
      el("label", {}, "Times", el("input", { name: "count", type: "number", min: 1, value: 1 })),
      el("label", {}, "Skip first", el("input", { name: "skip", type: "number", min: 0, value: 0 })),
      el("label", {}, "Retry after, s", el("input", { name: "retry_after", type: "number", min: 1, placeholder: "–" })),
      el(
        "label",
        {},
        "Chat id",
        el("input", { name: "chat_id", inputmode: "numeric", pattern: "-?\\d+", placeholder: "any" }),
      ),
      el(
        "div",
        { class: "form-end" },
        el(
          "button",
          { type: "button", class: "quiet", testid: "clear-faults", onclick: () => this.#clear() },
          "Clear all",
        ),
        el("button", { type: "submit", class: "primary", testid: "add-fault" }, "Order it"),
      ),
    );
    return form;
  }

  #order(form) {
    /** @type {Record<string, FormDataEntryValue | number>} */
    const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    for (const name of ["count", "skip", "retry_after", "chat_id"])
      if (name in values) values[name] = Number(values[name]);
    return this.#do(async () => {
      await api.addFault(values);
      await this.#showFaults();
    });
  }

  #clear() {
    return this.#do(async () => {
      await api.clearFaults();
      await this.#showFaults();
    });
  }

  async #showFaults() {
    const answer = await api.faults();
    const faults = answer.faults ?? answer;
    fill(
      this.faults,
      faults.map((fault) =>
        el(
          "li",
          {},
          el("code", {}, fault.kind),
          ` ${fault.method === "*" ? "any method" : fault.method}`,
          el("small", {}, faultFacts(fault)),
        ),
      ),
    );
    if (faults.length === 0) fill(this.faults, el("li", { class: "note" }, "None: Telegram is in a good mood."));
  }

  async #showCalls() {
    const { calls } = await api.calls();
    fill(
      this.calls,
      calls
        .slice(-SHOWN_CALLS)
        .reverse()
        .map((call) =>
          el(
            "li",
            { class: call.status === 200 ? "" : "bad" },
            el("code", {}, call.method),
            el(
              "small",
              {},
              [call.chat_id, call.status].filter((fact) => fact !== null && fact !== undefined).join(" · "),
            ),
          ),
        ),
    );
    if (calls.length === 0) fill(this.calls, el("li", { class: "note" }, "Nothing yet."));
  }
}

function faultFacts({ count, left, chat_id: chatId, retry_after: retryAfter, skip }) {
  const facts = [
    `${left ?? count ?? 1}×`,
    chatId && `chat ${chatId}`,
    retryAfter && `retry after ${retryAfter} s`,
    skip && `after ${skip}`,
  ];
  return facts.filter(Boolean).join(" · ");
}
