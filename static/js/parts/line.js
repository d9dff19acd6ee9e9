// @ts-check
// The list as a delegate sees it: the speaker with the clock, those who come next, oneself, and how many are
// left out.

import { html } from 'htm/preact';
import { ordered } from '../forecast.js';
import { calm, currentList, forecasts, left, urgency, view, zone } from '../page.js';
import { _, nrich } from '../words.js';
import { Digits, Name, clockTime, icon, ltr } from './common.js';
import { me, mine } from './turn.js';

const SHOWN = 3;

/** The speaker, those next, and oneself. */
export function Line() {
  const { floor, lists } = view.value.speakers,
    id = mine.value?.list ?? currentList.value ?? '',
    rows = ordered(lists?.[id]?.waiting),
    turns = forecasts.value[id]?.turns;
  void calm.value;
  if (!floor && !rows.length) return null;
  const my = rows.findIndex(([, row]) => row.delegation === me),
    keep = new Set([...Array(Math.min(SHOWN, rows.length)).keys(), ...(my >= 0 ? [my - 1, my] : [])]);
  const shown = rows.map((it, n) => ({ it, n })).filter(({ n }) => keep.has(n));
  const rest = rows.length - 1 - (shown.at(-1)?.n ?? rows.length - 1);
  return html`<ol class="line" aria-label=${_('Speakers’ list')}>
    ${floor && floor.delegation !== me && html`<${Speaker} id=${floor.delegation} />`}
    ${shown.map(({ it: [key, row], n }, index) => {
      const skipped = index > 0 ? n - shown[index - 1].n - 1 : 0;
      return html`${skipped > 0 && html`<${More} n=${skipped} />`}
        <${Place} key=${key} row=${row} place=${n + 1} turn=${turns?.[key]} />`;
    })}
    ${rest > 0 && html`<${More} n=${rest} />`}</ol>`;
}

/** @param {{id: number}} props */
const Speaker = ({ id }) => html`<li class=${`speaking ${urgency.value}`}>
  ${icon('mic')}<span><${Name} id=${id} /><span class="unseen"> ${_('is speaking')}</span></span>
  <span class="clock">${left.value === undefined ? '' : html`<${Digits} seconds=${left.value} />`}</span></li>`;

/** @param {{n: number}} props */
const More = ({ n }) => html`<li class="gap"><span></span>
  <span class="quiet">${nrich('{n} more', '{n} more', n, {})}</span></li>`;

/** @param {{row: import('../view').WaitingView, place: number, turn?: import('../forecast.js').Turn}} props */
const Place = ({ row, place, turn }) => html`<li class=${row.delegation === me ? 'self' : ''}>
  <span class="pos">${row.kind === 'point_of_order' ? icon('gavel') : ltr(place)}</span>
  <span><${Name} id=${row.delegation} />${row.delegation === me ? ` ${_('(you)')}` : ''}</span>
  ${turn ? clockTime(Math.round(turn.at / 60_000) * 60_000, zone.value) : html`<span></span>`}</li>`;
