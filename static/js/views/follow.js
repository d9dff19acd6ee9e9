// @ts-check
// The public page: what is being discussed, who speaks, who is next or how many, how far the agenda is, and
// when, in three times. The server has drawn a summary already; this replaces it with the live one.

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { html } from 'htm/preact';
import { effect } from '@preact/signals';
import { ordered } from '../forecast.js';
import { boot, currentList, forecasts, item, now, say, root, start, urgency, view, zone, said } from '../page.js';
import { _, date, nrich, ngettext, ownZone, place, rich, sameDay, day, time } from '../words.js';
import { Agenda } from '../parts/agenda.js';
import {
  Banner,
  Clock,
  Flag,
  Heralds,
  Link,
  Mode,
  Name,
  Rule,
  announce,
  bold,
  clockTime,
  icon,
  ltr,
  pausedWords,
  urgencyWords,
} from '../parts/common.js';
import { session, stateWords } from '../parts/meeting.js';
import { Meanwhile } from '../parts/record.js';
import { plainSentence } from '../parts/said.js';
import { Closing, listState } from '../parts/lists.js';
import { span } from '../parts/when.js';

function Head() {
  const { meeting } = view.value,
    body = say(meeting.body);
  return html`<header class="public"><div>${body && html`<p class="label"><bdi>${body}</bdi></p>`}<h1>
    <bdi>${say(meeting.title)}</bdi></h1></div><${Link} /></header>`;
}

/**
 * One moment in three times: where the meeting is, where the reader is, and UTC.
 * @param {{it: import('../view').SessionView, room?: string}} props
 */
function Times({ it, room }) {
  const row = (/** @type {string} */ label, /** @type {string} */ where) => {
    const other =
      !sameDay(it.starts_at, it.ends_at, where) || day(it.starts_at, where) !== day(it.starts_at, it.zone);
    return html`<div><dt>${label}</dt><dd>${other && html`${day(it.starts_at, where)} `}
      ${clockTime(it.starts_at, where)}–${clockTime(it.ends_at, where)}</dd></div>`;
  };
  const own = ownZone();
  return html`<dl class="times"><div><dt>${_('Date')}</dt><dd>${date(it.starts_at, it.zone)}</dd></div>
    ${row(place(it.zone), it.zone)}${
      own !== it.zone && own !== 'UTC' && row(_('Where you are ({place})', { place: place(own) }), own)
    }${it.zone !== 'UTC' && row('UTC', 'UTC')}${
      room &&
      html`<div>
        <dt>${_('Place')}</dt><dd><bdi>${room}</bdi></dd></div>`
    }</dl>`;
}

function Stage() {
  const { meeting, speakers, agenda } = view.value,
    floor = speakers.floor,
    it = item(agenda.current);
  const heading = it
    ? html`<p class="meeting">${it.number && html`<b>${_('Item {number}', { number: it.number })}</b> · `}
      <bdi>${say(it.title)}</bdi></p>`
    : '';
  if (!floor) {
    const wait = (session()?.[1].starts_at ?? 0) - now.value;
    const words =
      meeting.state === 'suspended' && meeting.until !== undefined
        ? rich(_('It goes on at {time}.'), { time: clockTime(meeting.until, zone.value) })
        : meeting.state === 'open'
          ? ''
          : meeting.state === 'scheduled' && wait > 0
            ? rich(_('It begins in {span}.'), { span: bold(span(wait)) })
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
    <h2 class="name" id="now"><${Name} id=${floor.delegation} /></h2><p class="who">
    <${Flag} id=${floor.delegation} />${
      floor.speaker &&
      html`<bdi>
    ${[floor.speaker.name, floor.speaker.post].filter(Boolean).join(', ')}</bdi>`
    }<${Mode} mode=${floor.mode} />
    </p>
    <${Clock} /><${Rule} total=${floor.seconds} /><p class="says">
    <b>${floor.since === undefined ? html`${icon('pause')} ${pausedWords()}` : urgencyWords()}</b></p>
    </section>`;
}

function Waiting() {
  const id = currentList.value ?? '',
    list = view.value.speakers.lists?.[id],
    rows = ordered(list?.waiting),
    forecast = forecasts.value[id];
  if (!list || view.value.meeting.state === 'cancelled' || (list.state === 'not_open' && !rows.length)) return null;
  const total = list.count ?? rows.length,
    minute = (/** @type {number} */ ms) => clockTime(Math.round(ms / 60_000) * 60_000, zone.value);
  return html`<section aria-labelledby="list"><h2 id="list">${_('Speakers’ list')} <small>${ltr(total)}</small>
    </h2>
    <p class="quiet">${listState(list.state)}${
      list.state === 'open' && list.closes_at !== undefined && html` · <${Closing} at=${list.closes_at} />`
    }${forecast && total > 0 && html` · ${rich(_('ends about {time}'), { time: minute(forecast.end) })}`}</p>
    ${
      list.waiting
        ? html`<ol class="line">${rows.map(
            ([key, row], n) => html`<li key=${key}>
          <span class="pos">${row.kind === 'point_of_order' ? icon('gavel') : ltr(n + 1)}</span><span>
          <${Name} id=${row.delegation} /> <${Mode} mode=${row.mode} /></span>
          ${forecast?.turns[key] ? minute(forecast.turns[key].at) : html`<span></span>`}</li>`,
          )}</ol>`
        : html`<p>${
            total
              ? nrich('{n} speaker is waiting.', '{n} speakers are waiting.', total, {})
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
    it = session();
  return html`<${Banner} /><${Head} /><main class="columns"><div><${Meanwhile} /><${Stage} />
    <${Waiting} /></div>
    <div><section aria-labelledby="when"><h2 id="when">${stateWords(meeting.state)}</h2>
    ${it && html`<${Times} it=${it[1]} room=${meeting.room} />`}
      ${boot.urls?.calendar && html`<p class="to-calendar"><a href=${boot.urls.calendar}>${_('Times and calendar')}</a></p>`}
      <p class="quiet">${icon('armchair')} ${nrich(
        '{n} delegation in the room',
        '{n} delegations in the room',
        roster.present?.in_room ?? 0,
        {},
      )} · ${icon('video')} ${nrich(
        '{n} remote',
        '{n} remote',
        roster.present?.remote ?? 0,
        {},
      )}</p></section>
    <${Progress} /></div></main><${Heralds} />`;
}

const TOLD =
  /^(speakers\.(floor_given|list_opened|list_closed|closing_announced)|meeting\.|agenda\.item_taken_up)/;
let heardTo = 0;
effect(() => {
  const news = said.value.filter((line) => line.seq > heardTo && TOLD.test(line.code));
  heardTo = said.value.at(-1)?.seq ?? heardTo;
  if (news.length) announce(news.slice(-2).map(plainSentence).join('. '));
});

render(html`<${Follow} />`, root());
start();
