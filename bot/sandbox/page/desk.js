// The columns that are open side by side, remembered in the page's address (?open=1,2,3).

import { Column } from "./column.js";
import { avatar, el, iconButton } from "./dom.js";
import { describeLanguage, fullName } from "./personas.js";
import { showMenu, toast } from "./popups.js";

export class Desk {
  #columns = new Map();

  /** @param {{element: HTMLElement, store: import("./store.js").Store, outbox: import("./outbox.js").Outbox}} parts */
  constructor({ element, store, outbox }) {
    this.element = element;
    this.store = store;
    this.outbox = outbox;
    this.add = iconButton("plus", "Open another phone", {
      class: "add-column",
      testid: "add-column",
      "aria-haspopup": "menu",
      onclick: (event) => this.#menu(event.currentTarget),
    });
    this.empty = el("p", { class: "desk-empty" }, "Choose somebody to be.");
    element.append(this.empty, this.add);
  }

  isOpen(personaId) {
    return this.#columns.has(personaId);
  }

  /** Open what the address names; without that the first persona, on screens that have the room. */
  openFromAddress() {
    const address = new URLSearchParams(location.search);
    const named = (address.get("open") ?? "")
      .split(",")
      .map(Number)
      .filter((id) => this.store.personas.has(id));
    for (const id of named) this.#add(id);
    if (named.length > 0) this.#screen("chat");
    else if (innerWidth >= 720 && this.store.personas.size > 0) this.#add([...this.store.personas.keys()][0]);
    this.#changed();
  }

  /** Show a persona: go to the open column, or put it in the place of the last one. */
  open(personaId) {
    if (!this.isOpen(personaId)) {
      const last = [...this.#columns.keys()].at(-1);
      if (last !== undefined) this.#remove(last);
      this.#add(personaId);
      this.#changed();
    }
    this.#screen("chat");
    this.#columns.get(personaId).focus();
  }

  openBeside(personaId) {
    if (!this.isOpen(personaId)) this.#add(personaId);
    this.#changed();
    this.#screen("chat");
    this.#columns.get(personaId).focus();
  }

  close(personaId) {
    this.#remove(personaId);
    if (this.#columns.size === 0) this.#screen("list");
    this.#changed();
  }

  showList() {
    this.#screen("list");
  }

  chooseBot(botId) {
    this.store.chooseBot(botId);
    const open = [...this.#columns.keys()];
    for (const id of open) this.#remove(id);
    for (const id of open) this.#add(id);
    this.#changed();
  }

  async addPersona(request) {
    try {
      const persona = await request();
      await this.store.refresh();
      this.openBeside(persona.id);
    } catch (error) {
      toast(document.body, error.message);
    }
  }

  #add(personaId) {
    const column = new Column({ store: this.store, outbox: this.outbox, desk: this, personaId });
    this.#columns.set(personaId, column);
    this.element.insertBefore(column.element, this.add);
    column.scrollToEnd();
  }

  #remove(personaId) {
    this.#columns.get(personaId)?.close();
    this.#columns.delete(personaId);
  }

  #changed() {
    this.empty.hidden = this.#columns.size > 0;
    this.element.dataset.columns = String(this.#columns.size);
    const address = new URL(location.href);
    const ids = [...this.#columns.keys()].join(",");
    if (ids) address.searchParams.set("open", ids);
    else address.searchParams.delete("open");
    history.replaceState(null, "", address.href.replaceAll("%2C", ","));
    this.store.dispatchEvent(new CustomEvent("people-open"));
  }

  #screen(name) {
    document.body.dataset.screen = name;
  }

  #menu(anchor) {
    const closed = [...this.store.personas.values()].filter(({ id }) => !this.isOpen(id));
    showMenu(
      anchor,
      closed.map((persona) => ({
        label: fullName(persona),
        note: describeLanguage(persona),
        picture: avatar(persona.id, persona.first_name, "small"),
        testid: `open-${persona.id}`,
        action: () => this.openBeside(persona.id),
      })),
      "Open another phone",
    );
  }
}
