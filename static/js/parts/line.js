// @ts-check
// The list as a delegate sees it: the speaker with the clock, those who come next, oneself, and how many are
// left out.

import { html } from 'htm/preact';
import { ordered } from '../forecast.js';
import { currentList, forecastNow, listForecasts, meetingZone, secondsLeft, urgency, view } from '../page.js';
import { _, richPlural } from '../words.js';
import { DelegationName, Digits, clockTime, icon, leftToRight } from './common.js';
import { ownDelegation, ownPlace } from './turn.js';

const SHOWN = 3;

/** The speaker, those next, and oneself. */
export function DelegateQueue() {
  const { floor, lists } = view.value.speakers,
    id = ownPlace.value?.list ?? currentList.value ?? '',
    rows = ordered(lists?.[id]?.waiting),
    turns = listForecasts.value[id]?.turns;
  void forecastNow.value;
  if (!floor && !rows.length) return null;
  const my = rows.findIndex(([, row]) => row.delegation === ownDelegation),
    keep = new Set([...Array(Math.min(SHOWN, rows.length)).keys(), ...(my >= 0 ? [my - 1, my] : [])]);
  const shown = rows.map((it, n) => ({ it, n })).filter(({ n }) => keep.has(n));
  const rest = rows.length - 1 - (shown.at(-1)?.n ?? rows.length - 1);
  return html`<ol class="line" aria-label=${_('Speakers’ list')}>
    ${floor && floor.delegation !== ownDelegation && html`<${Speaker} id=${floor.delegation} />`}
    ${shown.map(({ it: [key, row], n }, index) => {
      const skipped = n - (shown[index - 1]?.n ?? n - 1) - 1;
      return html`${skipped > 0 && html`<${More} n=${skipped} />`}
        <${Place} key=${key} row=${row} place=${n + 1} turn=${turns?.[key]} />`;
    })}
    ${rest > 0 && html`<${More} n=${rest} />`}</ol>`;
}

/** @param {{id: number}} props */
const Speaker = ({ id }) => html`<li class=${`speaking ${urgency.value}`}>
  ${icon('mic')}<span><${DelegationName} id=${id} /><span class="unseen"> ${_('is speaking')}</span></span>
  <span class="clock">${
    secondsLeft.value === undefined ? '' : html`<${Digits} seconds=${secondsLeft.value} />`
  }</span></li>`;

/** @param {{n: number}} props */
const More = ({ n }) => html`<li class="gap"><span></span>
  <span class="quiet">${richPlural('{n} more', '{n} more', n, {})}</span></li>`;

/** @param {{row: import('../view').WaitingView, place: number, turn?: import('../forecast.js').Turn}} props */
const Place = ({ row, place, turn }) => html`<li class=${row.delegation === ownDelegation ? 'self' : ''}>
  <span class="pos">${row.kind === 'point_of_order' ? icon('gavel') : leftToRight(place)}</span>
  <span><${DelegationName} id=${row.delegation} />${row.delegation === ownDelegation ? ` ${_('(you)')}` : ''}</span>
  ${turn ? clockTime(Math.round(turn.at / 60_000) * 60_000, meetingZone.value) : html`<span></span>`}</li>`;
