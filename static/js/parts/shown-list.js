// @ts-check
// Which list the chair's console shows, who waits in it, and which row keys and buttons act on. What every part of
// the console that speaks of "the list" asks. No drawing, no command.

import { computed, signal } from '@preact/signals';
import { ordered } from '../forecast.js';
import { currentList, view } from '../page.js';

/** The row that keys and buttons act on. @type {import('@preact/signals').Signal<string | undefined>} */
export const selected = signal(undefined);
/**
 * A list other than the current one, chosen by hand.
 * @type {import('@preact/signals').Signal<string | undefined>}
 */
export const chosen = signal(undefined);

/** The list on screen. */
export const listId = computed(() =>
  chosen.value !== undefined && view.value.speakers.lists?.[chosen.value] ? chosen.value : currentList.value,
);
export const list = computed(() =>
  listId.value === undefined ? undefined : view.value.speakers.lists?.[listId.value],
);
export const rows = computed(() => ordered(list.value?.waiting));
export const instead = () => {
  const floor = view.value.speakers.floor;
  return floor ? { instead_of: floor.entry } : {};
};
