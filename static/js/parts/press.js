// @ts-check
// A press and what became of it: the button, the words beside it while it is sent, a refusal, the question
// "next anyway?", "not sent". Keys press the same spots as buttons do, so the answer always stands in one
// place. No address, no rule.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { server, view } from '../page.js';
import { _, bidiIsolated } from '../words.js';
import { icon, refusalWords } from './common.js';
import { plainFacts } from './said.js';

/**
 * @typedef {{state: 'idle' | 'sending' | 'done' | 'refused' | 'unsent' | 'sure', words?: string,
 *            again?: () => void, yes?: string}} Outcome
 */
/** @type {Map<string, import('@preact/signals').Signal<Outcome>>} */ const spots = new Map();
/** @type {Map<string, number>} */ const quietUntil = new Map();
const IDLE = /** @type {Outcome} */ ({ state: 'idle' });

/** The outcome at a spot of the page. @param {string} spot */
export function outcomeAt(spot) {
  let found = spots.get(spot);
  if (!found) spots.set(spot, (found = signal(IDLE)));
  return found;
}

/** What is on its way from a spot. @type {Map<string, {command: string, answer: Promise<any>}>} */
const sending = new Map();

/** Forget what is said at a spot. @param {string} spot */
export const clearOutcome = (spot) => {
  const it = outcomeAt(spot);
  if (it.peek().state !== 'sending') it.value = IDLE;
};

/**
 * Send a command from a spot. A second press of it is not heard until the first is answered and `calm` ms longer;
 * another command from the same spot is sent when the first is answered.
 * @param {string} spot @param {string} command @param {Record<string, any>} body
 * @param {{calm?: number, done?: string, after?: () => void}} [how]
 */
export async function giveCommand(spot, command, body, how = {}) {
  const it = outcomeAt(spot);
  const busy = sending.get(spot);
  if (busy && busy.command !== command) await busy.answer; // another act waits its turn, a second press of one does not
  if (it.peek().state === 'sending' || performance.now() < (quietUntil.get(`${spot} ${command}`) ?? 0))
    return false;
  it.value = { state: 'sending' };
  const sent = server.act(command, body);
  sending.set(spot, { command, answer: sent });
  const answer = await sent;
  sending.delete(spot);
  if (how.calm) quietUntil.set(`${spot} ${command}`, performance.now() + how.calm);
  if (answer.state === 'done') {
    it.value = how.done ? { state: 'done', words: how.done } : IDLE;
    if (how.done)
      setTimeout(() => {
        if (it.peek().words === how.done) it.value = IDLE;
      }, 4_000);
    how.after?.();
    return true;
  }
  const again = () => {
    quietUntil.delete(`${spot} ${command}`);
    void giveCommand(spot, command, body, how);
  };
  const fade = (/** @type {number} */ ms) => {
    const mine = it.peek();
    setTimeout(() => {
      if (it.peek() === mine) it.value = IDLE;
    }, ms);
  };
  if (answer.state === 'unsent')
    it.value = { state: 'unsent', words: answer.message || _('Not sent. Press again.'), again };
  else if (answer.code === 'speakers.just_changed') {
    it.value = surely(spot, command, body, how, answer.facts);
    fade(8_000);
  } else {
    it.value = {
      state: 'refused',
      words: answer.message || refusalWords(answer.code, '', plainFacts(answer.facts)),
    };
    fade(25_000);
  }
  return false;
}

/**
 * Two people who both press "next" must not skip a speaker: the server asks, the question stands beside the
 * button.
 */
function surely(
  /** @type {string} */ spot,
  /** @type {string} */ command,
  /** @type {any} */ body,
  /** @type {any} */ how,
  /** @type {any} */ facts,
) {
  const who = plainFacts(facts).delegation;
  const words = who
    ? _('{who} was given the floor {n} s ago. Next anyway?', { who: bidiIsolated(who), n: facts.seconds ?? 0 })
    : _('The floor changed {n} s ago. Next anyway?', { n: facts.seconds ?? 0 });
  const again = () => {
    quietUntil.delete(`${spot} ${command}`);
    outcomeAt(spot).value = IDLE;
    void giveCommand(spot, command, { ...body, sure: true }, how);
  };
  return /** @type {Outcome} */ ({ state: 'sure', words, again, yes: _('Yes, next') });
}

/**
 * What became of the press at this spot. It is always in the page, so that a screen reader hears it.
 * @param {{spot: string}} props
 */
export function Outcome({ spot }) {
  const it = outcomeAt(spot).value;
  const tone = it.state === 'refused' || it.state === 'unsent' ? 'bad' : it.state;
  return html`<div class=${`outcome ${tone}`} role=${it.state === 'sure' ? 'alert' : 'status'}
    hidden=${!it.words}>
    ${it.words && html`<span>${it.words}</span>`}
    ${
      it.again &&
      html`<button type="button" class="button small" onclick=${it.again}>
    ${it.yes ?? _('Press again')}</button>`
    }
    ${
      it.words &&
      it.state !== 'done' &&
      html`<button type="button" class="button small plain square"
      aria-label=${_('Dismiss')} onclick=${() => clearOutcome(spot)}>${icon('x')}</button>`
    }</div>`;
}

/** Why the server would refuse this now, or undefined. @param {string} [what] a key of view.may */
export const refusalFor = (what) => {
  const code = what && view.value.may?.[what];
  return code ? refusalWords(code) : undefined;
};

/**
 * A button that gives a command. What would be refused now looks so and says why; pressing it says it beside.
 * @param {{spot: string, command: string, body?: Record<string, any>, may?: string | false, kind?: string,
 *          glyph?: string, flips?: boolean, hotkey?: string, label: any, name?: string, calm?: number, done?: string,
 *          after?: () => void, pressed?: boolean, hint?: string}} props
 */
export function CommandButton({
  spot,
  command,
  body = {},
  may = command,
  kind = '',
  glyph,
  flips,
  hotkey,
  label,
  name,
  calm,
  done,
  after,
  pressed,
  hint,
}) {
  const stop = may === false ? undefined : refusalFor(may),
    busy = outcomeAt(spot).value.state === 'sending';
  const go = () =>
    stop
      ? (outcomeAt(spot).value = { state: 'refused', words: stop })
      : giveCommand(spot, command, body, { calm, done, after });
  return html`<button type="button" class=${`button ${kind}`} aria-disabled=${stop ? 'true' : undefined}
    aria-busy=${busy ? 'true' : undefined}
    aria-label=${name} aria-pressed=${pressed} aria-keyshortcuts=${hotkey ? keyName(hotkey) : undefined}
      title=${stop ?? hint} onclick=${go}>
    ${glyph && icon(glyph, flips ? 'flips' : '')}<span>${label}</span>${
      hotkey &&
      html`<kbd aria-hidden="true">
    ${hotkey}</kbd>`
    }</button>`;
}

/** @param {string} key */
const keyName = (key) => ({ '−': '-' })[key] ?? key;
