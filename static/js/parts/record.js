// @ts-check
// What was done last, with Undo beside its name; what happened since the page was loaded; notes for the
// record; and the three lines that tell a person who was away what they missed.

import { html } from 'htm/preact';
import { missedLines, said, view } from '../page.js';
import { _ } from '../words.js';
import { icon } from './common.js';
import { Outcome, giveCommand } from './press.js';
import { drawnSentence } from './said.js';

/** U */
export function undo() {
  const it = view.value.record?.undoable;
  if (it) void giveCommand('undo', 'record.undo', { batch: it.batch });
}
/** Shift+U */
export function redo() {
  const it = view.value.record?.redoable;
  if (it) void giveCommand('undo', 'record.undo', { batch: it.batch });
}

/** The last act by its name, and how to take it back. */
export function LastAct() {
  const { undoable, redoable } = view.value.record ?? {};
  return html`<div class="did"><span role="status">${undoable ? drawnSentence(undoable) : _('Nothing to undo')}
    </span>
    ${
      undoable &&
      html`<button type="button" class="button" aria-keyshortcuts="U" onclick=${undo}>
    ${icon('undo-2', 'flips')} ${_('Undo')} <kbd aria-hidden="true">U</kbd></button>`
    }
    ${
      redoable &&
      html`<button type="button" class="button" aria-keyshortcuts="Shift+U" onclick=${redo}>
    ${icon('redo-2', 'flips')} ${_('Redo')} <kbd aria-hidden="true">⇧U</kbd></button>`
    }
    <${Outcome} spot="undo" /></div>`;
}

export function RecordSide() {
  const lines = [...said.value].reverse().slice(0, 60);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target),
      text = String(new FormData(form).get('text')).trim();
    if (text)
      void giveCommand(
        'note',
        'record.note',
        { text },
        { done: _('Written into the record.'), after: () => form.reset() },
      );
  };
  return html`<div class="log"><form class="stack" onsubmit=${submit}>
    <label>${_('Note for the record')} <textarea name="text" rows="3" required maxlength="5000" dir="auto">
    </textarea></label>
    <p class="row"><button class="button small">${icon('sticky-note')} ${_('Write it down')}</button></p>
    <${Outcome} spot="note" /></form>
    <h2 class="label">${_('Since this page was opened')}</h2>
    ${
      lines.length
        ? html`<ol>${lines.map((line) => html`<li key=${line.seq}>${drawnSentence(line)}</li>`)}
    </ol>`
        : html`<p class="quiet">${_('Nothing has happened yet.')}</p>`
    }</div>`;
}

/** After a gap in the connection. */
export function WhileAway() {
  const lines = missedLines.value;
  if (!lines.length) return null;
  return html`<section class="meanwhile" aria-labelledby="meanwhile"><h2 class="label" id="meanwhile">
    ${icon('history')} ${_('While you were away')}</h2><ul>${lines.map(
      (line) => html`<li key=${line.seq}>
    ${drawnSentence(line)}</li>`,
    )}</ul>
    <button type="button" class="button small" onclick=${() => {
      missedLines.value = [];
    }}>${_('Got it')}</button></section>`;
}
