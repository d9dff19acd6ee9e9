// @ts-check
// The list of speakers on the chair's console: who waits, moved by drag, buttons and keys; who was heard;
// opening, closing and the announced closing time. What may be done is the server's to judge.

import { html } from 'htm/preact';
import { clockDigits } from '../clock.js';
import {
  agendaItem,
  currentList,
  forecastNow,
  listForecasts,
  meetingText,
  meetingZone,
  nameOf,
  serverNow,
  view,
} from '../page.js';
import { _, bidiIsolated, ngettext, richPlural, richText } from '../words.js';
import { AddSpeaker } from './add-speaker.js';
import {
  DelegationName,
  Flag,
  Mode,
  PureRow,
  classNames,
  clockTime,
  icon,
  leftToRight,
  rankWords,
  useKeptFocus,
} from './common.js';
import { isOver } from './meeting.js';
import { CommandButton, Outcome, clearOutcome, giveCommand } from './press.js';
import { ClosingTime, askedByWords, listState } from './lists.js';
import { currentDrag, handleProps } from './reorder.js';
import { chosenList, insteadOf, selectedRow, shownList, shownListId, waitingRows } from './shown-list.js';
import { inMinutes, nextTime, spanWords } from './when.js';

/** @typedef {import('../view').WaitingView} Waiting */
/** Beyond this a meeting is held on another day than planned, and its planned end says nothing. */
const FAR = 12 * 3600_000;

// ——— moving ———
const group = (/** @type {Waiting | undefined} */ row) => row?.sort.slice(0, row.sort.indexOf('.'));

/**
 * Stand before another row; behind the last of one's own group where the next row belongs to another.
 * @param {string} id
 * @param {string | undefined} before
 */
function place(id, before) {
  const all = waitingRows.value.filter(([other]) => other !== id),
    mine = waitingRows.value.find(([other]) => other === id)?.[1];
  const next = all.findIndex(([other]) => other === before);
  const endOfGroup =
    before === undefined ||
    (next > 0 && group(all[next]?.[1]) !== group(mine) && group(all[next - 1]?.[1]) === group(mine));
  void giveCommand(`row:${id}`, 'speakers.move', {
    entry: Number(id),
    ...(endOfGroup ? {} : { before: Number(before) }),
  });
}

/** One place up or down. @param {string} id @param {number} by */
export function moveRowBy(id, by) {
  const all = waitingRows.value,
    here = all.findIndex(([other]) => other === id);
  if (here < 0 || here + by < 0 || here + by >= all.length) return;
  place(id, by < 0 ? all[here - 1]?.[0] : all[here + 2]?.[0]);
}

/** First of those it may stand among. @param {string} id */
export function moveRowToTop(id) {
  const mine = waitingRows.value.find(([other]) => other === id)?.[1];
  const first = waitingRows.value.find(([, row]) => group(row) === group(mine));
  if (first && first[0] !== id) place(id, first[0]);
}

/** @param {string} id */
export function removeRow(id) {
  const here = waitingRows.value.findIndex(([other]) => other === id),
    next = waitingRows.value[here + 1] ?? waitingRows.value[here - 1];
  void giveCommand(
    `row:${id}`,
    'speakers.withdraw',
    { entry: Number(id) },
    {
      after: () => {
        if (selectedRow.peek() === id) selectedRow.value = next?.[0];
      },
    },
  );
}

/** Walk the list. @param {number} by */
export function stepSelection(by) {
  const all = waitingRows.value,
    here = all.findIndex(([id]) => id === selectedRow.value);
  const next =
    all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
  if (!next) return;
  selectedRow.value = next[0];
  requestAnimationFrame(() =>
    document.querySelector(`.queue [data-id="${next[0]}"]`)?.scrollIntoView({ block: 'nearest' }),
  );
}

// ——— rows ———
class Row extends PureRow {
  render() {
    const { id, row, place: number, turn, where, open, shift, landing } = /** @type {any} */ (this.props);
    const name = nameOf(row.delegation) || _('Guest'),
      point = row.kind === 'point_of_order';
    const grip = handleProps({
      id,
      label: _('Move {who}, place {n}', { who: bidiIsolated(name), n: number }),
      place: (before) => place(id, before),
      nudge: (by) => moveRowBy(id, by),
    });
    const carried = shift !== undefined;
    const look = classNames({ sel: open, point, carried, landing });
    return html`<li data-id=${id} class=${look} style=${carried ? { translate: `0 ${shift}px` } : undefined}>
      <button ...${grip}>${icon('grip-vertical')}</button><span class="pos">${leftToRight(number)}</span>
      <${Flag} id=${row.delegation} />
      <button type="button" class="pick" aria-expanded=${open ? 'true' : 'false'} onclick=${() => {
        selectedRow.value = open ? undefined : id;
      }}>
        <strong><${DelegationName} id=${row.delegation} /></strong>
        <span class="about">${point && html`<b class="kind">${icon('gavel')} ${_('Point of order')}</b>`}
        <${Mode} mode=${row.mode} />
          ${
            row.speaker?.name &&
            row.speaker.name !== name &&
            html`<bdi class="quiet">${row.speaker.name}
          </bdi>`
          }
          ${rankWords(row.rank) && html`<span class="quiet">${rankWords(row.rank)}</span>`}
          ${
            row.channel &&
            row.channel !== 'web' &&
            html`<span class="quiet">${askedByWords(row.channel)}
          </span>`
          }</span></button>
      ${turn !== undefined ? clockTime(turn, where) : html`<span></span>`}
      ${open && html`<${Tools} id=${id} row=${row} />`}<${Outcome} spot=${`row:${id}`} /></li>`;
  }
}

/** @param {{id: string, row: Waiting}} props */
function Tools({ id, row }) {
  const spot = `row:${id}`,
    who = nameOf(row.delegation);
  return html`<span class="tools" role="group" aria-label=${_('Acts for {who}', { who: bidiIsolated(who) })}>
    <${CommandButton} spot=${spot} command="speakers.give_floor" body=${{ entry: Number(id), ...insteadOf() }}
      label=${_('Give the floor')} glyph="mic" calm=${1500} />
    <button type="button" class="button" onclick=${() => moveRowBy(id, -1)}>${icon('arrow-up')} ${_('Up')}</button>
    <button type="button" class="button" onclick=${() => moveRowBy(id, 1)}>${icon('arrow-down')} ${_('Down')}
    </button>
    <button type="button" class="button" onclick=${() => moveRowToTop(id)}>
    ${icon('arrow-up-to-line')} ${_('To the top')}</button>
    <button type="button" class="button danger" onclick=${() => removeRow(id)}>${icon('x')} ${_('Remove')}</button>
    </span>`;
}

function Queue() {
  useKeptFocus();
  const turns = listForecasts.value[shownListId.value ?? '']?.turns,
    all = waitingRows.value,
    where = meetingZone.value;
  if (!all.length)
    return html`<div class="queue empty"><p>${_('Nobody is waiting.')}</p>
      ${
        !isOver(view.value.meeting.state) &&
        html`<p class="quiet">${_('Delegations ask on their own page. You can add a speaker below.')}</p>`
      }</div>`;
  const d = currentDrag.value,
    end = d && d.shift !== 0 && d.before === undefined; // the dragged row follows the finger
  return html`<ol class=${`queue ${d ? 'moving' : ''} ${end ? 'to-end' : ''}`}
    aria-label=${_('Speakers’ list')}>${all.map(
      ([id, row], index) =>
        html`<${Row} key=${id} id=${id} row=${row} place=${index + 1} turn=${
          turns?.[id] && Math.round(turns[id].at / 60_000) * 60_000
        } where=${where} open=${selectedRow.value === id}
          shift=${d?.id === id ? d.shift : undefined} landing=${d?.shift && d.before === id}
            name=${nameOf(row.delegation)} />`,
    )}</ol>`;
}

// ——— head and foot ———
/** Open or close; also the key L. */
export function toggleList() {
  const it = shownList.value,
    id = Number(shownListId.value);
  if (!it) return giveCommand('list', 'speakers.open_list', {});
  if (it.state === 'open') return giveCommand('list', 'speakers.close_list', { list: id });
  if (it.state === 'not_open')
    return giveCommand('list', 'speakers.open_list', it.item === undefined ? {} : { item: it.item });
  return giveCommand('list', 'speakers.reopen_list', { list: id });
}

function Head() {
  const it = shownList.value;
  const count = waitingRows.value.length || it?.count || 0;
  return html`<header>
    <div><h2 id="q">${_('Speakers’ list')} <small>${leftToRight(count)}</small></h2><${Chooser} /></div>
    ${!isOver(view.value.meeting.state) && html`<${Switch} state=${it?.state} />`}
    <p class="quiet">${it && html`<b class="state">${listState(it.state)}</b>`}
      ${it?.state === 'open' && it.closes_at !== undefined && html` · <${ClosingTime} at=${it.closes_at} />`}
      ${count > 0 && html`<${Ending} />`}</p>
    ${it?.state === 'open' && html`<${Announce} id=${Number(shownListId.value)} at=${it.closes_at} />`}
    <${Outcome} spot="list" /></header>`;
}

/** Opens or closes the list. @param {{state?: string}} props */
function Switch({ state }) {
  const open = state === 'open',
    again = state === 'closed' || state === 'exhausted';
  const label = open ? _('Close the list') : again ? _('Reopen the list') : _('Open the list');
  return html`<button type="button" class="button" aria-keyshortcuts="L" onclick=${toggleList}>
    ${icon(open ? 'lock' : 'lock-open')}<span>${label}</span><kbd aria-hidden="true">L</kbd></button>`;
}

/** When the last name will be done, and whether that is too late. */
function Ending() {
  const end = listForecasts.value[shownListId.value ?? '']?.end,
    { session, sessions } = view.value.meeting;
  if (end === undefined) return null;
  const late = session === undefined ? 0 : end - (sessions[String(session)]?.ends_at ?? Infinity);
  const at = clockTime(Math.round(end / 60_000) * 60_000, meetingZone.value);
  return html` · ${richText(_('ends about {time}'), { time: at })}
    ${
      late > 60_000 &&
      late < FAR &&
      html` · <b class="late">
    ${_('{span} beyond the end of the meeting', { span: spanWords(late) })}</b>`
    }`;
}

/** Announce when the list will close. @param {{id: number, at: number | undefined}} props */
function Announce({ id, at }) {
  const minutes = [5, 10, 15];
  const send = (/** @type {number} */ moment) =>
    giveCommand('list', 'speakers.close_list', { list: id, at: moment });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const moment = nextTime(
      String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('at')),
      meetingZone.value,
      serverNow.value,
    );
    if (Number.isFinite(moment)) void send(moment);
  };
  return html`<details class="more"><summary>${icon('timer')} ${
    at === undefined ? _('Announce a closing time') : _('Change the closing time')
  }</summary><div>
    ${minutes.map(
      (m) =>
        html`<button type="button" class="button small" onclick=${() =>
          send(inMinutes(m, serverNow.value))}>${ngettext('In {n} minute', 'In {n} minutes', m)}</button>`,
    )}
    <form onsubmit=${submit}><label>${_('At')} <input type="time" name="at" required /></label>
    <button class="button small">${_('Announce')}</button></form>
    ${
      at !== undefined &&
      html`<button type="button" class="button small" onclick=${() =>
        giveCommand('list', 'speakers.reopen_list', { list: id })}>${_('Take the announcement back')}</button>`
    }</div></details>`;
}

/** Other lists that are open or have somebody waiting. */
function Chooser() {
  const others = Object.entries(view.value.speakers.lists ?? {}).filter(
    ([id, it]) =>
      id === shownListId.value || id === currentList.value || it.state === 'open' || (it.count ?? 0) > 0,
  );
  const title = (/** @type {import('../view').ListView} */ it) =>
    it.item === undefined
      ? _('The meeting, no item')
      : [agendaItem(it.item)?.number, meetingText(agendaItem(it.item)?.title)].filter(Boolean).join('  ');
  if (others.length < 2) return null;
  return html`<select class="small" aria-label=${_('Which list')} value=${shownListId.value} onchange=${(
    /** @type {any} */ e,
  ) => {
    chosenList.value = e.currentTarget.value === currentList.value ? undefined : e.currentTarget.value;
    clearOutcome('list');
  }}>
    ${others.map(([id, it]) => html`<option value=${id}>${title(it)} (${it.count ?? 0})</option>`)}</select>`;
}

/** Who was heard. */
function Heard() {
  const all = Object.entries(shownList.value?.heard ?? {}).sort(([, a], [, b]) => b.ended_at - a.ended_at);
  if (!all.length) return null;
  return html`<details class="heard">
    <summary>${icon('check')} ${ngettext('{n} statement heard', '{n} statements heard', all.length)}</summary>
    <ol>${all.map(
      ([id, it]) =>
        html`<li key=${id}><${Flag} id=${it.delegation} /><span><${DelegationName} id=${it.delegation} />
        ${
          it.over_run
            ? html` <small class="late">
        ${richPlural('{time} over', '{time} over', 1, { time: leftToRight(clockDigits(it.over_run)) })}</small>`
            : ''
        }</span>
        ${leftToRight(clockDigits(it.spoken))}</li>`,
    )}</ol></details>`;
}

export function SpeakersList() {
  void forecastNow.value;
  return html`<section class="list" aria-labelledby="q"><${Head} /><${Queue} /><footer><${Heard} />
    ${!isOver(view.value.meeting.state) && html`<${AddSpeaker} />`}</footer></section>`;
}
