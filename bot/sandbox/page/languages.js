// What the page must know about writing: the languages of an app, directions, and which language a text is in.

/** Codes that Telegram's apps send, with each language's own name. */
export const APP_LANGUAGES = [
  ["zh-hans", "简体中文"],
  ["zh-hant", "繁體中文"],
  ["ru", "Русский"],
  ["en", "English"],
  ["kk", "Қазақша"],
  ["ky", "Кыргызча"],
  ["tg", "Тоҷикӣ"],
  ["uz", "Oʻzbekcha"],
  ["fa", "فارسی"],
  ["ur", "اردو"],
  ["hi", "हिन्दी"],
  ["be", "Беларуская"],
  ["mn", "Монгол"],
  ["ar", "العربية"],
  ["de", "Deutsch"],
  ["tr", "Türkçe"],
  ["pt-br", "Português"],
];

const RIGHT_TO_LEFT = new Set(["ar", "fa", "ur", "he", "ps", "sd", "ug", "yi", "dv", "ckb"]);
const STRONG = /[\u200e\u200f\u061c]|\p{L}/u;
const RIGHT = /[\u200f\u061c]|\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;
const ISOLATES = /[\u2066-\u2068][^\u2069]*\u2069?/gu;

/** "rtl" or "ltr" by the first strong character (UAX #9, P2), or `otherwise` when there is none. */
export function directionOf(text, otherwise = "ltr") {
  const strong = STRONG.exec(text.replace(ISOLATES, ""));
  if (strong === null) return otherwise;
  return RIGHT.test(strong[0]) ? "rtl" : "ltr";
}

export function directionOfLanguage(code) {
  return RIGHT_TO_LEFT.has(primary(code)) ? "rtl" : "ltr";
}

/** "zh-hans" -> "zh"; no code -> "". */
export function primary(code) {
  return (code ?? "").toLowerCase().split("-")[0];
}

/** The endonym of an app language. */
export function languageName(code) {
  if (!code) return "not told";
  return APP_LANGUAGES.find(([known]) => known === code.toLowerCase())?.[1] ?? code;
}

/** @type {[script: string, letters: RegExp][]} */
const SCRIPTS = [
  ["Han", /\p{Script=Han}/gu],
  ["Cyrillic", /\p{Script=Cyrillic}/gu],
  ["Arabic", /\p{Script=Arabic}/gu],
  ["Devanagari", /\p{Script=Devanagari}/gu],
  ["Latin", /\p{Script=Latin}/gu],
];
const SCRIPT_OF_LANGUAGE = {
  zh: "Han",
  ru: "Cyrillic",
  kk: "Cyrillic",
  ky: "Cyrillic",
  tg: "Cyrillic",
  be: "Cyrillic",
  mn: "Cyrillic",
  fa: "Arabic",
  ur: "Arabic",
  ar: "Arabic",
  hi: "Devanagari",
  en: "Latin",
  uz: "Latin",
  de: "Latin",
  tr: "Latin",
  pt: "Latin",
};
// Letters that only some languages of a script have, most telling first.
const TELLING_LETTERS = {
  Cyrillic: [
    ["be", /ў/iu],
    ["tg", /[ҷӣӯ]/iu],
    ["kk", /[әұһ]|қ.*і|ғ.*ы/isu],
    ["be", /і/iu],
    ["ky", /ң/iu],
    ["mn", /[өү]/iu],
  ],
  Arabic: [
    ["ur", /[ٹڈڑںےہھ]/u],
    ["fa", /[پچژگکی\u200c]/u],
    ["ar", /[ةىكي]/u],
  ],
  Latin: [["uz", /[og][ʻ‘]/iu]],
};
const USUAL_LANGUAGE = { Han: "zh", Cyrillic: "ru", Arabic: "fa", Devanagari: "hi", Latin: "en" };

/** A guess, good enough to choose a font and a hyphenation: the script decides, then telling letters, then the app. */
export function guessLanguage(text, appLanguage) {
  const script = mainScript(text);
  const app = primary(appLanguage) || "en";
  if (script === null) return app;
  for (const [language, letters] of TELLING_LETTERS[script] ?? []) if (letters.test(text)) return language;
  return SCRIPT_OF_LANGUAGE[app] === script ? app : USUAL_LANGUAGE[script];
}

function mainScript(text) {
  /** @type {?string} */
  let best = null;
  let most = 0;
  for (const [script, letters] of SCRIPTS) {
    const count = (text.match(letters)?.length ?? 0) * (script === "Han" ? 3 : 1);
    if (count > most) [best, most] = [script, count];
  }
  return best;
}
