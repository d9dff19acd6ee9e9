// @ts-check
// What every screen may say of a list of speakers: how it stands, when it closes, how many were heard.
// Nothing to press.

import { html } from 'htm/preact';
import { clockDigits } from '../clock.js';
import { meetingZone, serverNow } from '../page.js';
import { _, richText } from '../words.js';
import { clockTime, icon, leftToRight } from './common.js';

/** @param {string} state */
export const listState = (state) =>
  ({ not_open: _('Not open yet'), open: _('Open'), closed: _('Closed'), exhausted: _('Exhausted') })[state] ??
  state;

/** How a request for the floor came. @param {string} channel */
export function askedByWords(channel) {
  return (
    {
      web: _('On their own page'),
      seat_button: _('Seat button'),
      video_chat: _('Video chat'),
      paper: _('On paper'),
      email: _('By e-mail'),
      spoken: _('By word of mouth'),
    }[channel] ?? channel
  );
}

/**
 * Statements heard on a list; points of order do not count.
 * @param {import('../view').ListView | undefined} it
 */
export const statementsHeard = (it) =>
  Object.values(it?.heard ?? {}).filter((row) => row.kind !== 'point_of_order').length;

/** "closes at 11:15, in 4:32" @param {{at: number, whole?: boolean}} props */
export function ClosingTime({ at, whole = false }) {
  const words = whole ? _('The list closes at {time}, in {left}') : _('closes at {time}, in {left}');
  const seconds = Math.max(0, Math.ceil((at - serverNow.value) / 1000));
  return html`<span class="closing">${icon('timer')} ${richText(words, {
    time: clockTime(at, meetingZone.value),
    left: leftToRight(clockDigits(seconds)),
  })}</span>`;
}
