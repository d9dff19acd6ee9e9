// @ts-check
// Moments that a person names ("in 5 minutes", "at 11:15") as ms UTC, and spans in words. The zone is the
// meeting's. No drawing, no command.

import { _, ngettext } from '../words.js';

/** How far a zone is ahead of UTC at a moment, in ms. @param {number} at @param {string} zone */
function ahead(at, zone) {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const n = (/** @type {Intl.DateTimeFormatPartTypes} */ type) =>
    Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second'));
  return local - Math.floor(at / 1000) * 1000;
}

/**
 * The next moment at which clocks in a zone show hh:mm; NaN if it cannot be read.
 * @param {string} clock
 * @param {string} zone
 * @param {number} now
 */
export function nextTime(clock, zone, now) {
  const found = /^(\d{1,2}):(\d{2})$/.exec(clock);
  if (!found) return NaN;
  const local = new Date(now + ahead(now, zone));
  local.setUTCHours(Number(found[1]), Number(found[2]), 0, 0);
  let at = local.getTime() - ahead(local.getTime() - ahead(now, zone), zone);
  if (at <= now) at += 24 * 3600_000;
  return at;
}

/** In so many minutes, on the whole minute. @param {number} minutes @param {number} now */
export const inMinutes = (minutes, now) => Math.ceil((now + minutes * 60_000) / 60_000) * 60_000;

/** "3:00", "3", "90 s" as seconds; NaN if it cannot be read. A bare number is minutes. @param {string} it */
export function readSpan(it) {
  const [, m, s] = /^\s*(\d{1,3})(?::([0-5]\d))?\s*$/.exec(it) ?? [];
  return m === undefined ? NaN : Number(m) * 60 + Number(s ?? 0);
}

/** "11 minutes", "1 h 20 min" @param {number} ms */
export function spanWords(ms) {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return _('less than a minute');
  if (minutes < 90) return ngettext('{n} minute', '{n} minutes', minutes);
  return _('{h} h {m} min', { h: Math.floor(minutes / 60), m: minutes % 60 });
}
