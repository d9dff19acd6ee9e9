// @ts-check
// A delegate's own turn: its place, whether it is near, and reaching the person when it is. Worked out from
// the view and the delegation of the link; no drawing here, and no rule: what may be done the server says.

import { computed, effect, signal } from '@preact/signals';
import { ordered } from '../forecast.js';
import { boot, currentList, urgency, view } from '../page.js';
import { _ } from '../words.js';
import { keepAwake, nudgePerson } from './attention.js';
import { alertNow, announce, urgencyWords } from './common.js';

export const ownDelegation = boot.delegation ?? -1;
const STANDBY = 2;

const all = computed(() =>
  Object.entries(view.value.speakers.lists ?? {}).flatMap(([list, it]) =>
    ordered(it.waiting).map(([id, row], index) => ({ list, id, row, place: index + 1 })),
  ),
);
/** My place in the list of what is taken up, else in any. */
export const ownPlace = computed(() => {
  const own = all.value.filter((it) => it.row.delegation === ownDelegation && it.row.kind === 'statement');
  return own.find((it) => it.list === currentList.value) ?? own[0];
});
export const ownPointOfOrder = computed(() =>
  all.value.find((it) => it.row.delegation === ownDelegation && it.row.kind === 'point_of_order'),
);
export const ownFloor = computed(() =>
  view.value.speakers.floor?.delegation === ownDelegation ? view.value.speakers.floor : undefined,
);
export const ownHeldFloor = computed(() =>
  Object.values(view.value.speakers.held ?? {}).find((it) => it.delegation === ownDelegation),
);
/** How near my turn is: 'floor', 1 (next), 2, or ''. */
export const turnNearness = computed(() => {
  if (ownFloor.value) return 'floor';
  const it = ownPlace.value;
  return it && view.value.meeting.state === 'open' && it.list === currentList.value && it.place <= STANDBY
    ? String(it.place)
    : '';
});
/** The stand-by that was acknowledged, so that it no longer fills the screen. */
export const standbySeen = signal('');
export const standbyMark = computed(() => `${ownPlace.value?.id}:${turnNearness.value}`);

// ——— reaching the person ———
let before = turnNearness.peek();
effect(() => {
  const is = turnNearness.value;
  void keepAwake(is !== '' || (ownPlace.value?.place ?? 99) <= 5);
  if (is === before) return;
  before = is;
  if (is === 'floor') {
    nudgePerson(true);
    alertNow(_('You have the floor'));
  } else if (is === '1') {
    nudgePerson(true);
    alertNow(_('You are next'));
  } else if (is === '2') {
    nudgePerson(false);
    alertNow(_('You speak after the next speaker'));
  }
});
let told = ownPlace.peek()?.place;
effect(() => {
  const it = ownPlace.value?.place;
  if (it !== told && it !== undefined && it > STANDBY)
    announce(_('You are number {n} in the list', { n: it }));
  told = it;
});
effect(() => {
  if (ownFloor.value && urgency.value) announce(urgencyWords());
});
