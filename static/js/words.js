// @ts-check
// The words of a page: the catalogue of its language, plurals by Intl.PluralRules, and how times, numbers and
// the names of people and States are written. A text in English is its own key. No sentence stands here
// except as a last resort.

/**
 * @typedef {{lang: string, dir?: string, plural: string[], words: Record<string, string | string[]>}} Catalogue
 */
/** @typedef {import('./wire').LocalizedText} Words */

/** @type {Catalogue} */ let catalogue = { lang: 'en', plural: ['one', 'other'], words: {} };
/** @type {Record<string, string>} */ let states = {};
let rules = new Intl.PluralRules('en'),
  number = new Intl.NumberFormat('en'),
  locale = 'en-GB';
/** Dates as the United Nations write them: 11 December 2023. */ const PLACES =
  /** @type {Record<string, string>} */ ({ en: 'en-GB' });
/** @type {Map<string, Intl.DateTimeFormat>} */ const formats = new Map();

/**
 * Take a catalogue and the names of States.
 * @param {Catalogue} words
 * @param {Record<string, string>} names
 */
export function setCatalogue(words, names = {}) {
  catalogue = words;
  states = names;
  locale = PLACES[words.lang] ?? words.lang;
  rules = new Intl.PluralRules(words.lang);
  number = new Intl.NumberFormat(`${words.lang}-u-nu-latn`);
  formats.clear();
}

export const pageLanguage = () => catalogue.lang;
export const inCatalogue = (/** @type {string} */ key) => Object.hasOwn(catalogue.words, key);
const PLACE = /\{(\w+)\}/;

/**
 * A text in the reader's language.
 * @param {string} text
 * @param {Record<string, any>} [facts]
 * @returns {string}
 */
export const _ = (text, facts) => fill(first(text), facts);

/**
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Record<string, any>} [facts]
 * @returns {string}
 */
export const ngettext = (one, many, n, facts) => fill(form(one, many, n), { n: number.format(n), ...facts });

/**
 * The same as `_`, for facts that are drawn (names with their own direction): returns text and facts in turn.
 * @param {string} text @param {Record<string, any>} facts @returns {any[]}
 */
export const richText = (text, facts) => parts(first(text), facts);

/**
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Record<string, any>} facts
 * @returns {any[]}
 */
export const richPlural = (one, many, n, facts) => parts(form(one, many, n), { n: number.format(n), ...facts });

/** @param {string} key */
function first(key) {
  const found = inCatalogue(key) ? catalogue.words[key] : key;
  return (Array.isArray(found) ? found[0] : found) ?? key;
}

/** @param {string} one @param {string} many @param {number} n */
function form(one, many, n) {
  const found = inCatalogue(one) ? catalogue.words[one] : [one, many];
  if (!Array.isArray(found)) return found ?? many;
  const place = inCatalogue(one) ? catalogue.plural.indexOf(rules.select(n)) : n === 1 ? 0 : 1;
  return found[place] ?? found.at(-1) ?? many;
}

/** @param {string} text @param {Record<string, any>} facts @returns {any[]} */
function parts(text, facts) {
  return text
    .split(/(\{\w+\})/)
    .map((part) => {
      const m = PLACE.exec(part);
      return m?.[1] ? (facts[m[1]] ?? '…') : part;
    })
    .filter((part) => part !== '');
}

/**
 * A place without a fact keeps an ellipsis, so that no brace is ever shown.
 * @param {string} text
 * @param {Record<string, any>} [facts]
 */
function fill(text, facts) {
  return facts ? parts(text, facts).join('') : text;
}

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options @param {string} key */
function format(zone, options, key) {
  const id = key + zone;
  let found = formats.get(id);
  if (!found)
    formats.set(
      id,
      (found = new Intl.DateTimeFormat(`${locale}-u-nu-latn-ca-gregory`, {
        ...options,
        timeZone: zone || undefined,
        hourCycle: 'h23',
      })),
    );
  return found;
}

/** 15:41, in a zone ('' is the device's own). @param {number} ms @param {string} [zone] */
export const timeOfDay = (ms, zone = '') =>
  format(zone, { hour: '2-digit', minute: '2-digit' }, 'time').format(ms);
/** 15:41:07 @param {number} ms @param {string} [zone] */
export const exactTime = (ms, zone = '') =>
  format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, 'exact').format(ms);
/** Monday, 11 December 2023 @param {number} ms @param {string} [zone] */
export const longDate = (ms, zone = '') =>
  format(zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, 'date').format(ms);
/** 11 Dec @param {number} ms @param {string} [zone] */
export const shortDate = (ms, zone = '') => format(zone, { day: 'numeric', month: 'short' }, 'day').format(ms);
/** Is it the same day there? @param {number} a @param {number} b @param {string} [zone] */
export const sameDay = (a, b, zone = '') => shortDate(a, zone) === shortDate(b, zone);
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
/** Asia/Ashgabat -> Ashgabat @param {string} zone */
export const cityOfZone = (zone) => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

/** A language by its own name: fr -> français. @param {string} code */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * Of a text in several languages, the reader's, else the first there is.
 * @param {Words | undefined} words
 * @param {string[]} [languages]
 */
export function localizedText(words, languages = []) {
  if (!words) return '';
  const found = [catalogue.lang, ...languages].find((code) => words[code]);
  return found ? words[found] : (Object.values(words)[0] ?? '');
}

/** The name of a State. @param {string | undefined} code */
export const stateName = (code) => (code ? (states[code] ?? code) : '');
export const allStates = () => states;

/** Sorts as the reader's language does. @param {string} a @param {string} b */
export const compareNames = (a, b) =>
  a.localeCompare(b, catalogue.lang, { sensitivity: 'base', ignorePunctuation: true });
/** For search: without case and accents. @param {string} it */
export const searchForm = (it) => it.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase(catalogue.lang);

/** A name inside plain text, kept apart from the direction around it. @param {string} name */
export const bidiIsolated = (name) => `\u2068${name}\u2069`;
