// @ts-check
// What every live page has: its first view and its words, the store wired to the network, and the signals
// that parts draw from. Parts import from here and never from live.js, act.js or store.js. No drawing and no
// sentence stands here.

import { batch, computed, effect, signal } from '@preact/signals';
import { Server } from './act.js';
import { ServerClock, everySecond, urgencyOf, wholeSeconds } from './clock.js';
import { agendaForecast, listForecast } from './forecast.js';
import { Live } from './live.js';
import { Store } from './store.js';
import { localizedText, setCatalogue, stateName } from './words.js';

/** @typedef {import('./view').View} View */
/** @typedef {import('./wire').Said} Said */
/** @typedef {import('./view').FloorView} Floor */

const carried = document.getElementById('boot');
/** @type {import('./wire').Boot} */
export const boot = JSON.parse(carried?.textContent ?? '{}');
carried?.remove(); // the page would keep what is erased since

const json = (/** @type {string} */ url) =>
  fetch(url).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(url))));
const [words, names] = await Promise.all([
  json(boot.words_url).catch(() => ({ lang: boot.lang, plural: ['one', 'other'], words: {} })),
  json(boot.states_url).catch(() => ({})),
]);
setCatalogue(words, names);

const store = new Store(boot.state);
const clock = new ServerClock();
export const server = new Server(boot.meeting, boot.as, { lang: boot.lang });
/** The meeting as this page may see it. */ export const view = signal(boot.state.view);
/**
 * What was said last, newest last, since the page was loaded.
 * @type {import('@preact/signals').Signal<Said[]>}
 */
export const said = signal([]);

const live = new Live({
  meeting: boot.meeting,
  audience: boot.state.audience,
  grant: boot.as,
  store,
  clock,
  server,
});
/** How many times a whole state came and replaced the view. */ export const wholeStates = signal(0);
export const connectionStatus = live.status;
export const serverNotice = live.notice;

// ——— what happened while this page was away ———
/** Shown after a reconnection until it is dismissed. @type {import('@preact/signals').Signal<Said[]>} */
export const missedLines = signal([]);
let awaySince = 0,
  seqBefore = store.seq;
const AWAY = 5_000,
  LINES = 3;

store.onview = (/** @type {View} */ now, /** @type {Said[]} */ news) =>
  batch(() => {
    view.value = now;
    if (news.length) said.value = [...said.value, ...news].slice(-200);
  });

effect(() => {
  const is = connectionStatus.value;
  document.documentElement.dataset.link = is;
  if (is === 'lost' && !awaySince) {
    awaySince = performance.now();
    seqBefore = store.seq;
  }
  if (is !== 'live' || !awaySince) return;
  const gone = performance.now() - awaySince;
  awaySince = 0;
  if (gone < AWAY || store.seq === seqBefore) return;
  const since = said
    .peek()
    .filter((line) => line.seq > seqBefore)
    .slice(-LINES);
  if (since.length) missedLines.value = since;
  else
    server
      .record(LINES)
      .then((it) => {
        missedLines.value = (it.said ?? it.entries ?? [])
          .filter((/** @type {Said} */ line) => line.seq > seqBefore && line.code)
          .slice(-LINES);
      })
      .catch(() => {});
});

effect(() => {
  document.documentElement.dataset.way = live.way.value; // for whoever looks after the network
});

// ——— newer files on the server: load the page anew, but not under somebody's hands ———
live.onstate = (/** @type {import('./wire').State} */ state) => {
  wholeStates.value += 1;
  if (!state.files || !boot.state.files || state.files === boot.state.files) return;
  const once = `reloaded for ${state.files}`;
  try {
    if (sessionStorage.getItem(once)) return;
    sessionStorage.setItem(once, '1');
  } catch {
    return;
  }
  const whenQuiet = () => {
    const typing =
      document.activeElement?.matches('input, textarea, select') || document.querySelector('dialog[open]');
    if (typing) setTimeout(whenQuiet, 2_000);
    else location.reload();
  };
  setTimeout(whenQuiet, Math.random() * 3_000);
};

// ——— the floor's clock: one text repainted each second, never the page ———
/**
 * Whole seconds left, or undefined until the server's time is known.
 * @type {import('@preact/signals').Signal<number | undefined>}
 */
export const secondsLeft = signal(undefined);
/** '', 'warning' or 'over'. */
export const urgency = computed(() =>
  secondsLeft.value === undefined || !view.value.speakers.floor
    ? ''
    : urgencyOf(secondsLeft.value, view.value.meeting.rules.warn_s),
);
const synced = signal(0);
clock.onchange = () => {
  synced.value++;
};
/** Whether the server's time is known. */
export const clockReady = computed(() => synced.value > 0 && clock.ready);
const floor = computed(() => view.value.speakers.floor);

effect(() => {
  const it = floor.value;
  if (!clockReady.value || !it) {
    secondsLeft.value = undefined;
    return;
  }
  void synced.value;
  return everySecond(
    clock,
    () => it,
    (ms) => {
      secondsLeft.value = wholeSeconds(ms);
    },
  );
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') synced.value++;
});

// ——— the time of day, and what is expected when ———
/** The server's time, moved on each second. */ export const serverNow = signal(boot.state.now);
/** The same, moved on every five seconds: forecasts need no more. */ export const forecastNow = signal(
  boot.state.now,
);
const second = () => {
  const at = clock.now();
  batch(() => {
    serverNow.value = at;
    if (Math.abs(at - forecastNow.peek()) >= 5_000) forecastNow.value = at;
  });
  setTimeout(second, 1_004 - (at % 1_000));
};
effect(() => {
  void synced.value;
  serverNow.value = clock.now();
  forecastNow.value = serverNow.value;
});

export const meetingZone = computed(() => {
  const { session, sessions, tz } = view.value.meeting;
  return (session !== undefined && sessions[String(session)]?.zone) || tz;
});

/** The list that the room is working on: the general list of the item taken up, else the meeting's own. */
export const currentList = computed(() => {
  const { agenda, speakers } = view.value;
  const lists = Object.entries(speakers.lists ?? {});
  const found =
    lists.find(
      ([, list]) =>
        agenda.current !== undefined && list.item === agenda.current && list.purpose === 'general',
    ) ?? lists.find(([, list]) => list.item === undefined);
  return found?.[0];
});
export const listForecasts = computed(() => {
  const it = view.value,
    at = forecastNow.value;
  return Object.fromEntries(Object.keys(it.speakers.lists ?? {}).map((id) => [id, listForecast(it, id, at)]));
});
export const agendaTimes = computed(() => agendaForecast(view.value, forecastNow.value));

// ——— names ———
/**
 * The name of a delegation: what the secretariat wrote, else the State's, else the person's.
 * @param {number | string | undefined} id
 */
export function nameOf(id) {
  const row = id === undefined ? undefined : view.value.roster.delegations?.[String(id)];
  if (!row) return '';
  return row.name || (row.code && stateName(row.code)) || row.speaker?.name || personName(Number(id));
}
/**
 * What a guest is called on screens that learn of people only from their requests and statements.
 * @param {number} id
 */
function personName(id) {
  const { floor, held, lists } = view.value.speakers;
  const asked = Object.values(lists ?? {}).flatMap((it) => [
    ...Object.values(it.waiting ?? {}),
    ...Object.values(it.heard ?? {}),
  ]);
  const found = [floor, ...Object.values(held ?? {}), ...asked].find((it) => it?.delegation === id && it.speaker);
  return found?.speaker?.name || found?.speaker?.post || '';
}
/** A text of the meeting in the reader's language. @param {import('./wire').LocalizedText | undefined} it */
export const meetingText = (it) => localizedText(it, view.value.meeting.languages);
/** "7 (a)", "" @param {number | string | undefined} id */
export const agendaItem = (id) => (id === undefined ? undefined : view.value.agenda.items?.[String(id)]);

/** Where the page is drawn; what the server had drawn there goes. */
export function emptiedPage() {
  const place = /** @type {HTMLElement} */ (document.getElementById('page'));
  place.replaceChildren();
  return place;
}

export function startPage() {
  if (boot.state.now) clock.proveByPage(boot.state.now);
  second();
  live.start();
}
