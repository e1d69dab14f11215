// Short-lived surfaces: menus, forms, toasts and alerts.

import { el, focusedIn } from "./dom.js";

const TOAST_LASTS_MS = 3_500;

/**
 * A menu beside `anchor`; items are {label, action, danger?, testid?, checked?} or "-". Escape and a click outside
 * close it.
 */
export function showMenu(anchor, items, label = "Menu") {
  document.querySelector(".popup-menu")?.remove();
  const menu = el("div", { class: "popup-menu", role: "menu", "aria-label": label, testid: "popup-menu" });
  const close = () => {
    menu.remove();
    removeEventListener("pointerdown", outside, true);
    anchor.setAttribute("aria-expanded", "false");
  };
  const outside = (event) => !menu.contains(event.target) && close();
  menu.append(...items.filter(Boolean).map((item) => menuItem(item, close)));
  menu.addEventListener("keydown", (event) => menuKey(event, menu, close, anchor));
  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  menu.querySelector("button")?.focus();
  addEventListener("pointerdown", outside, true);
}

function menuItem(item, close) {
  if (item === "-") return el("hr");
  const chosen = () => {
    close();
    item.action();
  };
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return el(
    "button",
    {
      type: "button",
      role,
      class: item.danger ? "danger" : "",
      testid: item.testid,
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      onclick: chosen,
    },
    item.picture ?? null,
    el("span", { dir: "auto" }, item.label),
    item.note ? el("small", { dir: "auto" }, item.note) : null,
  );
}

function menuKey(event, menu, close, anchor) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const buttons = [...menu.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length].focus();
  }
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    close();
    anchor.focus();
  }
}

function place(menu, anchor) {
  const spot = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = spot.left + width > innerWidth - 8 ? spot.right - width : spot.left;
  const below = spot.bottom + height < innerHeight - 8;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, below ? spot.bottom + 4 : spot.top - height - 4)}px`;
}

/**
 * A form over the page. `fields` are labelled inputs made by `field()`. Gives the values, or null when it was
 * cancelled.
 */
export function askForm({ title, note = "", fields, submit, testid }) {
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", {}, title),
    note ? el("p", { class: "note" }, note) : null,
    ...fields,
    el(
      "div",
      { class: "form-end" },
      el(
        "button",
        { type: "button", class: "quiet", value: "cancel", onclick: () => dialog.close("cancel") },
        "Cancel",
      ),
      el("button", { type: "submit", value: "done", class: "primary", testid: "submit" }, submit),
    ),
  );
  const dialog = el("dialog", { class: "form-dialog", testid, "aria-label": title }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "done" ? new FormData(form) : null);
    });
  });
}

/** A labelled control for askForm. */
export function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

/** A passing notice at the foot of `column`. */
export function toast(column, text) {
  column.querySelector(".toast")?.remove();
  const note = el("div", { class: "toast", role: "status", dir: "auto", testid: "toast" }, text);
  column.append(note);
  setTimeout(() => note.remove(), TOAST_LASTS_MS);
}

/** A notice that waits for OK, over one column only: each column is a phone of its own. */
export function alertBox(column, title, text, extra = null) {
  const before = focusedIn(document);
  const close = () => {
    cover.remove();
    before?.focus();
  };
  const ok = el("button", { type: "button", class: "primary", testid: "alert-ok", onclick: close }, "OK");
  const box = el(
    "div",
    { class: "alert-box", role: "alertdialog", "aria-modal": "true", "aria-label": title, testid: "alert" },
    el("h2", { dir: "auto" }, title),
    el("p", { dir: "auto" }, text),
    el("div", { class: "form-end" }, extra, ok),
  );
  const cover = el("div", { class: "cover" }, box);
  cover.addEventListener("keydown", (event) => event.key === "Escape" && close());
  column.append(cover);
  ok.focus();
}
