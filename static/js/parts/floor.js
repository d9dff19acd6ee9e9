// @ts-check
// The middle of the chair's console: points of order, who speaks with the big clock, next, pause, time, the
// time limit, and who comes next. It shows and presses; who may speak when is the server's to judge.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { clockDigits, remainingMs } from '../clock.js';
import { ordered } from '../forecast.js';
import { clockReady, currentList, meetingZone, nameOf, urgency, view } from '../page.js';
import { _, exactTime, richText, timeOfDay } from '../words.js';
import {
  DelegationName,
  Flag,
  FloorClock,
  Mode,
  SpeakerOnFloor,
  TimeBar,
  bold,
  icon,
  leftToRight,
  pausedWords,
  rankWords,
  urgencyWords,
} from './common.js';
import { StateNow } from './meeting.js';
import { CommandButton, Outcome, giveCommand, outcomeAt, refusalFor } from './press.js';
import { statementsHeard } from './lists.js';
import { insteadOf, shownList, shownListId, waitingRows } from './shown-list.js';
import { readSpan } from './when.js';

/** @typedef {import('../view').FloorView} FloorRow */
const CALM = 1_500;
const settingLimit = signal(false);

/** Points of order that wait, in whatever list, the oldest first. */
function pointsOfOrder() {
  const all = Object.values(view.value.speakers.lists ?? {}).flatMap((it) =>
    ordered(it.waiting).filter(([, row]) => row.kind === 'point_of_order'),
  );
  return all.sort(([, a], [, b]) => (a.asked_at ?? 0) - (b.asked_at ?? 0));
}

// ——— acts, also given by keys ———
/**
 * A press that would be refused says why instead.
 * @param {string} spot
 * @param {string} command
 * @param {Record<string, any>} body
 * @param {object} [how]
 */
function giveUnlessRefused(spot, command, body, how) {
  const stop = refusalFor(command);
  if (stop) outcomeAt(spot).value = { state: 'refused', words: stop };
  else void giveCommand(spot, command, body, how);
}
/** N */
export const giveNextSpeaker = () =>
  giveUnlessRefused(
    'floor',
    'speakers.next',
    {
      ...(currentList.value === undefined ? {} : { list: Number(shownListId.value ?? currentList.value) }),
      ...insteadOf(),
    },
    { calm: CALM },
  );
/** P */
export function givePoint() {
  const [first] = pointsOfOrder();
  if (first)
    void giveCommand('order', 'speakers.give_floor', { entry: Number(first[0]), ...insteadOf() }, { calm: CALM });
}
/** Space */
export function pauseOrGoOn() {
  const floor = view.value.speakers.floor;
  if (!floor) return;
  const command = floor.since === undefined ? 'speakers.resume' : 'speakers.pause';
  giveUnlessRefused('floor', command, { entry: floor.entry });
}
/** + and − @param {number} seconds */
export function addTime(seconds) {
  const floor = view.value.speakers.floor;
  if (floor) void giveCommand('floor', 'speakers.add_time', { entry: floor.entry, seconds });
}
/** E */
export function endStatement() {
  const floor = view.value.speakers.floor;
  if (floor) giveUnlessRefused('floor', 'speakers.end', { entry: floor.entry });
}

// ——— what is drawn ———
function Points() {
  return html`<div role="alert">${pointsOfOrder().map(
    ([id, row], n) => html`<div class="order" key=${id}>${icon('gavel')}
    <p>${richText(_('{point} {who} asked for the floor at {time}.'), {
      point: html`<b>${_('Point of order.')}
    </b>`,
      who: html`<${DelegationName} id=${row.delegation} />`,
      time: leftToRight(exactTime(row.asked_at ?? 0, meetingZone.value)),
    })}
    </p>
    <${CommandButton} spot="order" command="speakers.give_floor" may=${false}
      body=${{ entry: Number(id), ...insteadOf() }} kind="alert" label=${_('Give the floor')}
      hotkey=${n ? undefined : 'P'} calm=${CALM} /></div>`,
  )}</div>
    <${Outcome} spot="order" />`;
}

function Held() {
  return Object.values(view.value.speakers.held ?? {}).map(
    (row) =>
      html`<p class="held" key=${row.entry}>${icon('pause')}<span>${richText(
        _('{who} is held and has {time} left.'),
        {
          who: html`<b><${DelegationName} id=${row.delegation} /></b>`,
          time: leftToRight(clockDigits(Math.ceil(remainingMs(row, 0) / 1000))),
        },
      )}</span></p>`,
  );
}

/** @param {{floor: FloorRow}} props */
function Speaking({ floor }) {
  const paused = floor.since === undefined,
    point = floor.kind === 'point_of_order',
    words = urgencyWords();
  const heard = statementsHeard(view.value.speakers.lists?.[String(floor.list)]);
  return html`<div class=${`now ${urgency.value}`}>
    <p class="label">${point ? html`${icon('gavel')} ${_('Speaking on a point of order')}` : _('Speaking')}</p>
    <h2 class="name" id="now"><${DelegationName} id=${floor.delegation} /></h2>
    <p class="who"><${Flag} id=${floor.delegation} /><${SpeakerOnFloor} />
    <${Mode} mode=${floor.mode} /></p>
    <div class="dial"><${FloorClock} /><dl>
      <dt>${_('Time granted')}</dt><dd>${leftToRight(clockDigits(floor.seconds))}</dd>
      ${
        floor.given_at !== undefined &&
        html`<dt>${_('Started')}</dt>
      <dd>${leftToRight(timeOfDay(floor.given_at, meetingZone.value))}</dd>`
      }
      ${!point && html`<dt>${_('Statement')}</dt><dd>${leftToRight(heard + 1)}</dd>`}</dl></div>
    <${TimeBar} total=${floor.seconds} />
    <p class="says">${
      paused
        ? html`<b class="paused">${icon('pause')} ${pausedWords()}</b>`
        : words
          ? html`<b>
    ${words}</b>`
          : clockReady.value
            ? ''
            : _('Setting the clock…')
    }</p></div>`;
}

function Nobody() {
  return html`<div class="now idle"><p class="label">${_('The floor')}</p><h2 class="name" id="now">
    ${_('Nobody has the floor')}</h2><${Limit} /></div>`;
}

/** The time limit of the list: for those who get the floor from now on. */
function Limit() {
  const it = shownList.value;
  if (!it) return null;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const seconds = readSpan(
      String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('limit')),
    );
    if (!Number.isFinite(seconds) || seconds <= 0) {
      outcomeAt('limit').value = { state: 'refused', words: _('Write minutes, or minutes and seconds: 3 or 3:30.') };
      return;
    }
    void giveCommand(
      'limit',
      'speakers.set_limit',
      { list: Number(shownListId.value), seconds },
      {
        after: () => {
          settingLimit.value = false;
        },
      },
    );
  };
  const now = it.limits?.statement ?? it.seconds;
  return html`<div class="limit">${
    settingLimit.value
      ? html`<form class="row" onsubmit=${submit} onkeydown=${(/** @type {KeyboardEvent} */ e) => {
          if (e.key === 'Escape') {
            e.stopPropagation();
            settingLimit.value = false;
          }
        }}>
        <label>${_('Time limit from now on, in minutes')} <input name="limit" class="short" inputmode="text"
          dir="ltr" value=${clockDigits(now)} ref=${focusOnce} /></label>
        <button class="button small">${_('Set')}</button>
        <button type="button" class="button small" onclick=${() => {
          settingLimit.value = false;
        }}>${_('Cancel')}</button></form>`
      : html`<p class="quiet">
        ${icon('timer')} ${richText(_('Time limit {time}'), {
          time: bold(leftToRight(clockDigits(now))),
        })} <button type="button"
          class="button small" onclick=${() => {
            settingLimit.value = true;
          }}>${_('Change')}</button></p>`
  }
    <${Outcome} spot="limit" /></div>`;
}
const focusOnce = (/** @type {HTMLInputElement | null} */ it) => {
  if (it && document.activeElement !== it) {
    it.focus();
    it.select();
  }
};

function Does() {
  const { floor, held } = view.value.speakers,
    first = waitingRows.value[0]?.[1];
  const back = floor?.kind === 'point_of_order' && Object.values(held ?? {})[0];
  const label = back
    ? _('Back to the speaker')
    : floor || !first
      ? _('Next speaker')
      : richText(_('Give the floor to {who}'), { who: html`<${DelegationName} id=${first.delegation} />` });
  const paused = floor && floor.since === undefined,
    add = { entry: floor?.entry };
  return html`<div class="does">
    <${CommandButton} spot="floor" command="speakers.next" body=${{
      ...(shownListId.value === undefined ? {} : { list: Number(shownListId.value) }),
      ...insteadOf(),
    }} kind="primary" glyph="skip-forward" flips
        label=${label} hotkey="N" calm=${CALM} />
    ${
      floor &&
      html`<${CommandButton} spot="floor" command=${paused ? 'speakers.resume' : 'speakers.pause'} body=${add}
        glyph=${paused ? 'play' : 'pause'} label=${paused ? _('Go on') : _('Pause')} hotkey=${_('Space')} />
      <span class="pair" role="group" aria-label=${_('Time of the speaker')}>
      <${CommandButton} spot="floor" command="speakers.add_time" may=${false} body=${{ ...add, seconds: -30 }}
        label=${html`${leftToRight('30 s')}<span class="unseen"> ${_('less')}</span>`} glyph="minus" hotkey="−" />
      <${CommandButton} spot="floor" command="speakers.add_time" may=${false} body=${{ ...add, seconds: 30 }}
        label=${html`${leftToRight('30 s')}<span class="unseen"> ${_('more')}</span>`} glyph="plus" hotkey="+" /></span>
      <${CommandButton} spot="floor" command="speakers.end" body=${add} label=${_('End')} hint=${_('End the statement')}
        glyph="square" hotkey="E" /><${Limit} />`
    }</div>
    <${Outcome} spot="floor" />`;
}

function Next() {
  const { held } = view.value.speakers,
    waiting = waitingRows.value.slice(0, 1),
    back = Object.values(held ?? {})[0];
  const row = back ?? waiting[0]?.[1],
    rank = back ? undefined : waiting[0]?.[1].rank;
  if (!row)
    return html`<div class="next"><p class="label">${_('Next')}</p>
      <p class="quiet">${
        shownList.value?.state === 'exhausted' ? _('The list is exhausted.') : _('Nobody is waiting.')
      }</p></div>`;
  return html`<div class="next"><p class="label">${_('Next')}</p><h3 class="name">
    <${DelegationName} id=${row.delegation} /></h3><span class="ready">${back && _('gets the floor back')}</span>
    <span></span><span class="about"><${Mode} mode=${row.mode} />${
      row.speaker?.name &&
      row.speaker.name !== nameOf(row.delegation) &&
      html`<bdi class="quiet">
    ${row.speaker.name}</bdi>`
    }${rankWords(rank) && html`<span class="quiet">${rankWords(rank)}</span>`}</span>
    </div>`;
}

export function Floor() {
  const { floor } = view.value.speakers,
    { state } = view.value.meeting;
  return html`<section class="floor" aria-labelledby="now"><${Points} /><${Held} />
    ${
      state !== 'open' && !floor
        ? html`<${StateNow} />`
        : html`${
            state !== 'open' &&
            html`<${StateNow} small
      />`
          }${floor ? html`<${Speaking} floor=${floor} />` : html`<${Nobody} />`}<${Does} />
        <${Next} />`
    }</section>`;
}
