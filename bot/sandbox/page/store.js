// What the page knows: bots, personas, groups and the messages of every chat. Views listen for "chat" (detail: chat
// id), "people" and "connection"; only this file changes what they show.

import { api, Refused } from "./api.js";

/**
 * What the sandbox tells, as far as the page reads it.
 * @typedef {{id: number, username: string, first_name: string, in_use: boolean, names: Record<string, string>,
 *   descriptions: Record<string, string>}} Bot
 * @typedef {{id: number, first_name: string, last_name?: string, username?: string, language_code?: string,
 *   blocked: number[]}} Persona
 * @typedef {{id: number, title: string, members?: number[]}} Group
 * @typedef {{message_id: number, date: number, from?: any, [field: string]: any}} Message The Bot API's own object.
 * @typedef {{key: number, personaId: number, chatId: number, text: string, replyTo?: number, date: number,
 *   state: "sending" | "failed", reason?: string}} Unsent
 */

const TYPING_LASTS_MS = 5_500;

class Chat {
  /** @type {Map<number, Message>} */
  messages = new Map();
  /** @type {Set<number>} */
  deleted = new Set();
  /** @type {Set<number>} */
  answered = new Set();
  /** @type {Unsent[]} */
  pending = [];
  /** @type {?{text?: string, entities?: any[]}} */
  draft = null;
  /** @type {?string} */
  action = null;
  unread = 0;
  /** @type {?[name: string, fact: any][]} */
  missed = null;

  inOrder() {
    return [...this.messages.values()].sort((a, b) => a.message_id - b.message_id);
  }

  last() {
    return this.inOrder().at(-1);
  }
}

export class Store extends EventTarget {
  /** @type {Bot[]} */
  bots = [];
  /** @type {?Bot} */
  bot = null;
  /** @type {Map<number, Persona>} */
  personas = new Map();
  /** @type {Map<number, Group>} */
  groups = new Map();
  /** @type {Record<string, any>} */
  flood = {};
  live = false;
  /** @type {Map<number, Chat>} */
  #chats = new Map();
  /** @type {Map<string, number>} */
  #timers = new Map();
  /** @type {Map<number, number>} */
  #looking = new Map();
  #botWasChosen = false;

  /** @param {number} chatId */
  chat(chatId) {
    const chat = this.#chats.get(chatId) ?? new Chat();
    this.#chats.set(chatId, chat);
    return chat;
  }

  /** Fetch bots, personas and groups anew. Raises what the API raises. */
  async refresh() {
    const state = await api.state();
    this.bots = state.bots;
    this.#followBot();
    this.personas = new Map(state.personas.map((persona) => [persona.id, persona]));
    this.groups = new Map(state.groups.map((group) => [group.id, group]));
    this.flood = state.flood ?? {};
    this.#tell("people");
  }

  chooseBot(botId) {
    const bot = this.bots.find((candidate) => candidate.id === botId);
    if (!bot) return;
    this.#botWasChosen = true;
    this.#talkTo(bot);
    this.#tell("people");
  }

  // Nobody has chosen: then it is the bot that has shown itself, as for the sandbox when a request names none.
  #followBot() {
    const same = this.bots.find((bot) => bot.id === this.bot?.id);
    const alive = this.bots.find((bot) => bot.in_use);
    this.#talkTo(same && (this.#botWasChosen || same.in_use || !alive) ? same : (alive ?? this.bots[0] ?? null));
  }

  #talkTo(bot) {
    const changed = this.bot !== null && bot?.id !== this.bot.id;
    this.bot = bot;
    if (!changed) return;
    this.#chats.clear();
    for (const chatId of this.#looking.keys()) this.load(chatId).catch(() => this.setLive(false));
  }

  setLive(live) {
    if (this.live === live) return;
    this.live = live;
    this.#tell("connection");
  }

  /** Replace what is known of a chat by what the sandbox has; events that arrive meanwhile are applied on top. */
  async load(chatId) {
    if (!this.bot) return;
    const chat = this.chat(chatId);
    if (chat.missed) return;
    chat.missed = [];
    try {
      const { messages } = await api.messages(chatId, this.bot.id);
      this.#replace(chat, messages);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#replace(chat, []);
    } finally {
      const missed = chat.missed;
      chat.missed = null;
      for (const [name, fact] of missed) this.#change(chatId, name, fact);
      this.#tell("chat", chatId);
    }
  }

  #replace(chat, messages) {
    const news = messages.filter((message) => !chat.messages.has(message.message_id));
    for (const message of news) claimPending(chat, message);
    chat.messages = new Map(messages.map((message) => [message.message_id, message]));
    chat.deleted.clear();
  }

  /** Take in one event of the stream. */
  apply(name, fact) {
    if (fact.bot !== undefined && fact.bot !== this.bot?.id) return;
    if (name === "commands" || name === "persona") return this.#refreshSoon();
    if (
      !this.personas.has(fact.persona ?? fact.chat_id ?? fact.chat?.id) &&
      !this.groups.has(fact.chat_id ?? fact.chat?.id)
    )
      this.#refreshSoon();
    if (isOfAnotherBot(fact, this.bot)) return;
    const chatId = fact.chat_id ?? (fact.message ?? fact).chat?.id;
    if (chatId === undefined) return;
    const chat = this.chat(chatId);
    if (chat.missed) chat.missed.push([name, fact]);
    this.#change(chatId, name, fact);
    this.#tell("chat", chatId);
  }

  /** Take in a message that a request gave back; the stream will bring it too. */
  take(message) {
    if (!message) return;
    this.chat(message.chat.id).answered.add(message.message_id);
    this.apply("message", message);
  }

  #change(chatId, name, fact) {
    const chat = this.chat(chatId);
    if (name === "message" || name === "edited_message") this.#put(chatId, chat, fact.message ?? fact);
    if (name === "deleted") this.#remove(chat, fact.message_ids);
    if (name === "message") this.#answer(chatId, fact.message ?? fact);
    if (name === "action") this.#act(chatId, chat, fact.action);
    if (name === "draft") this.#sketch(chatId, chat, fact);
    if (name === "reaction") react(chat, fact);
  }

  // The stream says whose message it is, the list of a chat does not: without that, both show one and the same bubble.
  #put(chatId, chat, { bot: _bot, ...message }) {
    const known = chat.messages.get(message.message_id);
    if (chat.deleted.has(message.message_id) || isOlder(message, known)) return;
    if (!known) this.#arrive(chatId, chat, message);
    chat.messages.set(message.message_id, { reaction: known?.reaction, ...message });
  }

  #arrive(chatId, chat, message) {
    claimPending(chat, message);
    if (message.from?.is_bot && !this.#looking.get(chatId)) chat.unread += 1;
  }

  // Also when the list of the chat, fetched meanwhile, has brought the message before the stream did.
  #answer(chatId, message) {
    if (!message.from?.is_bot) return;
    this.#clearLater(chatId, "action", 0);
    this.#clearLater(chatId, "draft", 0);
  }

  #remove(chat, ids) {
    for (const id of ids) {
      chat.deleted.add(id);
      chat.messages.delete(id);
    }
  }

  #act(chatId, chat, action) {
    chat.action = action === "cancel" ? null : action;
    this.#clearLater(chatId, "action", TYPING_LASTS_MS);
  }

  #sketch(chatId, chat, fact) {
    chat.draft = fact.draft ?? fact;
    this.#clearLater(chatId, "draft", 30_000);
  }

  #clearLater(chatId, what, afterMs) {
    const key = `${what}:${chatId}`;
    clearTimeout(this.#timers.get(key));
    const clear = () => {
      this.chat(chatId)[what] = null;
      this.#tell("chat", chatId);
    };
    if (afterMs === 0) this.chat(chatId)[what] = null;
    else this.#timers.set(key, setTimeout(clear, afterMs));
  }

  /** A column shows (+1) or leaves (-1) a chat: what arrives in a shown chat is not counted as unread. */
  look(chatId, change) {
    this.#looking.set(chatId, (this.#looking.get(chatId) ?? 0) + change);
    const chat = this.chat(chatId);
    if (chat.unread === 0) return;
    chat.unread = 0;
    this.#tell("chat", chatId);
  }

  changed(chatId) {
    this.#tell("chat", chatId);
  }

  #refreshSoon() {
    clearTimeout(this.#timers.get("refresh"));
    const refresh = () => this.refresh().catch(() => this.setLive(false));
    this.#timers.set("refresh", setTimeout(refresh, 200));
  }

  #tell(type, detail = undefined) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function react(chat, { message_id: messageId, reaction }) {
  const message = chat.messages.get(messageId);
  if (message) chat.messages.set(messageId, { ...message, reaction });
}

// Private chats with two bots have the same id: what the other bot writes belongs to another window.
function isOfAnotherBot(message, bot) {
  return message.chat?.type === "private" && message.from?.is_bot === true && message.from.id !== bot?.id;
}

function isOlder(message, known) {
  return known !== undefined && (message.edit_date ?? 0) < (known.edit_date ?? 0);
}

// A message that was sent although its answer got lost arrives by the stream: it takes the place of the waiting one.
function claimPending(chat, message) {
  if (chat.answered.has(message.message_id)) return;
  const index = chat.pending.findIndex((item) => item.personaId === message.from?.id && item.text === message.text);
  if (index >= 0) chat.pending.splice(index, 1);
}
