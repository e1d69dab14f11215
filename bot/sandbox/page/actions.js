// What a finger can do in a column, turned into requests. Whatever goes wrong is told in the column itself.

import { api } from "./api.js";
import { avatar, el } from "./dom.js";
import { alertBox, askForm, field, showMenu, toast } from "./popups.js";

const ATTACHMENTS = [
  ["location", "Location"],
  ["photo", "Photo"],
  ["document", "Document"],
  ["voice", "Voice message"],
  ["sticker", "Sticker"],
  ["contact", "Contact"],
  ["video", "Video"],
  ["dice", "Dice"],
  ["poll", "Poll"],
];
const WITH_CAPTION = new Set(["photo", "document", "voice", "video"]);
const BOT_LINK = /^(?:https?:\/\/)?(?:t\.me|telegram\.me)\/(\w+)(?:\?start=([\w-]*))?$/i;
const OTHER_BUTTONS = {
  web_app: "opens a mini app",
  login_url: "logs in to a site",
  pay: "pays",
  callback_game: "starts a game",
};

export class Actions {
  /** @param {import("./column.js").Column} column */
  constructor(column) {
    this.column = column;
    this.store = column.store;
  }

  /** The fields that name this column's bot and, in a group, its chat. */
  get place() {
    const { chatId, isGroup } = this.column;
    return { bot: this.store.bot?.id, ...(isGroup ? { chat_id: chatId } : {}) };
  }

  /** Run a request; a refusal or a lost connection becomes a toast. Gives the answer, or null. */
  async try(request) {
    try {
      return await request();
    } catch (error) {
      toast(this.column.element, error.message);
      return null;
    }
  }

  /** @type {(text: string, replyTo?: number) => void} */
  send(text, replyTo) {
    const { personaId, chatId } = this.column;
    this.column.scrollToEnd();
    this.column.outbox.send({ personaId, chatId, text, replyTo }).then(() => this.column.scrollToEnd());
    this.column.scrollToEnd();
  }

  retry(item) {
    this.column.outbox.retry(item);
  }

  discard(item) {
    this.column.outbox.discard(item);
  }

  async edit(messageId, text) {
    const answer = await this.try(() =>
      api.edit(this.column.personaId, { ...this.place, message_id: messageId, text }),
    );
    if (answer?.message) this.store.apply("edited_message", answer.message);
    return answer !== null;
  }

  /** @param {string} [payload] */
  async start(payload) {
    const answer = await this.try(() =>
      api.start(this.column.personaId, { bot: this.store.bot?.id, ...(payload ? { payload } : {}) }),
    );
    this.store.take(answer?.message);
    await this.try(() => this.store.refresh());
    this.column.scrollToEnd();
  }

  async attach(kind) {
    const extra = WITH_CAPTION.has(kind) ? await this.#askCaption(kind) : {};
    if (extra === null) return;
    const answer = await this.try(() => api.attach(this.column.personaId, { ...this.place, kind, ...extra }));
    this.store.take(answer?.message);
    this.column.scrollToEnd();
  }

  async #askCaption(kind) {
    const fields = [
      field(
        "Caption (may be empty)",
        el("input", { name: "caption", dir: "auto", maxlength: 1024, testid: "caption" }),
      ),
    ];
    if (kind === "document") fields.push(field("File name", el("input", { name: "file_name", value: "report.pdf" })));
    const values = await askForm({ title: `Send a ${kind}`, fields, submit: "Send", testid: "attach-form" });
    if (!values) return null;
    return Object.fromEntries([...values].filter(([, value]) => value !== ""));
  }

  attachMenu(anchor) {
    showMenu(
      anchor,
      ATTACHMENTS.map(([kind, label]) => ({ label, testid: `attach-${kind}`, action: () => this.attach(kind) })),
      "Attach",
    );
  }

  // ---- messages ----

  show(messageId) {
    this.column.show(messageId);
  }

  command(text) {
    this.send(text);
  }

  mention(name) {
    if (name.toLowerCase() === `@${this.store.bot?.username}`.toLowerCase()) this.column.composer.insert(`${name} `);
    else toast(this.column.element, `${name} is not in this sandbox`);
  }

  /** A link to the bot itself is a deep link: it is followed inside the column. */
  link(url) {
    const [, name, payload] = BOT_LINK.exec(url) ?? [];
    if (!this.isOwnLink(url)) return false;
    if (payload === undefined) toast(this.column.element, `This is the chat with @${name}`);
    else this.start(payload);
    return true;
  }

  isOwnLink(url) {
    const name = BOT_LINK.exec(url ?? "")?.[1];
    return name !== undefined && name.toLowerCase() === this.store.bot?.username?.toLowerCase();
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast(this.column.element, "Copied");
    } catch {
      toast(this.column.element, "This browser does not let the page copy");
    }
  }

  menu(message, anchor) {
    const own = message.from?.id === this.column.personaId;
    const text = message.text ?? message.caption;
    showMenu(
      anchor,
      [
        { label: "Reply", testid: "menu-reply", action: () => this.column.composer.replyTo(message) },
        own && message.text && { label: "Edit", testid: "menu-edit", action: () => this.column.composer.edit(message) },
        text && { label: "Copy text", testid: "menu-copy", action: () => this.copy(text) },
        { label: "Show as JSON", testid: "menu-json", action: () => this.#showJson(message) },
      ],
      "Message",
    );
  }

  #showJson(message) {
    askForm({
      title: `Message ${message.message_id}`,
      fields: [el("pre", { class: "json", dir: "ltr", tabindex: "0" }, JSON.stringify(message, null, 2))],
      submit: "Close",
      testid: "json",
    });
  }

  // ---- buttons under messages ----

  press(message, button, element) {
    if (button.callback_data !== undefined) return this.#callback(message, button, element);
    if (button.url) return this.link(button.url);
    if (button.copy_text) return this.copy(button.copy_text.text);
    const query =
      button.switch_inline_query_current_chat ??
      button.switch_inline_query ??
      (button.switch_inline_query_chosen_chat ? (button.switch_inline_query_chosen_chat.query ?? "") : undefined);
    if (query !== undefined) return this.#askInline(query);
    const what = Object.keys(OTHER_BUTTONS).find((kind) => button[kind] !== undefined);
    toast(
      this.column.element,
      `This button ${OTHER_BUTTONS[what] ?? "is of an unknown kind"}: not possible in the sandbox`,
    );
  }

  async #callback(message, button, element) {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    const answer = await this.try(() =>
      api.press(this.column.personaId, {
        ...this.place,
        message_id: message.message_id,
        callback_data: button.callback_data,
      }),
    );
    element.removeAttribute("aria-busy");
    if (answer) this.#showCallbackAnswer(answer);
  }

  #showCallbackAnswer({ answered, text, show_alert: asAlert, url }) {
    if (!answered) return toast(this.column.element, "The bot did not answer the button in time");
    if (url) return this.#offer(url, text);
    if (text && asAlert) alertBox(this.column.element, this.column.botName, text);
    else if (text) toast(this.column.element, text);
  }

  #offer(url, text) {
    if (this.link(url)) return;
    const open = /^https?:/i.test(url)
      ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "button" }, "Open")
      : null;
    alertBox(this.column.element, "Open this link?", text ? `${text}\n${url}` : url, open);
  }

  /** Begin an inline query in the writing line, to be finished there. */
  #askInline(query) {
    const { bot } = this.store;
    if (bot) this.column.composer.insert(`@${bot.username} ${query}`);
  }

  // ---- menus of the header ----

  async changeLanguage(code) {
    await this.try(() => api.changePersona(this.column.personaId, { language_code: code }));
    await this.try(() => this.store.refresh());
  }

  moreMenu(anchor) {
    const { isGroup, blocked, personaId } = this.column;
    const privately = [
      { label: "Follow a deep link…", testid: "deep-link", action: () => this.#askDeepLink() },
      {
        label: "Try inline mode",
        testid: "try-inline",
        action: () => this.#askInline(""),
      },
      { label: "New group…", testid: "new-group", action: () => this.#askGroup() },
      "-",
      blocked
        ? { label: "Unblock the bot", testid: "unblock", action: () => this.unblock() }
        : { label: "Block the bot", danger: true, testid: "block", action: () => this.#block() },
    ];
    const inGroup = [
      {
        label: "Try inline mode",
        testid: "try-inline",
        action: () => this.#askInline(""),
      },
      { label: "Turn into a new supergroup", testid: "migrate", action: () => this.#migrate() },
      { label: "Remove the bot", danger: true, testid: "remove-bot", action: () => this.#removeBot() },
      "-",
      { label: "Back to the bot", testid: "to-bot", action: () => this.column.switchTo(personaId) },
    ];
    showMenu(anchor, isGroup ? inGroup : privately, "More");
  }

  chatsMenu(anchor) {
    const { personaId, chatId } = this.column;
    const groups = [...this.store.groups.values()].filter(
      (group) => !group.members || group.members.includes(personaId),
    );
    showMenu(
      anchor,
      [
        {
          label: this.column.botName,
          picture: avatar(this.store.bot?.id ?? 0, this.column.botName, "bot small"),
          checked: chatId === personaId,
          testid: "chat-bot",
          action: () => this.column.switchTo(personaId),
        },
        ...groups.map((group) => ({
          label: group.title,
          picture: avatar(group.id, group.title, "small"),
          checked: chatId === group.id,
          testid: `chat-${group.id}`,
          action: () => this.column.switchTo(group.id),
        })),
        "-",
        { label: "New group…", testid: "new-group", action: () => this.#askGroup() },
      ],
      "Chats",
    );
  }

  async #askDeepLink() {
    const name = this.store.bot?.username ?? "bot";
    const input = el("input", {
      name: "payload",
      testid: "payload",
      autocomplete: "off",
      spellcheck: "false",
      dir: "ltr",
      maxlength: 64,
      pattern: "[A-Za-z0-9_\\-]*",
      title: "Up to 64 of A-Z a-z 0-9 _ -",
    });
    const values = await askForm({
      title: "Follow a deep link",
      note: `As if t.me/${name}?start=… was tapped: sends “/start …”.`,
      fields: [field("Payload", input)],
      submit: "Start",
      testid: "deep-link-form",
    });
    if (values) await this.start(values.get("payload").trim());
  }

  async #block() {
    await this.try(() => api.block(this.column.personaId, { bot: this.store.bot?.id }));
    await this.try(() => this.store.refresh());
  }

  async unblock() {
    await this.try(() => api.unblock(this.column.personaId, { bot: this.store.bot?.id }));
    await this.try(() => this.store.refresh());
  }

  async #askGroup() {
    const people = [...this.store.personas.values()].map((persona) =>
      el(
        "label",
        { class: "check" },
        el("input", {
          type: "checkbox",
          name: "member",
          value: persona.id,
          checked: this.column.desk.isOpen(persona.id),
        }),
        avatar(persona.id, persona.first_name, "small"),
        el("span", { dir: "auto" }, persona.first_name),
      ),
    );
    const values = await askForm({
      title: "New group",
      submit: "Create",
      testid: "group-form",
      fields: [
        field("Name", el("input", { name: "title", required: true, value: "Visitors", dir: "auto", maxlength: 128 })),
        el("fieldset", {}, el("legend", {}, "Members"), ...people),
        el(
          "label",
          { class: "check" },
          el("input", { type: "checkbox", name: "with_bot", checked: true }),
          el("span", {}, `With ${this.column.botName}`),
        ),
      ],
    });
    if (values) await this.#createGroup(values);
  }

  async #createGroup(values) {
    const members = [...new Set([this.column.personaId, ...values.getAll("member").map(Number)])];
    const group = await this.try(() =>
      api.addGroup({ title: values.get("title"), members, with_bot: values.has("with_bot"), bot: this.store.bot?.id }),
    );
    if (!group) return;
    await this.try(() => this.store.refresh());
    this.column.switchTo(group.id);
  }

  async #migrate() {
    const answer = await this.try(() => api.migrateGroup(this.column.chatId));
    await this.try(() => this.store.refresh());
    const id = answer?.id ?? answer?.migrate_to_chat_id;
    if (id) this.column.switchTo(id);
  }

  async #removeBot() {
    await this.try(() => api.removeBot(this.column.chatId, { bot: this.store.bot?.id }));
    await this.try(() => this.store.refresh());
  }
}
