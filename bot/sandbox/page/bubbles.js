// One message to one bubble: sender, quotation, medium, text, time and inline keyboard.

import { avatar, el, hueOf, icon, iconButton, onHold } from "./dom.js";
import { directionOf, directionOfLanguage, guessLanguage } from "./languages.js";
import { mediaKind, mediaName, mediaOf, serviceText } from "./media.js";
import { dayOf, momentOf, timeOf } from "./moments.js";
import { plainLine, richText } from "./rich_text.js";

const BARE = new Set(["sticker", "dice"]);

/** What a chat list shows of a message. */
export function previewOf(message) {
  const service = serviceText(message);
  if (service) return service;
  const text = plainLine(message.text ?? message.caption ?? "", message.entities ?? message.caption_entities);
  return [mediaName(message), text].filter(Boolean).join(", ");
}

export function dayPill(unixTime) {
  return el("div", { class: "pill day", role: "separator" }, el("span", {}, dayOf(unixTime)));
}

export function servicePill(message) {
  return el("div", { class: "pill", testid: "service" }, el("span", { dir: "auto" }, serviceText(message)));
}

/** The bubble of a delivered message. `view` tells whose phone it is (personaId, language) and carries the actions. */
export function messageBubble(message, view) {
  const kind = mediaKind(message);
  const own = message.from?.id === view.personaId;
  const bubble = el("div", { class: "bubble", testid: "bubble", role: "article", "aria-label": labelOf(message, own) });
  bubble.dataset.messageId = message.message_id;
  bubble.dataset.own = own;
  if (kind && BARE.has(kind)) bubble.classList.add("bare");
  if (view.isGroup && !own) bubble.append(senderName(message));
  if (message.forward_origin) bubble.append(el("div", { class: "via" }, "Forwarded"));
  if (message.via_bot) bubble.append(el("div", { class: "via" }, `via @${message.via_bot.username}`));
  if (message.reply_to_message) bubble.append(quotation(message.reply_to_message, view));
  const media = mediaOf(message);
  if (media) bubble.append(media);
  appendText(bubble, message.text ?? message.caption ?? "", message.entities ?? message.caption_entities, view);
  bubble.append(...(message.reaction ?? []).map(reactionOf));
  const menuButton = messageMenuButton(message, view);
  bubble.append(metaOf(message, own), menuButton);
  onHold(bubble, () => view.actions.menu(message, menuButton));
  return row(
    own,
    bubble,
    inlineKeyboard(message, view),
    view.isGroup && !own ? avatar(message.from?.id ?? 0, message.from?.first_name) : null,
  );
}

/** A message that is still on its way, or could not be sent. */
export function pendingBubble(item, view) {
  const failed = item.state === "failed";
  const bubble = el("div", {
    class: "bubble",
    testid: failed ? "failed-bubble" : "pending-bubble",
    role: "article",
    "aria-label": `You: ${failed ? "not sent" : "sending"}`,
  });
  bubble.dataset.own = true;
  appendText(bubble, item.text, [], view);
  bubble.append(
    el("span", { class: "meta" }, timeOf(item.date), failed ? sign("alert", "not sent") : sign("clock", "sending")),
  );
  const node = row(true, bubble, failed ? retryBar(item, view) : null, null);
  node.classList.add(item.state);
  return node;
}

/** What the bot is still writing (sendMessageDraft). */
export function draftBubble(draft, view) {
  const bubble = el("div", {
    class: "bubble draft",
    testid: "draft",
    role: "article",
    "aria-label": "The bot is writing",
    "aria-busy": "true",
  });
  bubble.dataset.own = false;
  appendText(bubble, draft.text ?? "", draft.entities, view);
  return row(false, bubble, null, null);
}

function row(own, bubble, below, picture) {
  return el("div", { class: `row ${own ? "own" : "theirs"}` }, picture, el("div", { class: "stack" }, bubble, below));
}

function reactionOf({ emoji }) {
  return el("span", { class: "reaction", testid: "reaction", "aria-label": `Reaction ${emoji ?? ""}` }, emoji ?? "★");
}

function labelOf(message, own) {
  return `${own ? "You" : (message.from?.first_name ?? "Channel")}, ${timeOf(message.date)}`;
}

function senderName(message) {
  const name = el(
    "div",
    { class: "sender", dir: "auto" },
    message.sender_chat?.title ?? message.from?.first_name ?? "",
  );
  name.style.setProperty("--hue", hueOf(message.from?.id ?? 0));
  return name;
}

function quotation(replied, view) {
  const text = previewOf(replied) || "Message";
  const quote = el(
    "button",
    { type: "button", class: "quotation", testid: "quotation", onclick: () => view.actions.show(replied.message_id) },
    el("b", { dir: "auto" }, replied.from?.first_name ?? "Message"),
    el("span", { dir: directionOf(text), lang: guessLanguage(text, view.language) }, text),
  );
  return quote;
}

function appendText(bubble, text, entities, view) {
  if (text === "") {
    bubble.classList.add("meta-below");
    return;
  }
  const { nodes, endsInLine, endDirection } = richText(text, entities, {
    direction: directionOfLanguage(view.language),
    actions: view.actions,
  });
  const lang = guessLanguage(text, view.language);
  const body = el(
    "div",
    { class: "text", testid: "text", lang, dir: directionOf(text, directionOfLanguage(view.language)) },
    ...nodes,
  );
  bubble.append(body);
  bubble.classList.add(endsInLine && endDirection === "ltr" ? "meta-inline" : "meta-below");
  if (isFewEmoji(text)) bubble.classList.add("big");
}

function isFewEmoji(text) {
  return /^(?:\p{Extended_Pictographic}(?:\ufe0f|\u200d|[\u{1f3fb}-\u{1f3ff}])*){1,3}$/u.test(text.trim());
}

function metaOf(message, own) {
  const time = el("time", { datetime: momentOf(message.date)?.toISOString() }, timeOf(message.date));
  const meta = el(
    "span",
    { class: "meta" },
    message.edit_date ? el("span", { testid: "edited" }, "edited") : null,
    time,
    own ? sign("ticks", "delivered") : null,
  );
  meta.dataset.wide = String(Boolean(message.edit_date));
  return meta;
}

function sign(name, label) {
  return el("span", { class: `sign ${name}`, role: "img", "aria-label": label }, icon(name));
}

function messageMenuButton(message, view) {
  return iconButton("down", "What to do with this message", {
    class: "message-menu",
    testid: "message-menu",
    "aria-haspopup": "menu",
    onclick: (event) => view.actions.menu(message, event.currentTarget),
  });
}

function retryBar(item, view) {
  return el(
    "div",
    { class: "retry", role: "alert" },
    el("span", { dir: "auto" }, item.reason),
    el("button", { type: "button", testid: "retry", onclick: () => view.actions.retry(item) }, "Retry"),
    el(
      "button",
      { type: "button", testid: "discard", class: "quiet", onclick: () => view.actions.discard(item) },
      "Discard",
    ),
  );
}

function inlineKeyboard(message, view) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  const keyboard = el("div", { class: "keyboard", role: "group", "aria-label": "Buttons under the message" });
  for (const [number, buttons] of rows.entries()) {
    keyboard.append(
      el(
        "div",
        { class: "keyboard-row" },
        ...buttons.map((button, at) => inlineButton(message, button, `${number}:${at}`, view)),
      ),
    );
  }
  return keyboard;
}

function inlineButton(message, button, place, view) {
  const label = el(
    "span",
    { class: "label", dir: directionOf(button.text, "ltr"), lang: guessLanguage(button.text, view.language) },
    button.text,
  );
  const properties = { class: `inline-button ${button.style ?? ""}`, testid: "inline-button", "data-place": place };
  if (button.url && !view.actions.isOwnLink(button.url)) {
    if (!/^(https?|tg):/i.test(button.url)) return el("span", { ...properties, title: button.url }, label);
    return el(
      "a",
      { ...properties, href: button.url, target: "_blank", rel: "noopener noreferrer" },
      label,
      icon("external"),
    );
  }
  const press = (event) => view.actions.press(message, button, event.currentTarget);
  return el(
    "button",
    { type: "button", ...properties, onclick: press },
    label,
    button.copy_text ? icon("copy") : null,
    el("span", { class: "spinner", "aria-hidden": "true" }),
  );
}
