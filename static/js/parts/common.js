// @ts-check
// The smallest drawn things that every screen uses: icons, flags, names, numbers that keep their own
// direction, the clock's digits, the sign that the page is live, dialogs, and the one status line for screen
// readers. No command, no part.

import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from 'htm/preact';
import { effect, signal } from '@preact/signals';
import { clockDigits } from '../clock.js';
import { connectionStatus, nameOf, secondsLeft, serverNotice, urgency, view, wholeStates } from '../page.js';
import { _, inCatalogue, timeOfDay } from '../words.js';

const SPRITE = import.meta.resolve('icons.svg');

/** @param {string} name @param {string} [kind] */
export const icon = (name, kind = '') =>
  html`<svg class=${`icon ${kind}`} aria-hidden="true"><use href=${`${SPRITE}#${name}`}></use></svg>`;

/** Numbers, times and codes: always left to right. @param {any} it */
export const leftToRight = (it) => html`<bdi dir="ltr">${it}</bdi>`;
/** @param {any} it */
export const bold = (it) => html`<b>${it}</b>`;
/** @param {number} ms @param {string} zone */
export const clockTime = (ms, zone) =>
  html`<time dir="ltr" datetime=${new Date(ms).toISOString()}>${timeOfDay(ms, zone)}</time>`;

/** The name of a delegation, in its own direction. @param {{id: number | string | undefined}} props */
export const DelegationName = ({ id }) => html`<bdi>${nameOf(id) || _('Guest')}</bdi>`;

/** Who speaks for the delegation that has the floor. A guest is called by name above, and has only the post here. */
export function SpeakerOnFloor() {
  const { floor } = view.value.speakers;
  const { name, post } = floor?.speaker ?? {};
  const words = [name === nameOf(floor?.delegation) ? '' : name, post].filter(Boolean).join(', ');
  return words && html`<bdi>${words}</bdi>`;
}

/**
 * A flag is decoration beside a name; delegations without a State have none.
 * @param {{id: number | string | undefined}} props
 */
export function Flag({ id }) {
  const code = id === undefined ? undefined : view.value.roster.delegations?.[String(id)]?.code;
  if (!code || !/^[A-Z]{3}$/.test(code)) return html`<span class="flag none" aria-hidden="true"></span>`;
  const gone = (/** @type {Event} */ event) =>
    /** @type {HTMLElement} */ (event.currentTarget).classList.add('none');
  return html`<img class="flag" src=${import.meta.resolve(`flags/${code}.svg`)} alt="" loading="lazy"
    onerror=${gone} />`;
}

export const modeWords = (/** @type {string | undefined} */ mode) =>
  mode === 'remote' ? _('Remote') : _('In the room');

/** Where somebody speaks from. @param {{mode?: string}} props */
export const Mode = ({ mode }) =>
  mode
    ? html`<span class="mode">${icon(mode === 'remote' ? 'video' : 'armchair')} ${modeWords(mode)}</span>`
    : null;

/** What level somebody speaks on, in words. @param {string | undefined} rank */
export function rankWords(rank) {
  return (
    {
      HOS: _('Head of State'),
      VP: _('Vice-President'),
      CP: _('Crown Prince or Princess'),
      HOG: _('Head of Government'),
      DPM: _('Deputy Prime Minister'),
      M: _('Minister'),
      VM: _('Vice-Minister'),
      PR: _('Permanent Representative'),
      DPR: _('Deputy Permanent Representative'),
      CDA: _('Chargé d’affaires'),
    }[rank ?? ''] ?? ''
  );
}

/** @param {string} kind */
export function kindWords(kind) {
  return (
    {
      member: _('Member State'),
      observer_state: _('Observer State'),
      regional_org: _('Regional organization'),
      igo: _('Intergovernmental organization'),
      un_entity: _('United Nations entity'),
      ngo: _('Non-governmental organization'),
      nhri: _('National human rights institution'),
      guest: _('Guest'),
    }[kind] ?? kind
  );
}

/** 1:42 with a quiet colon; it never announces itself. @param {{seconds: number}} props */
export function Digits({ seconds }) {
  return html`<bdi dir="ltr">${clockDigits(seconds)
    .split(/(:)/)
    .map((part) => (part === ':' ? html`<i>:</i>` : part))}</bdi>`;
}

/** The floor's clock. It alone redraws each second. @param {{chars?: boolean}} props */
export function FloorClock({ chars = false }) {
  const seconds = secondsLeft.value;
  if (seconds === undefined)
    return html`<p class="clock waits" role="timer" aria-live="off" aria-label=${_('Time left')}>
      ${leftToRight(html`–<i>:</i>––`)}</p>`;
  const style = chars ? { '--chars': clockDigits(seconds).length } : undefined;
  return html`<p class="clock" role="timer" aria-live="off" aria-label=${_('Time left')} style=${style}>
    <${Digits} seconds=${seconds} /></p>`;
}

/** How much of the time is left. @param {{total: number}} props */
export const TimeBar = ({ total }) =>
  html`<div class="rule"><i style=${{
    '--left': secondsLeft.value === undefined ? 1 : Math.max(0, Math.min(1, secondsLeft.value / total)),
  }}></i></div>`;

/** Why the clock stands still. */
export const pausedWords = () =>
  view.value.meeting.state === 'suspended' ? _('The meeting is suspended') : _('The clock is paused');

/** The words for 30 seconds and for time up: never colour alone. */
export function urgencyWords() {
  if (urgency.value === 'over') return _('Time is up');
  if (urgency.value === 'warning')
    return _('Less than {n} seconds left', { n: view.value.meeting.rules.warn_s });
  return '';
}

/**
 * The server's own sentence for a refusal, with names in it, else the catalogue's for its code.
 * @param {string} code
 * @param {string} message
 * @param {Record<string, any>} facts
 */
export function refusalWords(code, message = '', facts = {}) {
  const key = `refusal.${code}`;
  return message || (inCatalogue(key) ? _(key, facts) : _('This cannot be done now.'));
}

/** ● Live, or what is wrong with the connection. */
export function ConnectionSign() {
  const is = connectionStatus.value;
  if (is === 'live') return html`<span class="link"><i class="dot"></i> ${_('Live')}</span>`;
  if (is === 'joining') return html`<span class="link quiet"><i class="dot"></i> ${_('Connecting…')}</span>`;
  return html`<span class="link bad">${icon('wifi-off')} ${_('Not live')}</span>`;
}

/** What is wrong with the server, for chair and secretary. @param {string} code */
function noticeWords(code) {
  if (code === 'clock.set')
    return _('The server’s clock was set. The meeting goes on by the time before. Tell the technicians.');
  if (code === 'clock.ahead')
    return _('The record is ahead of the server’s clock. Times shown are later than they are. Tell the technicians.');
  return code && refusalWords(code);
}

/**
 * The strip that tells everybody when the page cannot be trusted to be fresh. It is always there, so that it
 * is announced.
 */
export function Banner() {
  const is = connectionStatus.value;
  const cut = is === 'lost' || is === 'refused';
  const words =
    is === 'lost'
      ? _('Not live. What you see may have changed. Trying to connect…')
      : is === 'refused'
        ? _('This page may no longer follow the meeting. Ask the secretariat for a new link.')
        : noticeWords(serverNotice.value);
  return html`<div class="banner" role="alert" hidden=${!words}>${
    words &&
    html`${icon(cut ? 'wifi-off' : serverNotice.value.startsWith('clock.') ? 'timer' : 'triangle-alert')}
    <span>${words}</span>`
  }</div>`;
}

/** A polite and an assertive line for screen readers. The text is what changed, never every second. */
const polite = signal(''),
  assertive = signal('');
export const announce = (/** @type {string} */ words) => {
  polite.value = words;
};
export const alertNow = (/** @type {string} */ words) => {
  assertive.value = words;
};
// What was said before a whole state may name somebody whose name is erased since.
effect(() => {
  if (wholeStates.value) polite.value = assertive.value = '';
});
export const LiveRegions = () =>
  html`<div class="unseen" role="status" aria-live="polite">${polite}</div><div class="unseen" role="alert">
    ${assertive}</div>`;

/** The classes that hold. @param {Record<string, any>} all */
export const classNames = (all) =>
  Object.keys(all)
    .filter((name) => all[name])
    .join(' ');

/** A row that is drawn again only when its own props are other than before. */
export class PureRow extends Component {
  /** @param {Record<string, any>} next */
  shouldComponentUpdate(next) {
    const mine = /** @type {Record<string, any>} */ (this.props);
    return Object.keys({ ...next, ...mine }).some((key) => next[key] !== mine[key]);
  }
  /** @returns {any} */
  render() {
    return null;
  }
}

/**
 * A list put in another order must not throw the keyboard out of the button it is on (browsers without
 * moveBefore).
 */
export function useKeptFocus() {
  const was = document.activeElement;
  useLayoutEffect(() => {
    if (was instanceof HTMLElement && was.isConnected && document.activeElement === document.body)
      was.focus({ preventScroll: true });
  });
}

/**
 * A modal dialog; Escape and the backdrop close it.
 * @param {{title: string, onclose: () => void, children: any, wide?: boolean}} props
 */
export function Dialog({ title, onclose, children, wide }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const back = document.activeElement;
    if (!ref.current?.open) ref.current?.showModal();
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  const outside = (/** @type {MouseEvent} */ event) => {
    if (event.target === ref.current) onclose();
  };
  return html`<dialog ref=${ref} class=${wide ? 'wide' : ''} aria-label=${title} onclose=${onclose}
    onclick=${outside}>
    <header><h2>${title}</h2><button type="button" class="button plain square" aria-label=${_('Close')}
      onclick=${onclose}>${icon('x')}</button></header>${children}</dialog>`;
}

/** The title of the page, put back when the part goes. @param {string} words */
export function useTitle(words) {
  useEffect(() => {
    const was = document.title;
    if (words) document.title = words;
    return () => {
      document.title = was;
    };
  }, [words]);
}
