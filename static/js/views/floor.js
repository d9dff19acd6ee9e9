// @ts-check
// A delegate's page, phone first: ask for the floor in the thumb's reach, one's place and expected time,
// stand-by, "you have the floor" with the clock. When it is whose turn is worked out in parts/turn.js.

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { html } from 'htm/preact';
import { clockDigits, remainingMs } from '../clock.js';
import {
  agendaItem,
  boot,
  currentList,
  emptiedPage,
  listForecasts,
  meetingText,
  meetingZone,
  serverNow,
  startPage,
  urgency,
  view,
} from '../page.js';
import {
  _,
  cityOfZone,
  longDate,
  ownZone,
  richPlural,
  richText,
  sameDay,
  shortDate,
  timeOfDay,
} from '../words.js';
import { SoundSwitch } from '../parts/attention.js';
import {
  Banner,
  ConnectionSign,
  DelegationName,
  Flag,
  FloorClock,
  LiveRegions,
  TimeBar,
  bold,
  clockTime,
  icon,
  leftToRight,
  pausedWords,
  urgencyWords,
  useTitle,
} from '../parts/common.js';
import { isOver, sessionToShow } from '../parts/meeting.js';
import { CommandButton, Outcome } from '../parts/press.js';
import { DelegateQueue } from '../parts/line.js';
import { WhileAway } from '../parts/record.js';
import { PlaceChoice } from '../parts/roster.js';
import { ClosingTime } from '../parts/lists.js';
import {
  ownDelegation,
  ownFloor,
  ownHeldFloor,
  ownPlace,
  ownPointOfOrder,
  standbyMark,
  standbySeen,
  turnNearness,
} from '../parts/turn.js';
import { spanWords } from '../parts/when.js';

// ——— head ———
function Me() {
  return html`<header class="me"><${Flag} id=${ownDelegation} /><div><strong>
    <${DelegationName} id=${ownDelegation} /></strong><small>
    <bdi>${meetingText(view.value.meeting.body) || meetingText(view.value.meeting.title)}</bdi></small></div>
    <${ConnectionSign} /></header>`;
}

function Now() {
  const { agenda, meeting } = view.value,
    it = agendaItem(agenda.current),
    found = sessionToShow();
  if (it)
    return html`<p class="meeting">${it.number && html`<b>${_('Item {number}', { number: it.number })}</b> · `}
      <bdi>${meetingText(it.title)}</bdi></p>`;
  return html`<p class="meeting"><b><bdi>${meetingText(meeting.title)}</bdi></b>${
    found &&
    html`<br />
    ${_('{date}, {from}–{to}, {place}', {
      date: longDate(found[1].starts_at, found[1].zone),
      from: timeOfDay(found[1].starts_at, found[1].zone),
      to: timeOfDay(found[1].ends_at, found[1].zone),
      place: cityOfZone(found[1].zone),
    })}`
  }</p>`;
}

/** A moment in the meeting's zone, and in one's own where that is another. @param {number} ms */
function moment(ms) {
  const at = Math.round(ms / 60_000) * 60_000,
    there = meetingZone.value,
    own = ownZone(),
    other = timeOfDay(at, there) !== timeOfDay(at, own) || shortDate(at, there) !== shortDate(at, own),
    today = sameDay(at, serverNow.peek(), there);
  return html`<b>${!today && `${shortDate(at, there)}, `}${clockTime(at, there)}</b>
    ${
      other &&
      html` <span class="own">${
        sameDay(at, serverNow.peek(), own)
          ? _('({time} your time)', { time: timeOfDay(at, own) })
          : _('({day}, {time} your time)', { day: shortDate(at, own), time: timeOfDay(at, own) })
      }</span>`
    }`;
}

/** Why the expected time moves. @param {string} list */
const because = (list) =>
  view.value.speakers.lists?.[list]?.cycle_s
    ? _('Counted from how long the speakers have taken so far. It moves with the speakers before you.')
    : _('Counted from the time limit. It moves with the speakers before you.');

// ——— the middle: one of these ———
function YouSpeak() {
  const floor = /** @type {import('../view').FloorView} */ (ownFloor.value),
    words = urgencyWords();
  useTitle(_('You have the floor'));
  return html`<section class=${`standby speaking ${urgency.value}`} aria-labelledby="turn">
    <p class="label">${floor.kind === 'point_of_order' ? _('Point of order') : _('Speaking')}</p>
    <h1 id="turn">${_('You have the floor')}</h1>
    <${FloorClock} /><${TimeBar} total=${floor.seconds} /><p class="says">
    <b>${
      floor.since === undefined
        ? html`${icon('pause')} ${pausedWords()}`
        : words || richText(_('of {time}'), { time: leftToRight(clockDigits(floor.seconds)) })
    }</b></p></section>`;
}

function Standby() {
  const next = turnNearness.value === '1',
    turn = listForecasts.value[ownPlace.value?.list ?? '']?.turns[ownPlace.value?.id ?? ''],
    wait = turn ? turn.at - serverNow.value : 0;
  const title = next ? _('You are next') : _('You speak after the next speaker');
  const row = view.value.roster.delegations?.[String(ownDelegation)];
  useTitle(`● ${title}`);
  return html`<section class="standby" aria-labelledby="turn"><p class="label">${_('Stand by')}</p>
    <h1 id="turn">${title}</h1>
    <p>${
      turn
        ? richText(_('Please be ready. The Chair will give you the floor in about {span}.'), {
            span: bold(spanWords(wait)),
          })
        : _('Please be ready.')
    }</p>
    <ul><li>${icon(row?.mode === 'remote' ? 'video' : 'armchair')} ${
      row?.mode === 'remote'
        ? _('You speak remotely: keep camera and microphone ready.')
        : _('You speak in the room: be at your seat.')
    }</li></ul>
    <button type="button" class="button" onclick=${() => {
      standbySeen.value = standbyMark.value;
    }}>${icon('check')} ${_('I have seen this')}</button></section>`;
}

function MyPlace() {
  const it = /** @type {NonNullable<typeof ownPlace.value>} */ (ownPlace.value),
    turn = listForecasts.value[it.list]?.turns[it.id],
    where = meetingZone.value;
  const minute = (/** @type {number} */ ms, /** @type {(n: number) => number} */ round) =>
    clockTime(round(ms / 60_000) * 60_000, where);
  return html`<section class="place"><h1 class="big"><b>${leftToRight(it.place)}</b><span>${_('in the list')}</span>
    </h1>
    ${
      turn
        ? html`<p class="when">${richText(_('About {time}, in {span}'), {
            time: moment(turn.at),
            span: spanWords(turn.at - serverNow.value),
          })}</p>
      <p class="spread">${richText(_('Likely between {from} and {to}.'), {
        from: minute(turn.from, Math.floor),
        to: minute(turn.to, Math.ceil),
      })} ${because(it.list)}</p>`
        : html`<p class="when">${
            it.list === currentList.value
              ? _('The time is told when the meeting goes on.')
              : richText(_('For {item}, which is not taken up yet.'), {
                  item: html`<bdi>
            ${meetingText(agendaItem(view.value.speakers.lists?.[it.list]?.item)?.title)}</bdi>`,
                })
          }</p>`
    }</section>`;
}

function NotInList() {
  const id = currentList.value,
    list = id === undefined ? undefined : view.value.speakers.lists?.[id],
    turn = id === undefined ? undefined : listForecasts.value[id]?.next;
  const { meeting, agenda } = view.value,
    waiting = list?.count ?? 0,
    found = sessionToShow();
  const heard = Object.values(list?.heard ?? {}).some(
    (row) => row.delegation === ownDelegation && row.kind !== 'point_of_order',
  );
  const state = {
    scheduled: _('The meeting is not open yet'),
    suspended: _('The meeting is suspended'),
    adjourned: _('The meeting is adjourned'),
    closed: _('The meeting is closed'),
    cancelled: _('This meeting is cancelled'),
    open: '',
  }[meeting.state];
  const words =
    meeting.state === 'suspended' && meeting.until !== undefined
      ? richText(_('It goes on at {time}.'), { time: moment(meeting.until) })
      : meeting.state === 'scheduled' && found
        ? richText(_('It begins at {time}.'), { time: moment(found[1].starts_at) })
        : list?.state === 'open' && waiting
          ? richPlural('{n} speaker is waiting.', '{n} speakers are waiting.', waiting, {})
          : list?.state === 'open'
            ? _('Nobody is waiting.')
            : '';
  return html`<section class="place"><h1>${
    state ||
    (heard
      ? _('You have spoken on this item')
      : list?.state === 'open'
        ? _('You are not in the list')
        : agenda.current === undefined
          ? _('No item is taken up')
          : list?.state === 'closed' || list?.state === 'exhausted'
            ? _('The list is closed')
            : _('The list is not open yet'))
  }</h1>
    <p class="when">${words}${
      !heard &&
      !state &&
      list?.state === 'open' &&
      turn &&
      html` ${richText(_('If you ask now, your turn comes at about {time}.'), { time: moment(turn.at) })}`
    }</p>
        </section>`;
}

function Held() {
  const it = ownHeldFloor.value;
  return it
    ? html`<section class="place"><h1>${_('You are interrupted')}</h1>
      <p class="when">${richText(_('A point of order is heard first. Then you go on and have {time} left.'), {
        time: bold(leftToRight(clockDigits(Math.ceil(remainingMs(it, 0) / 1000)))),
      })}</p></section>`
    : null;
}

function ListClosing() {
  const list = view.value.speakers.lists?.[currentList.value ?? ''];
  return list?.state === 'open' && list.closes_at !== undefined && !ownPlace.value
    ? html`<section class="notice" role="status"><p><${ClosingTime} at=${list.closes_at} whole=${true} />.</p>
      </section>`
    : null;
}

// ——— the foot: within reach of the thumb ———
function Reach() {
  const floor = ownFloor.value,
    list = currentList.value === undefined ? {} : { list: Number(currentList.value) };
  if (floor)
    return html`<footer class="reach"><${Outcome} spot="end" />
      <${CommandButton} spot="end" command="speakers.end" may=${false} body=${{ entry: floor.entry }} kind="primary"
        glyph="check" label=${_('End my statement')} /></footer>`;
  const order = ownPointOfOrder.value
    ? html`<${CommandButton} spot="order" command="speakers.withdraw" may=${false}
      body=${{ entry: Number(ownPointOfOrder.value.id) }} kind="danger on" glyph="gavel"
        label=${_('Withdraw my point of order')} />`
    : html`<${CommandButton} spot="order" command="speakers.request_floor" may="speakers.request_floor:point_of_order"
      body=${{ ...list, kind: 'point_of_order' }} kind="danger" glyph="gavel" label=${_('Point of order')} />`;
  const main = ownPlace.value
    ? html`<${CommandButton} spot="ask" command="speakers.withdraw" may=${false}
      body=${{ entry: Number(ownPlace.value.id) }} label=${_('Withdraw my request')} />`
    : html`<${CommandButton} spot="ask" command="speakers.request_floor" body=${list} kind="primary" glyph="hand"
      label=${_('Ask for the floor')} />`;
  return html`<footer class="reach"><${Outcome} spot="ask" /><${Outcome} spot="order" />
    ${
      ownPointOfOrder.value &&
      html`<p class="passed" role="status">
    ${icon('gavel')} ${_('Your point of order is before the Chair.')}</p>`
    }
    <div class=${ownPlace.value ? 'two' : 'stack'}>${main}${order}</div></footer>`;
}

/** The link is fine, its delegation is not there. */
function NotAccredited() {
  return html`<${Banner} />
    <header class="me"><div><strong><bdi>${meetingText(view.value.meeting.title)}</bdi></strong></div>
    <${ConnectionSign} /></header>
    <main><section class="place"><h1>${_('Your delegation is not accredited')}</h1>
      <p class="when">${_('It was withdrawn, or this link is an old one. Ask the secretariat.')}</p></section>
      </main>
    <${LiveRegions} />`;
}

/** The one thing that matters now. */
function Matter() {
  if (turnNearness.value === 'floor') return html`<${YouSpeak} />`;
  if (turnNearness.value && standbySeen.value !== standbyMark.value) return html`<${Standby} />`;
  const place = ownHeldFloor.value ? html`<${Held} />` : ownPlace.value ? html`<${MyPlace} />` : html`<${NotInList} />`;
  return html`<${Now} />${place}`;
}

function Delegate() {
  useEffect(() => document.documentElement.classList.add('ready'), []);
  const row = view.value.roster.delegations?.[String(ownDelegation)],
    over = isOver(view.value.meeting.state);
  if (!row || row.withdrawn) return html`<${NotAccredited} />`;
  const where = !over && !ownFloor.value && !ownHeldFloor.value && html`<${PlaceChoice} id=${ownDelegation} />`;
  return html`<${Banner} /><${Me} />
    <main><${WhileAway} /><${Matter} /><${ListClosing} />
      ${!row.present && where}<${DelegateQueue} />${row.present && where}${!over && html`<${SoundSwitch} />`}
      ${
        boot.urls?.calendar &&
        html`<p class="to-calendar"><a href=${boot.urls.calendar}>${_('Times and calendar')}</a></p>`
      }</main>
    ${!over && html`<${Reach} />`}<${LiveRegions} />`;
}

render(html`<${Delegate} />`, emptiedPage());
startPage();
