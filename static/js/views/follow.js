// @ts-check
// The public page: what is being discussed, who speaks, who is next or how many, how far the agenda is, and
// when, in three times. The server has drawn a summary already; this replaces it with the live one.

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { html } from 'htm/preact';
import { effect } from '@preact/signals';
import { ordered } from '../forecast.js';
import {
  agendaItem,
  boot,
  currentList,
  emptiedPage,
  listForecasts,
  meetingText,
  meetingZone,
  said,
  serverNow,
  startPage,
  urgency,
  view,
} from '../page.js';
import {
  _,
  cityOfZone,
  longDate,
  ngettext,
  ownZone,
  richPlural,
  richText,
  sameDay,
  shortDate,
} from '../words.js';
import { Agenda } from '../parts/agenda.js';
import {
  Banner,
  ConnectionSign,
  DelegationName,
  Flag,
  FloorClock,
  LiveRegions,
  Mode,
  SpeakerOnFloor,
  TimeBar,
  announce,
  bold,
  clockTime,
  icon,
  leftToRight,
  pausedWords,
  urgencyWords,
} from '../parts/common.js';
import { sessionToShow, stateWords } from '../parts/meeting.js';
import { WhileAway } from '../parts/record.js';
import { plainSentence } from '../parts/said.js';
import { ClosingTime, listState } from '../parts/lists.js';
import { spanWords } from '../parts/when.js';

function Head() {
  const { meeting } = view.value,
    body = meetingText(meeting.body);
  return html`<header class="public"><div>${body && html`<p class="label"><bdi>${body}</bdi></p>`}<h1>
    <bdi>${meetingText(meeting.title)}</bdi></h1></div><${ConnectionSign} /></header>`;
}

/**
 * One moment in three times: where the meeting is, where the reader is, and UTC.
 * @param {{it: import('../view').SessionView, room?: string}} props
 */
function Times({ it, room }) {
  const row = (/** @type {string} */ label, /** @type {string} */ where) => {
    const other =
      !sameDay(it.starts_at, it.ends_at, where) || shortDate(it.starts_at, where) !== shortDate(it.starts_at, it.zone);
    return html`<div><dt>${label}</dt><dd>${other && html`${shortDate(it.starts_at, where)} `}
      ${clockTime(it.starts_at, where)}–${clockTime(it.ends_at, where)}</dd></div>`;
  };
  const own = ownZone();
  return html`<dl class="times"><div><dt>${_('Date')}</dt><dd>${longDate(it.starts_at, it.zone)}</dd></div>
    ${row(cityOfZone(it.zone), it.zone)}${
      own !== it.zone && own !== 'UTC' && row(_('Where you are ({place})', { place: cityOfZone(own) }), own)
    }${it.zone !== 'UTC' && row('UTC', 'UTC')}${
      room &&
      html`<div>
        <dt>${_('Place')}</dt><dd><bdi>${room}</bdi></dd></div>`
    }</dl>`;
}

function Stage() {
  const { meeting, speakers, agenda } = view.value,
    floor = speakers.floor,
    it = agendaItem(agenda.current);
  const heading = it
    ? html`<p class="meeting">${it.number && html`<b>${_('Item {number}', { number: it.number })}</b> · `}
      <bdi>${meetingText(it.title)}</bdi></p>`
    : '';
  if (!floor) {
    const wait = (sessionToShow()?.[1].starts_at ?? 0) - serverNow.value;
    const words =
      meeting.state === 'suspended' && meeting.until !== undefined
        ? richText(_('It goes on at {time}.'), { time: clockTime(meeting.until, meetingZone.value) })
        : meeting.state === 'open'
          ? ''
          : meeting.state === 'scheduled' && wait > 0
            ? richText(_('It begins in {span}.'), { span: bold(spanWords(wait)) })
            : '';
    const title = {
      open: _('Nobody has the floor'),
      scheduled: _('The meeting is not open yet'),
      suspended: _('The meeting is suspended'),
      adjourned: _('The meeting is adjourned'),
      closed: _('The meeting is closed'),
      cancelled: _('This meeting is cancelled'),
    }[meeting.state];
    return html`<section class="stagecraft" aria-labelledby="now">${heading}<h2 class="name" id="now">${title}
      </h2>${words && html`<p class="when">${words}</p>`}</section>`;
  }
  return html`<section class=${`stagecraft ${urgency.value}`} aria-labelledby="now">${heading}
    <p class="label">${
      floor.kind === 'point_of_order'
        ? html`${icon('gavel')} ${_('Speaking on a point of order')}`
        : _('Speaking')
    }</p>
    <h2 class="name" id="now"><${DelegationName} id=${floor.delegation} /></h2><p class="who">
    <${Flag} id=${floor.delegation} /><${SpeakerOnFloor} /><${Mode} mode=${floor.mode} />
    </p>
    <${FloorClock} /><${TimeBar} total=${floor.seconds} /><p class="says">
    <b>${floor.since === undefined ? html`${icon('pause')} ${pausedWords()}` : urgencyWords()}</b></p>
    </section>`;
}

function Waiting() {
  const id = currentList.value ?? '',
    list = view.value.speakers.lists?.[id],
    rows = ordered(list?.waiting),
    forecast = listForecasts.value[id];
  if (!list || view.value.meeting.state === 'cancelled' || (list.state === 'not_open' && !rows.length)) return null;
  const total = list.count ?? rows.length,
    minute = (/** @type {number} */ ms) => clockTime(Math.round(ms / 60_000) * 60_000, meetingZone.value);
  return html`<section aria-labelledby="list"><h2 id="list">${_('Speakers’ list')} <small>
    ${leftToRight(total)}</small></h2>
    <p class="quiet">${listState(list.state)}${
      list.state === 'open' && list.closes_at !== undefined && html` · <${ClosingTime} at=${list.closes_at} />`
    }${forecast && total > 0 && html` · ${richText(_('ends about {time}'), { time: minute(forecast.end) })}`}</p>
    ${
      list.waiting
        ? html`<ol class="line">${rows.map(
            ([key, row], n) => html`<li key=${key}>
          <span class="pos">${row.kind === 'point_of_order' ? icon('gavel') : leftToRight(n + 1)}</span><span>
          <${DelegationName} id=${row.delegation} /> <${Mode} mode=${row.mode} /></span>
          ${forecast?.turns[key] ? minute(forecast.turns[key].at) : html`<span></span>`}</li>`,
          )}</ol>`
        : html`<p>${
            total
              ? richPlural('{n} speaker is waiting.', '{n} speakers are waiting.', total, {})
              : _('Nobody is waiting.')
          }</p>`
    }</section>`;
}

function Progress() {
  const rows = ordered(view.value.agenda.items),
    done = rows.filter(([, it]) => it.state === 'concluded').length;
  return html`<section class="agenda" aria-labelledby="agenda"><h2 id="agenda">${_('Agenda')}</h2>
    <p class="quiet">${ngettext(
      '{done} of {n} item concluded',
      '{done} of {n} items concluded',
      rows.length,
      { done },
    )}</p><${Agenda} /></section>`;
}

function Follow() {
  useEffect(() => {
    document.documentElement.classList.add('ready');
  }, []);
  const { meeting, roster } = view.value,
    it = sessionToShow();
  return html`<${Banner} /><${Head} /><main class="columns"><div><${WhileAway} /><${Stage} />
    <${Waiting} /></div>
    <div><section aria-labelledby="when"><h2 id="when">${stateWords(meeting.state)}</h2>
    ${it && html`<${Times} it=${it[1]} room=${meeting.room} />`}
      ${
        boot.urls?.calendar &&
        html`<p class="to-calendar"><a href=${boot.urls.calendar}>${_('Times and calendar')}</a></p>`
      }
      <p class="quiet">${icon('armchair')} ${richPlural(
        '{n} delegation in the room',
        '{n} delegations in the room',
        roster.present?.in_room ?? 0,
        {},
      )} · ${icon('video')} ${richPlural(
        '{n} remote',
        '{n} remote',
        roster.present?.remote ?? 0,
        {},
      )}</p></section>
    <${Progress} /></div></main><${LiveRegions} />`;
}

const TOLD =
  /^(speakers\.(floor_given|list_opened|list_closed|closing_announced)|meeting\.|agenda\.item_taken_up)/;
let heardTo = 0;
effect(() => {
  const news = said.value.filter((line) => line.seq > heardTo && TOLD.test(line.code));
  heardTo = said.value.at(-1)?.seq ?? heardTo;
  if (news.length) announce(news.slice(-2).map(plainSentence).join(' '));
});

render(html`<${Follow} />`, emptiedPage());
startPage();
