// @ts-check
// Which list the chair's console shows, who waits in it, and which row keys and buttons act on. What every part of
// the console that speaks of "the list" asks. No drawing, no command.

import { computed, signal } from '@preact/signals';
import { ordered } from '../forecast.js';
import { currentList, view } from '../page.js';

/** The row that keys and buttons act on. @type {import('@preact/signals').Signal<string | undefined>} */
export const selectedRow = signal(undefined);
/**
 * A list other than the current one, chosen by hand.
 * @type {import('@preact/signals').Signal<string | undefined>}
 */
export const chosenList = signal(undefined);

/** The list on screen. */
export const shownListId = computed(() => {
  const chosen = chosenList.value;
  return chosen !== undefined && view.value.speakers.lists[chosen] ? chosen : currentList.value;
});
export const shownList = computed(() =>
  shownListId.value === undefined ? undefined : view.value.speakers.lists?.[shownListId.value],
);
export const waitingRows = computed(() => ordered(shownList.value?.waiting));
export const insteadOf = () => {
  const floor = view.value.speakers.floor;
  return floor ? { instead_of: floor.entry } : {};
};
