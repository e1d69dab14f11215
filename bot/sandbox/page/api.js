// The person's side of the sandbox over HTTP.

/** The sandbox understood and said no; the message says why. */
export class Refused extends Error {}

/**
 * No answer: the sandbox is down or the network is. Whether the request took effect is unknown.
 * The window gets the event "unreachable", so that the stream of events is tried anew at once.
 */
export class Unreachable extends Error {}

const ANSWER_WITHIN_MS = 15_000;
const PRESS_WAIT_S = 10;

const tokenIn = (page) => page.querySelector('meta[name="sandbox-token"]')?.content ?? "";
let token = tokenIn(document);

/** A sandbox that was started anew has another token, and another cookie for the stream: take both from its page. */
export async function renewToken() {
  const page = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
  if (page?.ok) token = tokenIn(new DOMParser().parseFromString(await page.text(), "text/html"));
}

async function call(method, path, body, withinMs = ANSWER_WITHIN_MS) {
  const ask = () =>
    reach(path, {
      method,
      headers: { "x-sandbox-token": token, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(withinMs),
    });
  let response = await ask();
  if (response.status === 401) {
    await renewToken();
    response = await ask();
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status >= 500) throw new Unreachable(answer.error ?? `The sandbox answered ${response.status}`);
  if (!response.ok) throw new Refused(answer.error ?? `The sandbox refused with ${response.status}`);
  return answer;
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    dispatchEvent(new Event("unreachable"));
    throw new Unreachable("No connection", { cause: error });
  }
}

/** @type {(path: string, body?: object, withinMs?: number) => Promise<any>} */
const post = (path, body = {}, withinMs) => call("POST", path, body, withinMs);
const persona = (id) => `/sandbox/personas/${id}`;

export const api = {
  state: () => call("GET", "/sandbox/state"),
  messages: (chatId, botId) => call("GET", `/sandbox/chats/${chatId}/messages?bot=${botId}`),
  commands: async (id, botId, chatId) => {
    const answer = await call("GET", `${persona(id)}/commands?bot=${botId}&chat_id=${chatId}`);
    return answer.commands ?? answer;
  },
  addPersona: (fields) => post("/sandbox/personas", fields),
  changePersona: (id, fields) => call("PATCH", persona(id), fields),
  send: (id, fields) => post(`${persona(id)}/send`, fields),
  start: (id, fields) => post(`${persona(id)}/start`, fields),
  edit: (id, fields) => post(`${persona(id)}/edit`, fields),
  press: (id, fields) => post(`${persona(id)}/press`, { ...fields, wait_s: PRESS_WAIT_S }, (PRESS_WAIT_S + 10) * 1000),
  attach: (id, fields) => post(`${persona(id)}/attach`, fields),
  block: (id, fields) => post(`${persona(id)}/block`, fields),
  unblock: (id, fields) => post(`${persona(id)}/unblock`, fields),
  inline: (id, fields) =>
    post(`${persona(id)}/inline`, { ...fields, wait_s: PRESS_WAIT_S }, (PRESS_WAIT_S + 10) * 1000),
  chooseInline: (id, fields) => post(`${persona(id)}/inline/choose`, fields),
  addGroup: (fields) => post("/sandbox/groups", fields),
  migrateGroup: (id) => post(`/sandbox/groups/${id}/migrate`),
  removeBot: (id, fields) => post(`/sandbox/groups/${id}/remove_bot`, fields),
  flood: (fields) => post("/sandbox/flood", fields),
  faults: () => call("GET", "/sandbox/faults"),
  addFault: (fields) => post("/sandbox/faults", fields),
  clearFaults: () => call("DELETE", "/sandbox/faults"),
  calls: () => call("GET", "/sandbox/calls"),
};
