// Everything a message can carry beside text, drawn by the page itself.

import { el, icon } from "./dom.js";

const SERVICE_TEXTS = {
  new_chat_members: (message) => `${names(message.new_chat_members)} joined the group`,
  left_chat_member: (message) => `${names([message.left_chat_member])} left the group`,
  new_chat_title: (message) => `The group is now called “${message.new_chat_title}”`,
  group_chat_created: () => "The group was created",
  supergroup_chat_created: () => "The group was created",
  migrate_to_chat_id: () => "The group became a supergroup",
  migrate_from_chat_id: () => "This supergroup was a group before",
  pinned_message: () => "A message was pinned",
};

/** The words for a service message, or null when it is an ordinary one. */
export function serviceText(message) {
  for (const [field, words] of Object.entries(SERVICE_TEXTS)) if (message[field]) return words(message);
  return null;
}

const MEDIA = {
  photo: (message) => photo(message),
  animation: (message) => file(message.animation, "GIF", "play"),
  document: (message) => file(message.document, "Document", "file"),
  video: (message) => file(message.video, "Video", "play"),
  video_note: (message) => file(message.video_note, "Video message", "play"),
  audio: (message) =>
    file({ ...message.audio, file_name: message.audio.title ?? message.audio.file_name }, "Audio", "play"),
  voice: (message) => voice(message.voice),
  sticker: (message) =>
    el("div", { class: "sticker", role: "img", "aria-label": "Sticker" }, message.sticker.emoji ?? "🙂"),
  dice: (message) =>
    el(
      "div",
      { class: "sticker", role: "img", "aria-label": `Dice: ${message.dice.value}` },
      message.dice.emoji,
      el("small", {}, message.dice.value),
    ),
  venue: (message) => map(message.venue.location, message.venue.title, message.venue.address),
  location: (message) => map(message.location, "Location"),
  contact: (message) => contact(message.contact),
  poll: (message) => poll(message.poll),
};

/** The kind of medium a message carries ("photo", …), or null. */
export function mediaKind(message) {
  return Object.keys(MEDIA).find((kind) => message[kind]) ?? null;
}

/** The drawing of the message's medium, or null. */
export function mediaOf(message) {
  const kind = mediaKind(message);
  return kind ? el("div", { class: `media media-${kind}` }, MEDIA[kind](message)) : null;
}

/** A few words for a preview: "Photo", "Location", … */
export function mediaName(message) {
  const kind = mediaKind(message);
  if (!kind) return "";
  if (kind === "document") return message.document.file_name ?? "Document";
  if (kind === "sticker") return `${message.sticker.emoji ?? ""} Sticker`.trim();
  return kind[0].toUpperCase() + kind.slice(1).replace("_", " ");
}

function names(people) {
  return people.map((person) => person.first_name).join(", ");
}

function photo(message) {
  const size = message.photo.at(-1);
  const frame = el("div", { class: "photo", role: "img", "aria-label": message.caption ?? "Photo" }, icon("image"));
  frame.style.aspectRatio = `${size.width || 4} / ${size.height || 3}`;
  const image = el("img", {
    alt: message.caption ?? "Photo",
    loading: "lazy",
    src: `/sandbox/files/${encodeURIComponent(size.file_id)}`,
  });
  image.addEventListener("error", () => image.remove());
  frame.append(image);
  return frame;
}

function file(fact, name, sign) {
  const facts = [
    fact.duration === undefined ? null : clock(fact.duration),
    fact.file_size === undefined ? null : bytes(fact.file_size),
  ];
  const frame = fact.file_id
    ? el("a", {
        class: "file",
        href: `/sandbox/files/${encodeURIComponent(fact.file_id)}`,
        download: fact.file_name ?? name,
        title: "Download",
      })
    : el("div", { class: "file" });
  frame.append(
    el("span", { class: "file-sign" }, icon(sign)),
    el(
      "span",
      { class: "file-words" },
      el("b", { dir: "auto" }, fact.file_name ?? name),
      el("small", {}, facts.filter(Boolean).join(" · ") || name),
    ),
  );
  return frame;
}

function voice(fact) {
  const wave = el("span", { class: "wave", "aria-hidden": "true" });
  for (let bar = 0; bar < 28; bar += 1) {
    const line = el("i");
    line.style.height = `${20 + Math.abs(Math.sin(bar * 1.7) * Math.cos(bar * 0.6)) * 80}%`;
    wave.append(line);
  }
  return el(
    "div",
    { class: "file" },
    el("span", { class: "file-sign" }, icon("play")),
    el("span", { class: "file-words" }, wave, el("small", {}, `Voice · ${clock(fact.duration ?? 0)}`)),
  );
}

function map(place, title, address = null) {
  const where = `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`;
  return el(
    "div",
    { class: "place" },
    el("div", { class: "map", role: "img", "aria-label": `Map at ${where}` }, icon("pin")),
    el(
      "div",
      { class: "place-words" },
      el("b", { dir: "auto" }, title),
      el("small", { dir: "auto" }, address ?? where),
    ),
  );
}

function contact(fact) {
  return el(
    "div",
    { class: "file" },
    el("span", { class: "file-sign" }, icon("person")),
    el(
      "span",
      { class: "file-words" },
      el("b", { dir: "auto" }, [fact.first_name, fact.last_name].filter(Boolean).join(" ")),
      el("small", { dir: "ltr" }, fact.phone_number),
    ),
  );
}

function poll(fact) {
  const votes = Math.max(1, fact.total_voter_count);
  const options = fact.options.map((option) => {
    const bar = el("i", { class: "poll-bar" });
    bar.style.inlineSize = `${Math.round((option.voter_count / votes) * 100)}%`;
    return el("li", {}, el("span", { dir: "auto" }, option.text), el("small", {}, option.voter_count), bar);
  });
  return el(
    "div",
    { class: "poll" },
    el("b", { dir: "auto" }, fact.question),
    el("small", {}, fact.type === "quiz" ? "Quiz" : "Poll"),
    el("ul", {}, ...options),
  );
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
}

function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
