// @ts-check
// What happened, in words: the sentence of an event from its code and its facts (ids and numbers only), drawn
// with names or as plain text. The sentences stand in the catalogue under `said.<code>`.

import { html } from 'htm/preact';
import { clockDigits } from '../clock.js';
import { agendaItem, meetingText, meetingZone, nameOf, view } from '../page.js';
import { _, bidiIsolated, inCatalogue, richText, timeOfDay } from '../words.js';
import { DelegationName, leftToRight, rankWords } from './common.js';

/** @typedef {import('../wire').Said} Said */

const CLOCKS = new Set(['seconds', 'spoken', 'over_run', 'planned_s']);
/** Facts whose values are words of ours, each with an entry `<fact>.<value>` in the catalogue. */
const OURS = new Set(['state', 'role', 'mode', 'kind']);
const TIMES = new Set(['at', 'until', 'starts_at', 'ends_at', 'closes_at']);

/** @param {number} id */
function itemName(id) {
  const it = agendaItem(id);
  return it ? [it.number, meetingText(it.title)].filter(Boolean).join('. ') : '';
}

/** The list of which item? @param {number} id */
function listName(id) {
  const list = view.value.speakers.lists?.[String(id)];
  return list?.item === undefined ? _('points of order') : itemName(list.item);
}

/** Facts as plain text. @param {Record<string, any>} facts @returns {Record<string, string>} */
export function plainFacts(facts) {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, plainFact(key, value)]));
}

/** @param {string} key @param {any} value @returns {string} */
function plainFact(key, value) {
  if (key === 'delegation') return nameOf(value) || _('Guest');
  if (key === 'item') return itemName(value);
  if (key === 'list') return listName(value);
  if (key === 'rank') return rankWords(value);
  if (OURS.has(key) && inCatalogue(`${key}.${value}`)) return _(`${key}.${value}`);
  if (CLOCKS.has(key) && typeof value === 'number') return clockDigits(value);
  if (TIMES.has(key) && typeof value === 'number') return timeOfDay(value, meetingZone.value);
  return String(value);
}

/** @param {string} key @param {any} value */
function drawn(key, value) {
  if (key === 'delegation' && nameOf(value)) return html`<${DelegationName} id=${value} />`;
  const words = plainFact(key, value);
  return typeof value === 'number' && key !== 'item' && key !== 'list' && key !== 'delegation'
    ? leftToRight(words)
    : html`<bdi>${words}</bdi>`;
}

/**
 * Time taken away is told as that, not as a negative grant.
 * @param {{code: string, facts: Record<string, any>}} it
 */
function lessTime(it) {
  return it.code === 'speakers.time_added' && it.facts.seconds < 0
    ? { text: _('The time of {delegation} was cut by {time}.'), time: clockDigits(-it.facts.seconds) }
    : undefined;
}

/** The sentence as nodes. @param {{code: string, facts: Record<string, any>}} it */
export function drawnSentence(it) {
  const less = lessTime(it);
  if (less)
    return richText(less.text, { delegation: drawn('delegation', it.facts.delegation), time: leftToRight(less.time) });
  const facts = Object.fromEntries(
    Object.entries(it.facts ?? {}).map(([key, value]) => [key, drawn(key, value)]),
  );
  const key = `said.${it.code}`;
  return richText(inCatalogue(key) ? key : _('The meeting changed'), facts);
}

/** The sentence as plain text, for screen readers. @param {{code: string, facts: Record<string, any>}} it */
export function plainSentence(it) {
  const less = lessTime(it);
  if (less)
    return _(less.text, {
      delegation: bidiIsolated(plainFact('delegation', it.facts.delegation)),
      time: less.time,
    });
  const facts = Object.fromEntries(
    Object.entries(plainFacts(it.facts ?? {})).map(([key, value]) => [key, bidiIsolated(value)]),
  );
  const key = `said.${it.code}`;
  return _(inCatalogue(key) ? key : 'The meeting changed', facts);
}
