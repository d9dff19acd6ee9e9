// @ts-check
// The chair's keys: one table that both acts and is shown by "?". They work where no field has the focus,
// never with a modifier of browser or reader, and can be switched off (WCAG 2.1.4). Letters follow the
// language of the page.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { _ } from '../words.js';
import { focusAdd } from './add-speaker.js';
import { focusAgenda } from './agenda.js';
import { Dialog } from './common.js';
import { addTime, endStatement, giveNextSpeaker, givePoint, pauseOrGoOn } from './floor.js';
import { suspendMeeting } from './meeting.js';
import { redo, undo } from './record.js';
import { currentDrag } from './reorder.js';
import { selectedRow, waitingRows } from './shown-list.js';
import { moveRowBy, moveRowToTop, removeRow, stepSelection, toggleList } from './speakers.js';
import { view } from '../page.js';

const OFF = 'keys switched off';
const stored = () => {
  try {
    return localStorage.getItem(OFF) === '1';
  } catch {
    return false;
  }
};
const keysOff = signal(stored());
export const helpShown = signal(false);
/** Show a side of the page where it is folded away. @type {{side: (name: string) => void}} */
export const sideOpener = { side: () => {} };
const onRow = (/** @type {(id: string) => void} */ act) => () => {
  if (selectedRow.value !== undefined) act(selectedRow.value);
};
const becomesNext = (/** @type {number} */ n) => {
  const row = waitingRows.value[n - 1];
  if (row) {
    selectedRow.value = row[0];
    moveRowToTop(row[0]);
  }
};
const fullScreen = () =>
  (document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen()
  )?.catch(() => {});

/**
 * What to press, what it says, what it does.
 * @returns {{keys: string[], show: string, words: string, act: (key: string) => void}[]}
 */
const table = () => [
  { keys: ['n'], show: 'N', words: _('Next speaker'), act: giveNextSpeaker },
  { keys: [' '], show: _('Space'), words: _('Pause or go on'), act: pauseOrGoOn },
  { keys: ['+', '='], show: '+', words: _('30 seconds more'), act: () => addTime(30) },
  { keys: ['-', '−'], show: '−', words: _('30 seconds less'), act: () => addTime(-30) },
  { keys: ['e'], show: 'E', words: _('End the statement, nobody speaking'), act: endStatement },
  { keys: ['p'], show: 'P', words: _('Give the floor to the oldest point of order'), act: givePoint },
  { keys: ['u', 'ctrl+z'], show: 'U', words: _('Undo'), act: undo },
  { keys: ['shift+u', 'ctrl+shift+z'], show: '⇧ U', words: _('Redo'), act: redo },
  { keys: ['l'], show: 'L', words: _('Open or close the list'), act: () => void toggleList() },
  { keys: ['a', '/'], show: 'A', words: _('Add a speaker'), act: focusAdd },
  { keys: ['j', 'arrowdown'], show: 'J ↓', words: _('Walk down the list'), act: () => stepSelection(1) },
  { keys: ['k', 'arrowup'], show: 'K ↑', words: _('Walk up the list'), act: () => stepSelection(-1) },
  { keys: ['alt+arrowup'], show: 'Alt ↑', words: _('Move the row up'), act: onRow((id) => moveRowBy(id, -1)) },
  { keys: ['alt+arrowdown'], show: 'Alt ↓', words: _('Move the row down'), act: onRow((id) => moveRowBy(id, 1)) },
  { keys: ['home'], show: 'Home', words: _('Move the row to the top'), act: onRow(moveRowToTop) },
  { keys: ['delete'], show: 'Del', words: _('Remove the row'), act: onRow(removeRow) },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    show: '1–9',
    words: _('That row becomes next'),
    act: (key) => becomesNext(Number(key)),
  },
  {
    keys: ['s'],
    show: 'S',
    words: _('Suspend the meeting'),
    act: () => {
      if (view.value.meeting.state === 'open') void suspendMeeting(undefined);
    },
  },
  {
    keys: ['g'],
    show: 'G',
    words: _('Go to the agenda'),
    act: () => {
      sideOpener.side('agenda');
      requestAnimationFrame(focusAgenda);
    },
  },
  { keys: ['f'], show: 'F', words: _('Full screen'), act: fullScreen },
  {
    keys: ['?'],
    show: '?',
    words: _('All keys'),
    act: () => {
      helpShown.value = !helpShown.value;
    },
  },
  {
    keys: ['escape'],
    show: 'Esc',
    words: _('Close, or cancel a drag'),
    act: () => {
      currentDrag.value = null;
      selectedRow.value = undefined;
      sideOpener.side('');
    },
  },
];

const FIELDS = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';
/** Space and Enter belong to the control that has the focus. */
const OWN = 'button, summary, a[href], input, [role=option]';

/** @param {KeyboardEvent} event */
function onkey(event) {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.isComposing || event.metaKey || document.querySelector('dialog[open]'))
    return;
  if (target?.closest(FIELDS) || (event.key === ' ' && target?.closest(OWN))) return;
  const ctrl = event.ctrlKey ? 'ctrl+' : '',
    alt = event.altKey ? 'alt+' : '',
    lower = event.key.toLowerCase();
  const shift = event.shiftKey && (/^\p{L}$/u.test(event.key) || event.key.length > 1) ? 'shift+' : '';
  const name = ctrl + alt + shift + lower;
  if (keysOff.value && name !== 'escape') return;
  const found = table().find((row) => row.keys.includes(name));
  if (!found || (event.repeat && !/arrow|^[jk+-]$/.test(name))) return;
  event.preventDefault();
  found.act(lower);
}

export function listenForKeys() {
  addEventListener('keydown', onkey);
}

/** ? */
export function KeyHelp() {
  if (!helpShown.value) return null;
  const flip = () => {
    keysOff.value = !keysOff.value;
    try {
      localStorage.setItem(OFF, keysOff.value ? '1' : '0');
    } catch {
      /* private window: for this page only */
    }
  };
  return html`<${Dialog} title=${_('All keys')} wide=${true} onclose=${() => {
    helpShown.value = false;
  }}><p class="quiet">${_('They work while no field has the focus.')}</p>
    <dl class="all-keys">${table().map(
      (row) => html`<div><dt><kbd>${row.show}</kbd></dt>
    <dd>${row.words}</dd></div>`,
    )}</dl>
    <label class="check"><input type="checkbox" checked=${!keysOff.value} onchange=${flip}
      /> ${_('Single keys give commands')}</label></${Dialog}>`;
}
