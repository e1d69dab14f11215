// The keyboard that a bot puts in the place of the letters (ReplyKeyboardMarkup).

import { el, fill } from "./dom.js";
import { directionOf, guessLanguage } from "./languages.js";

/** The markup that holds now: the newest one of the bot that shows, replaces or removes a keyboard; or null. */
export function replyKeyboardOf(messages) {
  const telling = messages.findLast(({ reply_markup: markup }) => markup?.keyboard || markup?.remove_keyboard);
  if (!telling?.reply_markup.keyboard) return null;
  const wasUsed = messages.some(({ message_id: id, from }) => id > telling.message_id && !from?.is_bot);
  return telling.reply_markup.one_time_keyboard && wasUsed ? null : telling.reply_markup;
}

export class ReplyKeyboard {
  #shown = "";

  /** @param {{column: import("./column.js").Column, input: HTMLTextAreaElement}} parts */
  constructor({ column, input }) {
    this.column = column;
    this.input = input;
    this.element = el("div", {
      class: "reply-keyboard",
      role: "group",
      "aria-label": "Keyboard of the bot",
      hidden: true,
      testid: `keyboard-${column.personaId}`,
    });
  }

  show(markup) {
    const facts = JSON.stringify(markup);
    if (facts === this.#shown) return;
    this.#shown = facts;
    this.element.hidden = markup === null;
    this.input.placeholder = markup?.input_field_placeholder ?? "Message";
    fill(
      this.element,
      (markup?.keyboard ?? []).map((row) =>
        el("div", { class: "keyboard-row" }, ...row.map((button) => this.#button(button))),
      ),
    );
  }

  #button(button) {
    const {
      text,
      request_contact: contact,
      request_location: location,
    } = typeof button === "string" ? { text: button } : button;
    const { actions } = this.column;
    const press = () => {
      if (contact) actions.attach("contact");
      else if (location) actions.attach("location");
      else actions.send(text);
    };
    return el(
      "button",
      { type: "button", testid: "reply-button", onclick: press },
      el("span", { dir: directionOf(text), lang: guessLanguage(text, this.column.language) }, text),
    );
  }
}
