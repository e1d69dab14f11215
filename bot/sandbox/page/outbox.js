// Messages on their way: shown at once, kept until the sandbox has them, with "retry" when it could not be reached.

import { api } from "./api.js";

const KEPT_AS = "scoda-sandbox-unsent";

export class Outbox {
  #store;
  #queues = new Map();
  #nextKey = Date.now();

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
    for (const item of remembered())
      store.chat(item.chatId).pending.push({ ...item, state: "failed", reason: "Not sent yet" });
    addEventListener("pagehide", () => this.#remember());
  }

  /**
   * Show the message as being sent, and send it after those before it.
   * @param {{personaId: number, chatId: number, text: string, replyTo?: number}} message
   */
  send({ personaId, chatId, text, replyTo }) {
    const item = {
      key: this.#nextKey++,
      personaId,
      chatId,
      text,
      replyTo,
      date: Math.floor(Date.now() / 1000),
      state: "sending",
    };
    this.#store.chat(chatId).pending.push(item);
    return this.#enqueue(item);
  }

  retry(item) {
    item.state = "sending";
    return this.#enqueue(item);
  }

  discard(item) {
    this.#drop(item);
    this.#store.changed(item.chatId);
  }

  #enqueue(item) {
    this.#store.changed(item.chatId);
    const before = this.#queues.get(item.chatId) ?? Promise.resolve();
    const after = before.then(() => this.#deliver(item));
    this.#queues.set(item.chatId, after);
    return after;
  }

  async #deliver(item) {
    const chat = this.#store.chat(item.chatId);
    if (!chat.pending.includes(item)) return;
    try {
      const { message } = await api.send(item.personaId, this.#fields(item));
      this.#drop(item);
      this.#store.take(message);
    } catch (error) {
      Object.assign(item, { state: "failed", reason: error.message });
    }
    this.#remember();
    this.#store.changed(item.chatId);
  }

  #fields({ personaId, chatId, text, replyTo }) {
    return {
      text,
      bot: this.#store.bot?.id,
      ...(chatId === personaId ? {} : { chat_id: chatId }),
      ...(replyTo ? { reply_to_message_id: replyTo } : {}),
    };
  }

  #drop(item) {
    const { pending } = this.#store.chat(item.chatId);
    const index = pending.indexOf(item);
    if (index >= 0) pending.splice(index, 1);
  }

  #remember() {
    const unsent = [...this.#queues.keys()].flatMap((chatId) => this.#store.chat(chatId).pending);
    sessionStorage.setItem(KEPT_AS, JSON.stringify(unsent));
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]");
  } catch {
    return [];
  }
}
