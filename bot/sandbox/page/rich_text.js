// Text and entities (offsets in UTF-16 units, which is what JavaScript strings count in) to elements.
// Nothing here parses HTML. Every line takes its direction from its first strong character, as Telegram's apps do;
// inline entities are left unisolated, so that a missing direction mark looks as wrong here as it does there.

import { el, icon, pressable } from "./dom.js";
import { directionOf } from "./languages.js";
import { momentOf } from "./moments.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?|tg|mailto|tel|ton):/i;
const SIMPLE_TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };

/**
 * Elements for a text. `actions` has command(text), mention(name), link(url) -> true if it was handled,
 * copy(text). Returns {nodes, endsInLine, endDirection}.
 */
export function richText(text, entities, { direction, actions }) {
  const context = { text, actions, direction: directionOf(text, direction) };
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const nodes = renderBlocks(context, 0, text.length, sorted);
  const last = nodes.at(-1);
  return { nodes, endsInLine: last?.classList.contains("line") ?? false, endDirection: last?.dir ?? context.direction };
}

/** A text on one line, for quotes and previews: no entities but spoilers, which stay hidden. */
export function plainLine(text, entities) {
  let shown = text;
  for (const entity of entities ?? []) {
    if (entity.type !== "spoiler") continue;
    const end = entity.offset + entity.length;
    shown = shown.slice(0, entity.offset) + "▒".repeat(end - entity.offset) + shown.slice(end);
  }
  return shown.replace(/\s+/gu, " ").slice(0, 160);
}

function renderBlocks(context, start, end, entities) {
  const nodes = [];
  let at = start;
  for (const block of entities.filter((entity) => BLOCKS.has(entity.type))) {
    if (block.offset < at || block.offset >= end) continue;
    const blockEnd = Math.min(block.offset + block.length, end);
    nodes.push(...renderLines(context, at, withoutBreakBefore(context.text, at, block.offset), entities));
    nodes.push(
      renderBlock(
        context,
        block,
        blockEnd,
        entities.filter((entity) => entity !== block),
      ),
    );
    at = context.text[blockEnd] === "\n" ? blockEnd + 1 : blockEnd;
  }
  nodes.push(...renderLines(context, at, end, entities));
  return nodes;
}

// The line break between a text and the block after it is the block's own edge.
function withoutBreakBefore(text, start, end) {
  return end > start && text[end - 1] === "\n" ? end - 1 : end;
}

function renderBlock(context, block, end, others) {
  if (block.type === "pre") return codeBlock(context, block, end);
  const inside = others.filter((entity) => entity.offset < end && entity.offset + entity.length > block.offset);
  const lines = renderBlocks(context, block.offset, end, inside);
  const direction = directionOf(context.text.slice(block.offset, end), context.direction);
  const quote = el("blockquote", { dir: direction }, ...lines);
  return block.type === "expandable_blockquote" ? expandable(quote) : quote;
}

function expandable(quote) {
  quote.classList.add("expandable");
  const inner = el("div", { class: "folded" }, ...quote.childNodes);
  const toggle = el(
    "button",
    { type: "button", class: "unfold", "aria-expanded": "false", "aria-label": "Show the whole quotation" },
    icon("down"),
  );
  toggle.addEventListener("click", () => {
    const open = quote.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-label", open ? "Fold the quotation" : "Show the whole quotation");
  });
  quote.append(inner, toggle);
  return quote;
}

function codeBlock({ text, actions }, block, end) {
  const code = text.slice(block.offset, end);
  const copy = el(
    "button",
    { type: "button", class: "copy-code", "aria-label": "Copy the code", onclick: () => actions.copy(code) },
    icon("copy"),
  );
  const head = el("figcaption", {}, el("span", {}, block.language ?? "code"), copy);
  return el("figure", { class: "code-block", dir: "ltr" }, head, el("pre", {}, el("code", {}, code)));
}

function renderLines(context, start, end, entities) {
  if (end <= start) return [];
  const inline = entities.filter((entity) => !BLOCKS.has(entity.type));
  const lines = [];
  let at = start;
  for (const line of context.text.slice(start, end).split("\n")) {
    lines.push(renderLine(context, line, at, inline));
    at += line.length + 1;
  }
  return lines;
}

function renderLine(context, line, at, entities) {
  const node = el("div", { class: "line", dir: directionOf(line, context.direction) });
  if (line === "") node.append(el("br"));
  else node.append(...renderRange(context, at, at + line.length, entities));
  return node;
}

function renderRange(context, start, end, entities) {
  const nodes = [];
  let at = start;
  const queue = entities.filter((entity) => entity.offset < end && entity.offset + entity.length > start);
  while (queue.length > 0) {
    const entity = queue.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    if (from > at) nodes.push(context.text.slice(at, from));
    nodes.push(wrap(context, entity, from, to, renderRange(context, from, to, queue)));
    at = to;
  }
  if (at < end) nodes.push(context.text.slice(at, end));
  return nodes;
}

function wrap(context, entity, from, to, children) {
  const tag = SIMPLE_TAGS[entity.type];
  if (tag) return el(tag, {}, ...children);
  const make = WRAPPERS[entity.type];
  return make
    ? make(children, context.text.slice(from, to), entity, context.actions)
    : el("span", { class: entity.type }, ...children);
}

const WRAPPERS = {
  code: (children, text, _entity, actions) =>
    pressable(el("code", { title: "Copy" }, ...children), () => actions.copy(text)),
  url: (children, text, _entity, actions) =>
    link(children, /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`, actions),
  text_link: (children, _text, entity, actions) => link(children, entity.url, actions),
  email: (children, text, _entity, actions) => link(children, `mailto:${text}`, actions),
  phone_number: (children, text, _entity, actions) => link(children, `tel:${text.replace(/[^+\d]/g, "")}`, actions),
  bot_command: (children, text, _entity, actions) =>
    pressable(el("span", { class: "tap", title: `Send ${text}` }, ...children), () => actions.command(text)),
  mention: (children, text, _entity, actions) =>
    pressable(el("span", { class: "tap" }, ...children), () => actions.mention(text)),
  text_mention: (children) => el("span", { class: "tap" }, ...children),
  hashtag: (children) => el("span", { class: "tag" }, ...children),
  cashtag: (children) => el("span", { class: "tag" }, ...children),
  spoiler: (children) => spoiler(children),
  date_time: (children, _text, entity) => moment(children, entity),
};

function link(children, url, actions) {
  if (!SAFE_LINK.test(url ?? "")) return el("span", { class: "tag", title: url }, ...children);
  const anchor = el("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, ...children);
  anchor.addEventListener("click", (event) => actions.link(url) && event.preventDefault());
  return anchor;
}

/** Hidden texts that were pressed: a bubble that is drawn anew keeps them open. */
const opened = new Set();

function spoiler(children) {
  const hidden = el("span", {}, ...children);
  const cover = el(
    "span",
    { class: "spoiler", "aria-label": "Hidden text, press to show", "aria-pressed": "false" },
    hidden,
  );
  const open = () => {
    opened.add(hidden.textContent);
    cover.classList.add("shown");
    cover.removeAttribute("aria-label");
    cover.setAttribute("aria-pressed", "true");
  };
  if (opened.has(hidden.textContent)) open();
  return pressable(cover, open);
}

function moment(children, entity) {
  const time = momentOf(entity.unix_time ?? 0);
  return el("time", { class: "tag", datetime: time?.toISOString(), title: time?.toLocaleString() }, ...children);
}
