// A persona in words.

import { languageName } from "./languages.js";

/** @param {import("./store.js").Persona} persona */
export function fullName(persona) {
  return [persona.first_name, persona.last_name].filter(Boolean).join(" ");
}

/** @param {import("./store.js").Persona} persona */
export function describeLanguage(persona) {
  return persona.language_code ? languageName(persona.language_code) : "no language";
}
