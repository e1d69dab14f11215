// Building elements without ever parsing HTML.

/**
 * Make an element. `on…` properties are listeners, `testid` is data-testid, `null`, `undefined` and `false`
 * properties and children are left out; everything else is an attribute.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "testid") element.dataset.testid = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Replace all children of `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
}

/** Redraw inside `container` and give the focus back to the control that had it (known by its test id). */
export function keepFocus(container, redraw) {
  const focused = focusedIn(container)?.dataset.testid;
  redraw();
  if (focused !== undefined && !container.contains(document.activeElement))
    container.querySelector(`[data-testid="${focused}"]`)?.focus({ preventScroll: true });
}

/**
 * The element inside `container` that has the focus.
 * @returns {?HTMLElement}
 */
export function focusedIn(container) {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && container.contains(focused) ? focused : null;
}

/** Make running text act as a button: a real <button> would be an inline block and disturb the bidi order. */
export function pressable(element, action) {
  element.setAttribute("role", "button");
  element.tabIndex = 0;
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    action(event);
  });
  return element;
}

const LONG_PRESS_MS = 450;

/**
 * Call `action` when the element is held by a finger or clicked with the other mouse button; links and selections
 * keep the browser's own menu.
 */
export function onHold(element, action) {
  /** @type {number | undefined} */
  let timer;
  const stop = () => clearTimeout(timer);
  element.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    event.preventDefault();
    action();
  });
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") timer = setTimeout(action, LONG_PRESS_MS);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove"]) element.addEventListener(end, stop);
  return element;
}

const PATHS = {
  send: "M3.4 20.4 21 12 3.4 3.6 3.4 10.1 15 12 3.4 13.9z",
  attach:
    "M16.5 6.5v9.8a4.5 4.5 0 0 1-9 0V5.7a3 3 0 0 1 6 0v9.6a1.5 1.5 0 0 1-3 0" +
    "V6.5H9v8.8a3 3 0 0 0 6 0V5.7a4.5 4.5 0 0 0-9 0v10.6a6 6 0 0 0 12 0V6.5z",
  menu: "M4 6.5h16v1.8H4zm0 4.6h16v1.8H4zm0 4.6h16v1.8H4z",
  more:
    "M12 4.5a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z" +
    "m0 5.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zm0 5.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z",
  close: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  back: "m14.7 5.3 1.4 1.4L10.8 12l5.3 5.3-1.4 1.4L8 12z",
  down: "m12 15.7-6.7-6.7 1.4-1.4 5.3 5.3 5.3-5.3L18.7 9z",
  external: "M14 4h6v6h-2V7.4l-8.3 8.3-1.4-1.4L16.6 6H14zM5 6h5v2H7v9h9v-3h2v5H5z",
  copy:
    "M9 3h9a2 2 0 0 1 2 2v10h-2V5H9z" +
    "M6 7h8a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9c0-1.1.9-2 2-2zm0 2v10h8V9z",
  reply: "M10 5v4c7 1 10 6 11 10-2.5-3.5-6-5-11-5v4l-7-6.5z",
  edit: "M4 16.7V20h3.3l9.8-9.8-3.3-3.3zM19.7 7.6a1 1 0 0 0 0-1.3l-2-2a1 1 0 0 0-1.3 0l-1.5 1.5 3.3 3.3z",
  weather:
    "M7 18a5 5 0 0 1-.6-9.96A6 6 0 0 1 17.9 9.5 4.3 4.3 0 0 1 17.7 18z" +
    "m.1-2h10.5a2.3 2.3 0 0 0 .1-4.6l-1.5-.1-.2-1.5a4 4 0 0 0-7.7-1L8 10H7a3 3 0 0 0 .1 6z",
  file: "M6 3h8l5 5v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V5c0-1.1.9-2 2-2zm7 1.5V9h4.5z",
  play: "M8 5v14l11-7z",
  pin: "M12 2a7 7 0 0 1 7 7c0 5-7 13-7 13S5 14 5 9a7 7 0 0 1 7-7zm0 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0 2c-4 0-8 2-8 5v1h16v-1c0-3-4-5-8-5z",
  group:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm7 0a3 3 0 1 0 0-6 3 3 0 0 0 0 6z" +
    "M9 13.5c-3.5 0-7 1.8-7 4.5v1.5h14V18c0-2.7-3.5-4.5-7-4.5z" +
    "m7 0c-.5 0-1 0-1.5.1 1.9 1 3.5 2.5 3.5 4.4v1.5h4V18c0-2.5-3-4.5-6-4.5z",
  ticks: "M1 12.4 2.3 11.1 6 14.8 14.2 6.6 15.5 7.9 6 17.4zM10.3 14.1 11.6 12.8 13.6 14.8 21.8 6.6 23.1 7.9 13.6 17.4z",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zm0 2a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm-1 2.5h2v4.3l3 1.8-1 1.7-4-2.4z",
  alert:
    "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1.2 5 .3 7h1.8l.3-7z" +
    "m1.2 8.5a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z",
  image: "M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6c0-1.1.9-2 2-2zm0 13h14l-4.5-6-3.5 4.5-2.5-3z",
};

/** A line drawing of the page's own, hidden from assistive technology: the control around it carries the label. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A colour that follows from an id. Large ids are cut first: a product beyond 2^53 would give many the same. */
export function hueOf(id) {
  return String(((Math.abs(Number(id)) % 360) * 47 + 165) % 360);
}

/** A round picture made of a name's first letter; the colour follows from the id. */
export function avatar(id, name, kind = "") {
  const letter = [...(name || "?").trim()][0] ?? "?";
  const picture = el("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, letter.toUpperCase());
  picture.style.setProperty("--hue", hueOf(id));
  return picture;
}

/** A small round button that shows an icon. */
export function iconButton(name, label, properties = {}) {
  const { class: extra = "", ...rest } = properties;
  return el(
    "button",
    { type: "button", class: `icon-button ${extra}`, "aria-label": label, title: label, ...rest },
    icon(name),
  );
}
