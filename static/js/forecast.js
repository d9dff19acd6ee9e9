// @ts-check
// When will it be whose turn? Added up from facts of the view and a moment, never sent by the server. The
// same sums as meetingsvc/views/forecast.py: tests/data/forecast_cases.json holds the two equal. No words,
// no time zones, no DOM.
//
// A cycle is the time from giving the floor to giving it to the next. Until five have been heard it is the
// time limit and the change of speakers; then it is what was measured (`cycle_s`). All times are whole ms
// UTC.

/** @typedef {import('./view').View} View */
/** @typedef {import('./view').ListView} List */
/** @typedef {import('./view').FloorView} Floor */
/** @typedef {{place: number, at: number, from: number, to: number}} Turn */
/** @typedef {{turns: Record<string, Turn>, next: Turn, end: number}} ListForecast */

// Four times in five a turn comes between these shares of a cycle before and after, times the root of the
// speakers before.
const EARLIER = 0.45,
  LATER = 0.6;

/**
 * @template T
 * @param {Record<string, T & {sort: string}> | undefined} rows
 * @returns {[string, T & {sort: string}][]} in their order
 */
export function ordered(rows) {
  return Object.entries(rows ?? {}).sort(([, a], [, b]) => (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : 0));
}

/**
 * The moment from which the floor can be given: now, or when the meeting opens or resumes; undefined if nobody knows.
 * @param {View} view @param {number} now @returns {number | undefined}
 */
function begins(view, now) {
  const { state, until, sessions } = view.meeting;
  if (state === 'open') return now;
  if (state === 'suspended') return until === undefined ? undefined : Math.max(now, until);
  if (state === 'closed' || state === 'cancelled') return undefined;
  const coming = Object.values(sessions)
    .filter((s) => s.ends_at > now)
    .map((s) => s.starts_at);
  if (state === 'scheduled') return coming.length ? Math.max(now, Math.min(...coming)) : undefined;
  const later = coming.filter((start) => start > now);
  return later.length ? Math.min(...later) : undefined;
}

/** Whoever asks next, or waits where only the count is public. @type {{kind: string, delegation?: number}} */
const SOMEBODY = { kind: 'statement' };

/**
 * The time somebody will be granted: the list's limit, else what the rules give to such a delegation.
 * @param {View} view @param {List} list @param {{kind: string, delegation?: number}} row @returns {number} seconds
 */
function limit(view, list, row) {
  const { time, group_of_kind: groups } = view.meeting.rules;
  const kind = view.roster?.delegations?.[String(row.delegation)]?.kind;
  return list.limits?.[row.kind] ?? time?.[row.kind] ?? time?.[groups?.[kind ?? ''] ?? ''] ?? list.seconds;
}

/**
 * From giving the floor to giving it on. What was measured are statements, not points of order.
 * @param {View} view @param {List} list @param {{kind: string, delegation?: number}} row @returns {number} seconds
 */
function cycle(view, list, row) {
  if (list.cycle_s !== undefined && row.kind === 'statement') return list.cycle_s;
  return limit(view, list, row) + view.meeting.rules.changeover_s;
}

/**
 * What the speaker, and those held for a point of order, still need.
 * @param {View} view
 * @param {number} now
 * @returns {number} ms
 */
function unfinished(view, now) {
  const { floor, held, lists } = view.speakers;
  const speaking = [...(floor ? [floor] : []), ...Object.values(held ?? {})];
  return speaking.reduce((sum, it) => {
    const list = lists?.[String(it.list)];
    const whole = list?.cycle_s ?? it.seconds + view.meeting.rules.changeover_s;
    const spent = it.spoken * 1000 + (it.since === undefined ? 0 : Math.max(0, now - it.since));
    return sum + Math.max(0, whole * 1000 - spent);
  }, 0);
}

/**
 * The turns of one list; undefined where no time can be told (the item is not taken up, the meeting is over).
 * @param {View} view @param {string | number} id @param {number} now @returns {ListForecast | undefined}
 */
export function listForecast(view, id, now) {
  const list = view.speakers.lists?.[String(id)];
  const start = begins(view, now);
  if (!list || start === undefined) return undefined;
  if (list.item !== undefined && list.item !== view.agenda.current) return undefined;
  const rows = ordered(list.waiting);
  const ahead = view.speakers.floor ? 1 : 0;
  let at = start + unfinished(view, now);
  /** @type {Record<string, Turn>} */ const turns = {};
  const turn = (/** @type {number} */ place, /** @type {{kind: string, delegation?: number}} */ row) => {
    const spread = cycle(view, list, row) * 1000 * Math.sqrt(place - 1 + ahead);
    return {
      place,
      at,
      from: Math.max(start, at - Math.floor(EARLIER * spread + 0.5)),
      to: at + Math.floor(LATER * spread + 0.5),
    };
  };
  rows.forEach(([entry, row], index) => {
    turns[entry] = turn(index + 1, row);
    at += cycle(view, list, row) * 1000;
  });
  if (!list.waiting) at += (list.count ?? 0) * cycle(view, list, SOMEBODY) * 1000;
  const before = list.waiting ? rows.length : (list.count ?? 0);
  return { turns, next: turn(before + 1, SOMEBODY), end: at };
}

/**
 * When the items after the one taken up should begin: its list or its planned time decides, then the planned times.
 * @param {View} view @param {number} now @returns {Record<string, number>}
 */
export function agendaForecast(view, now) {
  const { current, items } = view.agenda;
  const start = begins(view, now);
  /** @type {Record<string, number>} */ const begin = {};
  if (start === undefined) return begin;
  const rows = ordered(items);
  const here = rows.findIndex(([id]) => id === String(current));
  const item = rows[here]?.[1];
  let at = start;
  if (item) {
    const spent =
      (item.spent_s ?? 0) * 1000 + (item.started_at === undefined ? 0 : Math.max(0, now - item.started_at));
    if (item.planned_s !== undefined) at = Math.max(at, start + Math.max(0, item.planned_s * 1000 - spent));
    const ends = Object.entries(view.speakers.lists ?? {})
      .filter(([, list]) => list.item === current)
      .map(([id]) => listForecast(view, id, now)?.end ?? 0);
    at = Math.max(at, ...ends);
    if (item.planned_s === undefined && !ends.some((end) => end > 0)) return begin;
  }
  for (const [id, later] of rows.slice(here + 1)) {
    if (later.state !== 'pending') continue;
    begin[id] = at;
    if (later.planned_s === undefined) break;
    at += later.planned_s * 1000;
  }
  return begin;
}
