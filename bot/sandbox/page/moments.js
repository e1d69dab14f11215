// Dates as messages carry them, seconds since 1970, in the words of the page.

const HOUR_AND_MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });

/**
 * The moment, or null where the number is none or beyond what a calendar holds: one odd message must not empty a
 * chat.
 */
export function momentOf(unixTime) {
  const moment = new Date(unixTime * 1000);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

export function timeOf(unixTime) {
  const moment = momentOf(unixTime);
  return moment === null ? "??:??" : HOUR_AND_MINUTE.format(moment);
}

/** "Today", "Yesterday", "Friday, 3 July" or, in another year, "3 July 2025". */
export function dayOf(unixTime) {
  const date = momentOf(unixTime);
  if (date === null) return "No date of any calendar";
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}
