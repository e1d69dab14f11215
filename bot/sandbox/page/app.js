// The sandbox's chat page: joins its parts and keeps them fed.

import { Unreachable } from "./api.js";
import { Desk } from "./desk.js";
import { Moods } from "./moods.js";
import { Outbox } from "./outbox.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";

const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const store = new Store();
const outbox = new Outbox(store);
const desk = new Desk({ element: part("desk"), store, outbox });
const sidebar = new Sidebar({ element: part("sidebar"), store, desk, moods: new Moods(store) });
store.addEventListener("people-open", () => sidebar.show());

const stream = new Stream({
  onEvent: (name, fact) => store.apply(name, fact),
  onLive: () => catchUp(),
  onLost: () => store.setLive(false),
});

let opened = false;

// The stream is open first and the chats are fetched after it, so nothing that happens between is missed.
async function catchUp() {
  try {
    await store.refresh();
    if (!opened) begin();
    store.setLive(true);
    for (const id of [...store.personas.keys(), ...store.groups.keys()]) await store.load(id);
  } catch (error) {
    stream.lost();
    if (!(error instanceof Unreachable)) throw error;
  }
}

function begin() {
  opened = true;
  const wanted = Number(new URLSearchParams(location.search).get("bot"));
  if (wanted) store.chooseBot(wanted);
  desk.openFromAddress();
}

stream.open();
