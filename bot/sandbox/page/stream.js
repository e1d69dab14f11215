// One stream of events for all chats. A browser opens at most six connections to a host, so a stream for each
// column would leave none for sending.

import { renewToken } from "./api.js";

const EVENTS = ["message", "edited_message", "deleted", "action", "draft", "commands", "persona", "reaction"];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** Keeps an event stream open for ever; says when it is live and hands every event on. */
export class Stream {
  /** @type {?EventSource} */
  #source = null;
  #waitMs = FIRST_WAIT_MS;

  constructor({ onEvent, onLive, onLost }) {
    this.onEvent = onEvent;
    this.onLive = onLive;
    this.onLost = onLost;
    addEventListener("online", () => this.#source?.readyState === EventSource.CLOSED && this.open());
    for (const sign of ["offline", "unreachable"]) addEventListener(sign, () => this.lost());
  }

  open() {
    this.#source?.close();
    const source = new EventSource("/sandbox/events");
    this.#source = source;
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.onLive();
    };
    source.onerror = () => this.#reopenLater(source);
    source.addEventListener("reload", () => this.onLive());
    for (const name of EVENTS) source.addEventListener(name, (event) => this.onEvent(name, JSON.parse(event.data)));
  }

  /** Something else failed though the stream seems open (a dead connection can look alive for minutes): begin anew. */
  lost() {
    if (this.#source) this.#reopenLater(this.#source);
  }

  // An event stream does not tell why it was refused: after a restart of the sandbox it is for want of the new cookie.
  async #reopen(source) {
    await renewToken();
    if (source === this.#source) this.open();
  }

  // The browser's own retry waits for seconds and gives up for good on an error status, so the page does it itself.
  // What happened meanwhile is fetched anew when the stream is live again.
  #reopenLater(source) {
    if (source !== this.#source) return;
    source.close();
    this.onLost();
    setTimeout(() => this.#reopen(source), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }
}
