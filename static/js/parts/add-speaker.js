// @ts-check
// Enter somebody who asked by another way: a delegation found by its name, or a guest; what for, and how the
// request came. A combobox by the ARIA pattern: the list opens while one types, arrows walk it, Enter takes
// it.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { nameOf, view } from '../page.js';
import { _, compareNames, richText, searchForm } from '../words.js';
import { DelegationName, Flag, icon } from './common.js';
import { askedByWords } from './lists.js';
import { Outcome, giveCommand } from './press.js';
import { shownListId } from './shown-list.js';

const typed = signal(''),
  active = signal(0),
  open = signal(false),
  kind = signal('statement'),
  channel = signal('spoken');
/**
 * The name of a guest who is being written down, or undefined.
 * @type {import('@preact/signals').Signal<string | undefined>}
 */
const guest = signal(undefined);
const CHANNELS = ['spoken', 'seat_button', 'video_chat', 'paper', 'email'],
  MOST = 8;

/** Delegations whose name, code or speaker holds what was typed, those that begin with it first. */
function matches() {
  const wanted = searchForm(typed.value.trim());
  const all = Object.entries(view.value.roster.delegations ?? {})
    .filter(([, row]) => row.kind !== 'guest' && !row.withdrawn)
    .map(([id, row]) => ({ id, row, name: nameOf(id) }));
  const rank = (/** @type {typeof all[number]} */ it) =>
    searchForm(it.name).startsWith(wanted) ? 0 : it.row.code?.toLowerCase() === wanted ? 1 : 2;
  return all
    .filter((it) =>
      [it.name, it.row.code ?? '', it.row.speaker?.name ?? ''].some((part) => searchForm(part).includes(wanted)),
    )
    .sort((a, b) => rank(a) - rank(b) || compareNames(a.name, b.name))
    .slice(0, MOST);
}

/** Is it waiting already? @param {string} id */
const waits = (id) =>
  Object.values(view.value.speakers.lists?.[shownListId.value ?? '']?.waiting ?? {}).some(
    (row) => String(row.delegation) === id && row.kind === 'statement',
  );

/** @param {Record<string, any>} who */
function inscribe(who) {
  const list = shownListId.value;
  void giveCommand(
    'add',
    'speakers.inscribe',
    {
      ...(list === undefined ? {} : { list: Number(list) }),
      ...who,
      kind: kind.value,
      channel: channel.value,
    },
    {
      done: _('Entered.'),
      after: () => {
        kind.value = 'statement';
        guest.value = undefined;
      },
    },
  );
}

/** @param {string} id */
function take(id) {
  typed.value = '';
  open.value = false;
  active.value = 0;
  inscribe({ delegation: Number(id) });
}

function startGuest() {
  guest.value = typed.value.trim();
  typed.value = '';
  open.value = false;
  requestAnimationFrame(() => document.getElementById('guest-name')?.focus());
}

export function focusAdd() {
  const field = document.getElementById('add-speaker');
  field?.scrollIntoView({ block: 'nearest' });
  field?.focus();
}

export function AddSpeaker() {
  if (guest.value !== undefined) return html`<div class="add"><${Guest} /><${Outcome} spot="add" /></div>`;
  const found = open.value ? matches() : [],
    last = found.length;
  const go = (/** @type {KeyboardEvent} */ e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (by) {
      e.preventDefault();
      open.value = true;
      active.value = (active.value + by + last + 1) % (last + 1);
    } else if (e.key === 'Enter' && open.value) {
      e.preventDefault();
      const chosen = found[active.value];
      if (chosen) take(chosen.id);
      else startGuest();
    } else if (e.key === 'Escape') {
      e.stopPropagation();
      if (open.value) open.value = false;
      else /** @type {HTMLElement} */ (e.currentTarget).blur();
    }
  };
  const option = (
    /** @type {number} */ n,
    /** @type {any} */ inside,
    /** @type {() => void} */ onpress,
  ) => html`<li role="option" id=${`add-${n}`} aria-selected=${active.value === n ? 'true' : 'false'}
    onpointerdown=${(/** @type {Event} */ e) => {
      e.preventDefault();
      onpress();
    }} onpointermove=${() => {
      active.value = n;
    }}>${inside}</li>`;
  return html`<div class="add">
    <div class="combo">${icon('search')}<input id="add-speaker" class="find" type="text" role="combobox"
      autocomplete="off" aria-label=${_('Add a speaker')} placeholder=${_('Add a speaker…')}
      aria-expanded=${open.value ? 'true' : 'false'} aria-controls="add-options" aria-autocomplete="list"
        aria-activedescendant=${open.value ? `add-${active.value}` : undefined}
      value=${typed.value} oninput=${(/** @type {any} */ e) => {
        typed.value = e.currentTarget.value;
        active.value = 0;
        open.value = true;
      }}
      onfocus=${() => {
        if (typed.value) open.value = true;
      }} onblur=${() => {
        open.value = false;
      }} onkeydown=${go} /><kbd aria-hidden="true">A</kbd>
      <ul id="add-options" role="listbox" aria-label=${_('Delegations')} hidden=${!open.value}>${
        open.value &&
        html`
        ${found.map((it, n) =>
          option(
            n,
            html`<${Flag} id=${it.id} /><span><${DelegationName} id=${it.id} />
        <small>${waits(it.id) ? _('is on the list') : it.row.present ? '' : _('not checked in')}</small>
        </span>`,
            () => take(it.id),
          ),
        )}
        ${option(
          last,
          html`${icon('user-plus')}
        <span>${
          typed.value.trim()
            ? richText(_('A guest: {name}'), {
                name: html`<bdi>${typed.value.trim()}
        </bdi>`,
              })
            : _('A guest, without a delegation')
        }</span>`,
          startGuest,
        )}`
      }</ul></div>
    <${Ways} /><${Outcome} spot="add" /></div>`;
}

/** What for, and how the request came. */
function Ways() {
  return html`<details class="more"><summary>${
    kind.value === 'point_of_order' ? _('Point of order') : _('Statement')
  } · ${askedByWords(channel.value)}</summary><div>
    <label>${_('What for')} <select value=${kind.value} onchange=${(/** @type {any} */ e) => {
      kind.value = e.currentTarget.value;
    }}>
      <option value="statement">${_('Statement')}</option><option value="point_of_order">${_('Point of order')}
      </option></select></label>
    <label>${_('How it was asked')} <select value=${channel.value} onchange=${(/** @type {any} */ e) => {
      channel.value = e.currentTarget.value;
    }}>
      ${CHANNELS.map((it) => html`<option value=${it}>${askedByWords(it)}</option>`)}</select></label></div>
      </details>`;
}

function Guest() {
  const submit = (/** @type {SubmitEvent} */ e) => {
    e.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (e.target));
    inscribe({ guest: { name: String(form.get('name')).trim(), post: String(form.get('post')).trim() } });
  };
  return html`<form class="stack" onsubmit=${submit} onkeydown=${(/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'Escape') {
      e.stopPropagation();
      guest.value = undefined;
    }
  }}>
    <label>${_('Name of the guest')} <input id="guest-name" name="name" required maxlength="200"
      value=${guest.value} /></label>
    <label>${_('Function')} <input name="post" maxlength="200" /></label>
    <p class="row"><button class="button primary">${icon('user-plus')} ${_('Enter the guest')}</button>
    <button type="button" class="button" onclick=${() => {
      guest.value = undefined;
    }}>${_('Cancel')}</button></p></form>`;
}
