// @ts-check
// The meeting itself: the head of the chair's page, its state, and opening, suspending, resuming, adjourning
// and closing it. Only closing asks, since it alone cannot be taken back.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { boot, meetingText, meetingZone, serverNow, view } from '../page.js';
import { _, cityOfZone, longDate, richText, shortDate, timeOfDay } from '../words.js';
import { ConnectionSign, Dialog, bold, clockTime, icon, leftToRight } from './common.js';
import { CommandButton, Outcome, giveCommand } from './press.js';
import { inMinutes, nextTime, spanWords } from './when.js';

/** @typedef {import('../view').SessionView} Session */
const asking = signal(false);
const BREAKS = [10, 15, 30];

/** @param {string} state */
export const stateWords = (state) =>
  ({
    scheduled: _('Not open yet'),
    open: _('Open'),
    suspended: _('Suspended'),
    adjourned: _('Adjourned'),
    closed: _('Closed'),
    cancelled: _('Cancelled'),
  })[state] ?? state;

/** Whether nothing happens in the meeting any more. @param {string} state */
export const isOver = (state) => state === 'closed' || state === 'cancelled';

/** The session in progress, else the next one, else the last. @returns {[string, Session] | undefined} */
export function sessionToShow() {
  const { session: id, sessions } = view.value.meeting;
  const all = Object.entries(sessions).sort(([, a], [, b]) => a.starts_at - b.starts_at);
  return (
    all.find(([it]) => it === String(id)) ??
    all.find(([, it]) => it.ends_at > serverNow.peek() && !('ended_at' in it)) ??
    all.at(-1)
  );
}

/** "Monday, 11 December 2023, 10:00–13:00, Ashgabat" @param {Session} it */
const sessionWords = (it) =>
  _('{date}, {from}–{to}, {place}', {
    date: longDate(it.starts_at, it.zone),
    from: timeOfDay(it.starts_at, it.zone),
    to: timeOfDay(it.ends_at, it.zone),
    place: cityOfZone(it.zone),
  });

/** S */
export const suspendMeeting = (/** @type {number | undefined} */ until) =>
  giveCommand('meeting', 'meeting.suspend', until === undefined ? {} : { until });

// ——— head of the page ———
/** @param {{children?: any}} props */
export function ConsoleHead({ children }) {
  const { meeting, roster } = view.value,
    it = sessionToShow(),
    { in_room = 0, remote = 0 } = roster.present ?? {};
  const body = meetingText(meeting.body),
    title = meetingText(meeting.title);
  return html`<header class="top"><div class="what"><h1><bdi>${title}</bdi></h1><p>${
    body &&
    html`<bdi>${body}
    </bdi> · `
  }${it && sessionWords(it[1])}</p></div>
    <ul class="facts"><li class="optional">${icon('armchair')} <b>${leftToRight(in_room)}</b> ${_('in the room')}</li>
    <li class="optional">${icon('video')} <b>${leftToRight(remote)}</b> ${_('remote')}</li>
      <li class="optional wide">${icon('languages')} ${leftToRight(
        meeting.languages.map((code) => code.toUpperCase()).join(' '),
      )}</li>
      <li><${Menu} /></li>${children}<li><${ConnectionSign} /></li><li class="wall">${leftToRight(
        timeOfDay(serverNow.value, meetingZone.value),
      )}
      </li></ul></header>`;
}

/** The state of the meeting, and what leads on from it. */
function Menu() {
  const { state } = view.value.meeting;
  const run = state === 'open' || state === 'suspended';
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const until = nextTime(
      String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('until')),
      meetingZone.value,
      serverNow.value,
    );
    if (Number.isFinite(until)) void suspendMeeting(until);
  };
  const shut = (/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'Escape') {
      /** @type {HTMLDetailsElement} */ (e.currentTarget).open = false;
      e.stopPropagation();
    }
  };
  const away = (/** @type {FocusEvent} */ e) => {
    const box = /** @type {HTMLDetailsElement} */ (e.currentTarget);
    if (e.relatedTarget instanceof Node && !box.contains(e.relatedTarget)) box.open = false;
  };
  return html`<details class="menu" onkeydown=${shut} onfocusout=${away}><summary class="button small">
    <span class="before">${_('Meeting')}: </span><b>${stateWords(state)}</b> ${icon('chevron-down')}</summary>
    <div class="sheet">
    ${
      state === 'open' &&
      html`<p class="label">${_('Suspend')}</p><div class="row">
      <${CommandButton} spot="meeting" command="meeting.suspend" label=${_('Until I resume')} hotkey="S" />
      ${BREAKS.map(
        (m) =>
          html`<${CommandButton} spot="meeting" command="meeting.suspend" body=${{
            until: inMinutes(m, serverNow.value),
          }} label=${spanWords(m * 60_000)} />`,
      )}</div>
      <form class="row" onsubmit=${submit}><label>${_('Until')} <input type="time" name="until" required />
      </label><button class="button">${_('Suspend')}</button></form>`
    }
    ${
      state === 'suspended' &&
      html`<${CommandButton} spot="meeting" command="meeting.resume" kind="primary" glyph="play"
      label=${_('Resume the meeting')} />`
    }
    ${(state === 'scheduled' || state === 'adjourned') && html`<${Openers} />`}
    ${
      run &&
      html`<p class="label">${_('Adjourn')}</p>
    <p class="quiet">${_('Ends this session. Lists and items go on in the next one.')}</p>
    <${CommandButton} spot="meeting" command="meeting.adjourn" label=${_('Adjourn the meeting')} />`
    }
    ${(state === 'scheduled' || state === 'adjourned') && html`<${Cancelling} />`}
    ${
      !isOver(state) &&
      html`<p class="label">${_('Close')}</p>
        <p class="quiet">${_('Ends the whole meeting. This cannot be taken back.')}</p>
      <button type="button" class="button danger" onclick=${() => {
        asking.value = true;
      }}>${_('Close the meeting…')}</button>`
    }
    ${
      boot.urls?.links &&
      html`<p class="label">${_('More pages')}</p><p class="row">
      <a class="button" href=${boot.urls.times}>${_('Times and places')}</a>
      <a class="button" href=${boot.urls.invitations}>${_('Invitations')}</a>
      <a class="button" href=${boot.urls.links}>${_('Personal links')}</a>
      ${boot.urls.erase && html`<a class="button" href=${boot.urls.erase}>${_('Erase words and names')}</a>`}
      <a class="button" href=${boot.urls.room} target="_blank" rel="noopener">${_('Room display')}</a></p>`
    }
    <${Outcome} spot="meeting" /></div></details>`;
}

/** A meeting that does not take place, or not go on: everybody invited is told, and Undo brings it back. */
function Cancelling() {
  return html`<p class="label">${_('Cancel the meeting')}</p>
    <p class="quiet">${_('Those invited are told a minute later.')}</p>
    <${CommandButton} spot="meeting" command="meeting.cancel" kind="danger" label=${_('Cancel the meeting')} />`;
}

/** One button for each session that can still be opened. */
function Openers() {
  const all = Object.entries(view.value.meeting.sessions)
    .filter(([, it]) => !('ended_at' in it))
    .sort(([, a], [, b]) => a.starts_at - b.starts_at);
  if (all.length < 2)
    return html`<${CommandButton} spot="meeting" command="meeting.open" kind="primary" glyph="gavel"
      label=${_('Open the meeting')} />`;
  return html`<div class="stack">${all.map(
    ([id, it], n) => html`<${Opener} key=${id} id=${id} it=${it}
    first=${!n} />`,
  )}</div>`;
}

/** @param {{id: string, it: Session, first: boolean}} props */
function Opener({ id, it, first }) {
  const facts = { day: shortDate(it.starts_at, it.zone), time: leftToRight(timeOfDay(it.starts_at, it.zone)) };
  return html`<${CommandButton} spot="meeting" command="meeting.open" body=${{ session: Number(id) }}
    kind=${first ? 'primary' : ''} glyph="gavel" label=${richText(_('Open the session of {day}, {time}'), facts)}
      />`;
}

/** Closing the meeting is the one act that asks. */
export function CloseMeetingDialog() {
  if (!asking.value) return null;
  const away = () => {
    asking.value = false;
  };
  return html`<${Dialog} title=${_('Close the meeting?')} onclose=${away}>
    <p>
      ${_('All lists are closed and the floor is ended. A closed meeting cannot be opened again.')}${' '}
      ${_('To go on another day, adjourn instead.')}
    </p>
    <p class="row"><${CommandButton} spot="closing" command="meeting.close" kind="alert" label=${_('Close the meeting')}
      after=${away} /><button type="button" class="button" onclick=${away}>${_('Cancel')}</button></p>
        <${Outcome} spot="closing" /></${Dialog}>`;
}

/**
 * What stands in the middle of the console while the meeting is not open.
 * @param {{small?: boolean}} props
 */
export function StateNow({ small = false }) {
  const { state, until } = view.value.meeting,
    it = sessionToShow();
  if (small)
    return html`<div class="strip">
      <b>${
        until === undefined
          ? stateWords(state)
          : richText(_('Suspended until {time}'), { time: clockTime(until, meetingZone.value) })
      }</b>
    ${
      state === 'suspended' &&
      html`<${CommandButton} spot="meeting" command="meeting.resume" glyph="play"
      label=${_('Resume the meeting')} />`
    }<${Outcome} spot="meeting" /></div>`;
  return html`<div class="now idle"><p class="label">${_('The meeting')}</p>
    <h2 class="name" id="now">${
      {
        scheduled: _('Not open yet'),
        suspended:
          until === undefined
            ? _('Suspended')
            : richText(_('Suspended until {time}'), { time: clockTime(until, meetingZone.value) }),
        adjourned: _('Adjourned'),
        closed: _('Closed'),
        cancelled: _('This meeting is cancelled'),
        open: _('Open'),
      }[state]
    }</h2>
    ${
      state === 'suspended' &&
      until !== undefined &&
      html`<p class="who">
    ${
      until > serverNow.value
        ? richText(_('in {span}'), { span: bold(spanWords(until - serverNow.value)) })
        : _('The time has come.')
    }</p>`
    }
    ${state === 'scheduled' && it && html`<p class="who">${sessionWords(it[1])}</p>`}
    ${
      state === 'cancelled' &&
      html`<p class="who">${_('Nothing happens in it any more. Undo takes the cancelling back.')}</p>`
    }
    ${state === 'closed' && html`<p class="who">${_('Nothing can be changed any more. Thank you.')}</p>`}
    <div class="does">${
      state === 'suspended' &&
      html`<${CommandButton} spot="meeting" command="meeting.resume"
      kind="primary" glyph="play" label=${_('Resume the meeting')} />`
    }${
      (state === 'scheduled' || state === 'adjourned') && html`<${Openers} />`
    }</div><${Outcome} spot="meeting" /></div>`;
}
