// @ts-check
// Put a list in another order with a mouse, a finger or a pen (drag the handle) or with the arrow keys on the
// handle. It never touches the document's structure: it says where the dragged row is, the page draws it, the
// server decides. A row is named by its neighbour, never by its number, so that two people who move rows do
// not collide.

import { signal } from '@preact/signals';

/** @typedef {{id: string, from: number, shift: number, before?: string, list: HTMLElement}} Drag */
/**
 * The row on the move, how far it is, and the row it would stand before.
 * @type {import('@preact/signals').Signal<Drag | null>}
 */
export const currentDrag = signal(null);
const EDGE = 48,
  STEP = 12,
  LEAST = 4;

/** @param {HTMLElement} list @returns {HTMLElement[]} */
const rowsOf = (list) =>
  [...list.querySelectorAll(':scope > [data-id]')].map((it) => /** @type {HTMLElement} */ (it));

/**
 * The properties of a drag handle.
 * @param {{id: string, label: string, place: (before: string | undefined) => void, nudge: (by: number) => void}} how
 */
export function handleProps({ id, label, place, nudge }) {
  const onpointerdown = (/** @type {PointerEvent} */ e) => {
    const grip = /** @type {HTMLElement} */ (e.currentTarget),
      list = grip.closest('ol');
    if (e.button || !list) return;
    e.preventDefault();
    grip.focus();
    grip.setPointerCapture(e.pointerId);
    currentDrag.value = { id, from: e.clientY + list.scrollTop, shift: 0, list };
  };
  const onpointermove = (/** @type {PointerEvent} */ e) => {
    const d = currentDrag.value;
    if (d?.id !== id) return;
    const below = rowsOf(d.list)
      .filter((row) => row.dataset.id !== id)
      .find((row) => {
        const box = row.getBoundingClientRect();
        return e.clientY < box.top + box.height / 2;
      });
    const box = d.list.getBoundingClientRect();
    if (e.clientY < box.top + EDGE) d.list.scrollBy(0, -STEP);
    else if (e.clientY > box.bottom - EDGE) d.list.scrollBy(0, STEP);
    currentDrag.value = { ...d, shift: e.clientY + d.list.scrollTop - d.from, before: below?.dataset.id };
  };
  const end = (/** @type {boolean} */ done) => () => {
    const d = currentDrag.value;
    if (d?.id !== id) return;
    currentDrag.value = null;
    if (done && Math.abs(d.shift) > LEAST) place(d.before);
  };
  const onkeydown = (/** @type {KeyboardEvent} */ e) => {
    const by = e.altKey ? 0 : { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (by) {
      e.preventDefault();
      e.stopPropagation();
      nudge(by);
    }
    if (e.key === 'Escape' && currentDrag.value) {
      e.stopPropagation();
      currentDrag.value = null;
    }
  };
  return {
    type: 'button',
    class: 'grip',
    'aria-label': label,
    onpointerdown,
    onpointermove,
    onkeydown,
    onpointerup: end(true),
    onpointercancel: end(false),
    onlostpointercapture: end(false),
  };
}
