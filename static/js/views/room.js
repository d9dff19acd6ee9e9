// @ts-check
// The display in the room: readable at fifteen metres, nothing to press. Who speaks, how long, who is next;
// the point of order, the suspension, the closed list, and what there is before and after. It survives reload
// and sleep.

import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from 'htm/preact';
import { effect } from '@preact/signals';
import { clockDigits, remainingMs } from '../clock.js';
import { ordered } from '../forecast.js';
import {
  agendaItem,
  connectionStatus,
  currentList,
  emptiedPage,
  listForecasts,
  meetingText,
  meetingZone,
  secondsLeft,
  serverNow,
  startPage,
  urgency,
  view,
} from '../page.js';
import { _, longDate, richPlural, richText, timeOfDay } from '../words.js';
import { keepAwake } from '../parts/attention.js';
import {
  Banner,
  DelegationName,
  FloorClock,
  LiveRegions,
  Mode,
  SpeakerOnFloor,
  TimeBar,
  announce,
  classNames,
  clockTime,
  icon,
  leftToRight,
  pausedWords,
  urgencyWords,
} from '../parts/common.js';
import { isOver, sessionToShow } from '../parts/meeting.js';
import { ClosingTime } from '../parts/lists.js';
import { spanWords } from '../parts/when.js';

/**
 * A name as large as fits: in its box, no more than a share of the height, no word cut.
 * @param {{children: any, share: number, tag?: string, top?: number}} props
 */
function Fitted({ children, share, tag = 'h1', top = 1 }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box?.parentElement) return;
    const fit = () => {
      const most = innerHeight * share,
        around = box.closest('.stage'),
        last = around?.lastElementChild;
      const margin = around ? parseFloat(getComputedStyle(around).paddingBlockEnd) / 2 : 0;
      // Its own box, and whatever stands below it in the stage, must fit: the digits keep their quarter of
      // the height.
      const below = () =>
        !around ||
        !last ||
        last.getBoundingClientRect().bottom <= around.getBoundingClientRect().bottom - margin;
      const ok = () => box.scrollHeight <= most + 1 && box.scrollWidth <= box.clientWidth + 1 && below();
      let low = 0.2,
        high = top;
      box.style.setProperty('--fit', String(high));
      if (ok()) return;
      for (let n = 0; n < 8; n++) {
        const middle = (low + high) / 2;
        box.style.setProperty('--fit', String(middle));
        if (ok()) low = middle;
        else high = middle;
      }
      box.style.setProperty('--fit', String(low));
    };
    fit();
    const watch = new ResizeObserver(fit);
    watch.observe(box.parentElement);
    void document.fonts?.ready.then(fit);
    addEventListener('resize', fit);
    return () => {
      watch.disconnect();
      removeEventListener('resize', fit);
    };
  });
  return html`<${tag} class="name" ref=${ref}>${children}</${tag}>`;
}

function Top() {
  const { agenda, meeting, speakers } = view.value;
  // While nobody speaks in an open meeting the stage says it.
  const it = speakers.floor || meeting.state !== 'open' ? agendaItem(agenda.current) : undefined;
  const title = meetingText(meeting.title);
  return html`<header>${
    it
      ? html`${it.number && html`<b>${_('Item {number}', { number: it.number })}</b>`}
    <span class="quiet"><bdi>${meetingText(it.title)}</bdi></span>`
      : html`<b><bdi>${title}</bdi></b>`
  }
    <span class="wall">${
      connectionStatus.value !== 'live' &&
      html`<span class="stale">
    ${icon('wifi-off')} ${connectionStatus.value === 'joining' ? _('Connecting…') : _('Not live')}</span>`
    }
    ${leftToRight(timeOfDay(serverNow.value, meetingZone.value))}</span></header>`;
}

function Speaking() {
  const { floor, held } = view.value.speakers;
  if (!floor) return null;
  const point = floor.kind === 'point_of_order',
    back = Object.values(held ?? {})[0],
    words = urgencyWords();
  return html`<main class="stage"><p class="label">${
    point ? html`${icon('gavel')} ${_('Point of order')}` : _('Speaking')
  }</p>
    <${Fitted} share=${0.27}><${DelegationName} id=${floor.delegation} /></${Fitted}>
    <p class="person"><${SpeakerOnFloor} /><${Mode} mode=${floor.mode} />
    </p>
    <div class="dial"><${FloorClock} chars=${true} /></div>
    <p class="say">${
      floor.since === undefined
        ? html`${icon('pause')} ${pausedWords()}`
        : words ||
          (back
            ? richText(_('{who} is held, {time} left'), {
                who: html`<${DelegationName} id=${back.delegation}
        />`,
                time: leftToRight(clockDigits(Math.ceil(remainingMs(back, 0) / 1000))),
              })
            : '')
    }</p></main>`;
}

/** A stage without a clock. @param {{label?: any, title: any, words?: any, share?: number}} props */
const Plain = ({ label, title, words, share = 0.5 }) =>
  html`<main class="stage plain">${label && html`<p class="label">${label}</p>`}
    <${Fitted} share=${share} top=${1.25}>${title}</${Fitted}>${words && html`<p class="person">${words}</p>`}
    </main>`;

function Stage() {
  const { meeting, speakers, agenda } = view.value,
    found = sessionToShow(),
    list = speakers.lists?.[currentList.value ?? ''];
  if (speakers.floor && meeting.state !== 'suspended') return html`<${Speaking} />`;
  if (meeting.state === 'suspended')
    return html`<${Plain} label=${_('The meeting is suspended')} title=${
      meeting.until === undefined
        ? _('The meeting will resume shortly')
        : richText(_('Until {time}'), { time: clockTime(meeting.until, meetingZone.value) })
    } words=${
      meeting.until !== undefined && meeting.until > serverNow.value
        ? _('in {span}', { span: spanWords(meeting.until - serverNow.value) })
        : ''
    } />`;
  if (meeting.state === 'closed')
    return html`<${Plain} label=${meetingText(meeting.title)} title=${_('The meeting is closed')} />`;
  if (meeting.state === 'cancelled')
    return html`<${Plain} label=${meetingText(meeting.title)} title=${_('This meeting is cancelled')} />`;
  if (meeting.state !== 'open') {
    const title = html`<bdi>${meetingText(meeting.title)}</bdi>`,
      later = found && (meeting.state === 'scheduled' || found[1].ends_at > serverNow.value);
    return html`<${Plain} label=${
      meeting.state === 'adjourned' ? _('The meeting is adjourned') : meetingText(meeting.body)
    } title=${title} words=${
      later
        ? html`${longDate(found[1].starts_at, found[1].zone)} <b>
        ${clockTime(found[1].starts_at, found[1].zone)}</b>`
        : ''
    } />`;
  }
  const it = agendaItem(agenda.current);
  return html`<${Plain} label=${it?.number ? _('Item {number}', { number: it.number }) : ''} title=${html`<bdi>
    ${it ? meetingText(it.title) : meetingText(meeting.title)}</bdi>`} share=${0.45} words=${
    it
      ? list?.state === 'exhausted'
        ? _('The list of speakers is exhausted')
        : _('Nobody has the floor')
      : _('The meeting is open')
  } />`;
}

function After() {
  const id = currentList.value ?? '',
    list = view.value.speakers.lists?.[id],
    rows = ordered(list?.waiting),
    back = Object.values(view.value.speakers.held ?? {});
  if (!list || isOver(view.value.meeting.state)) return null;
  const next = [
      ...back.map((row) => ({ row, back: true })),
      ...rows.map(([, row]) => ({ row, back: false })),
    ].slice(0, 3),
    rest = Math.max(
      0,
      (list.waiting ? rows.length : (list.count ?? 0)) - next.filter((it) => !it.back).length,
    );
  const end = listForecasts.value[id]?.end,
    total = list.count ?? rows.length;
  const state =
    list.state === 'open'
      ? list.closes_at !== undefined
        ? html`<${ClosingTime} at=${list.closes_at} whole=${true} />`
        : ''
      : list.state === 'not_open'
        ? ''
        : list.state === 'exhausted'
          ? ''
          : html`${icon('lock')} ${_('The list is closed')}`;
  if (!next.length && !total && !state) return null;
  return html`<aside class="after"><p class="label">${_('Next')}</p>
    ${
      next.length
        ? html`<ol>${next.map(
            ({ row, back: again }) => html`<li><${Fitted} tag="span" share=${0.2}>
    <${DelegationName} id=${row.delegation} /></${Fitted}>
    <span class="mode">${
      row.kind === 'point_of_order'
        ? html`${icon('gavel')} ${_('Point of order')}`
        : again
          ? _('gets the floor back')
          : html`<${Mode} mode=${row.mode} />`
    }</span></li>`,
          )}
        </ol>`
        : html`<p class="none">${_('Nobody is waiting')}</p>`
    }
    <p class="rest">${state && html`<b>${state}</b>`}${
      rest > 0 &&
      html`<span>
    ${richPlural('and {n} more speaker', 'and {n} more speakers', rest, {})}</span>`
    }
    ${
      end !== undefined &&
      total > 0 &&
      html`<span>
    ${richText(_('List ends about {time}'), { time: clockTime(Math.round(end / 60_000) * 60_000, meetingZone.value) })}
    </span>`
    }</p></aside>`;
}

function Room() {
  useEffect(() => {
    document.documentElement.classList.add('ready');
    void keepAwake(true);
  }, []);
  const { meeting, speakers } = view.value,
    floor = meeting.state === 'suspended' ? undefined : speakers.floor,
    after = After();
  const point = floor?.kind === 'point_of_order';
  const look = `${classNames({ wallboard: true, point, alone: !after })} ${floor ? urgency.value : ''}`;
  return html`<div class=${look}>
      <${Top} /><${Stage} />${after}${floor && html`<${TimeBar} total=${floor.seconds} />`}
    </div>
    <${Banner} /><${LiveRegions} />`;
}

let still = setTimeout(() => {}, 0);
addEventListener('pointermove', () => {
  document.documentElement.classList.remove('no-cursor');
  clearTimeout(still);
  still = setTimeout(() => document.documentElement.classList.add('no-cursor'), 3_000);
});
addEventListener('keydown', (e) => {
  if (e.key === 'f' || e.key === 'F') void document.documentElement.requestFullscreen?.().catch(() => {});
});
effect(() => {
  const floor = view.value.speakers.floor;
  if (floor && urgency.value && secondsLeft.peek() !== undefined) announce(urgencyWords());
});

render(html`<${Room} />`, emptiedPage());
startPage();
