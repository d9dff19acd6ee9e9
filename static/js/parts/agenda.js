// @ts-check
// The agenda: on the console with its acts (take up, conclude, suspend, edit, add), elsewhere as progress to
// read.

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { ordered } from '../forecast.js';
import { agendaTimes, meetingText, meetingZone, serverNow, view } from '../page.js';
import { _, languageName, ngettext, pageLanguage, richText } from '../words.js';
import { clockTime, icon, leftToRight } from './common.js';
import { isOver } from './meeting.js';
import { CommandButton, Outcome, giveCommand } from './press.js';
import { statementsHeard } from './lists.js';
import { spanWords } from './when.js';

/** @typedef {import('../view').ItemView} Item */
/**
 * The item whose acts are open.
 * @type {import('@preact/signals').Signal<string | undefined>}
 */
const openedItem = signal(undefined);
/**
 * The item that is being edited, or 'new'.
 * @type {import('@preact/signals').Signal<string | undefined>}
 */
const editing = signal(undefined);

/** Minutes spent on an item so far, in ms. @param {Item} it */
const spent = (it) =>
  (it.spent_s ?? 0) * 1000 + (it.started_at === undefined ? 0 : Math.max(0, serverNow.value - it.started_at));

/** How an item stands, in one short line. @param {{id: string, it: Item}} props */
function Standing({ id, it }) {
  const lists = Object.values(view.value.speakers.lists ?? {}).filter((list) => String(list.item) === id);
  const heard = lists.reduce((sum, list) => sum + statementsHeard(list), 0),
    waits = lists.reduce((sum, list) => sum + (list.count ?? 0), 0);
  const begin = agendaTimes.value[id];
  if (it.state === 'concluded')
    return html`<small>${icon('check')} ${_('Concluded')}${spent(it) ? html` · ${spanWords(spent(it))}` : ''}
      </small>`;
  const words = [
    it.state === 'suspended' && _('Suspended'),
    heard > 0 && ngettext('{n} spoke', '{n} spoke', heard),
    waits > 0 && ngettext('{n} waiting', '{n} waiting', waits),
    it.state === 'open' && it.planned_s
      ? _('{n} of {all} min', { n: Math.floor(spent(it) / 60_000), all: Math.round(it.planned_s / 60) })
      : it.planned_s
        ? spanWords(it.planned_s * 1000)
        : '',
  ]
    .filter(Boolean)
    .join(' · ');
  return html`<small>${
    begin !== undefined &&
    it.state === 'pending' &&
    html`${richText(_('about {time}'), {
      time: clockTime(Math.round(begin / 60_000) * 60_000, meetingZone.value),
    })}${words && ' · '}`
  }${words}
      ${it.hidden && html` <b class="tag">${icon('eye-off')} ${_('Hidden')}</b>`}</small>`;
}

/** @param {{id: string, it: Item, acts: boolean}} props */
function Row({ id, it, acts }) {
  const current = view.value.agenda.current === Number(id),
    open = acts && openedItem.value === id;
  const inside = html`<span class="no">${leftToRight(it.number ?? '')}</span><span class="what">
    <bdi>${meetingText(it.title)}</bdi><${Standing} id=${id} it=${it} /></span>`;
  return html`<li class=${`${it.state === 'concluded' ? 'done' : ''} ${open ? 'sel' : ''}`}
    aria-current=${current ? 'step' : undefined}>
    ${
      acts
        ? html`<button type="button" class="pick" aria-expanded=${open ? 'true' : 'false'} data-item=${id}
          onclick=${() => {
            openedItem.value = open ? undefined : id;
            editing.value = undefined;
          }}>${inside}</button>`
        : html`<div class="pick">${inside}</div>`
    }
    ${
      open &&
      (editing.value === id
        ? html`<${Form} id=${id} it=${it} />`
        : html`<${Tools} id=${id} it=${it}
      />`)
    }${acts && html`<${Outcome} spot=${`item:${id}`} />`}</li>`;
}

/** @param {{id: string, it: Item}} props */
function Tools({ id, it }) {
  const spot = `item:${id}`,
    body = { item: Number(id) },
    list = Object.values(view.value.speakers.lists ?? {}).some(
      (row) => String(row.item) === id && row.state === 'open',
    );
  return html`<div class="tools">
    ${
      it.state !== 'open' &&
      html`<${CommandButton} spot=${spot} command="agenda.take_up" body=${body} kind="primary"
      label=${_('Take up')} />`
    }
    ${
      it.state === 'open' &&
      html`<${CommandButton} spot=${spot} command="agenda.suspend_item" may=${false} body=${body}
      label=${_('Leave for later')} />`
    }
    ${
      (it.state === 'open' || it.state === 'suspended') &&
      html`<${CommandButton} spot=${spot} command="agenda.conclude"
      may=${false} body=${body} glyph="check" label=${_('Conclude')} />`
    }
    ${
      it.state !== 'open' &&
      !list &&
      html`<${CommandButton} spot=${spot} command="speakers.open_list" may=${false}
      body=${body} label=${_('Open its list')} />`
    }
    <button type="button" class="button" onclick=${() => {
      editing.value = id;
    }}>${icon('pencil')} ${_('Edit')}</button></div>`;
}

/**
 * Edit an item, or add one. Titles are kept in every language they were written in.
 * @param {{id?: string, it?: Item}} props
 */
function Form({ id, it }) {
  const { languages } = view.value.meeting,
    mine = languages.includes(pageLanguage()) ? pageLanguage() : (languages[0] ?? pageLanguage());
  const spot = id ? `item:${id}` : 'item:new',
    rows = ordered(view.value.agenda.items);
  const shut = () => {
    editing.value = undefined;
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target)),
      get = (/** @type {string} */ name) => String(form.get(name) ?? '').trim();
    const title = { ...it?.title, [mine]: get('title') },
      planned_s = Math.round(Number(get('minutes') || 0) * 60);
    /** @type {Record<string, any>} Only what was changed: a number that counts by itself goes on doing so. */
    const changed = {
      ...(get('title') !== it?.title[mine] && { title }),
      ...(get('number') !== (it?.number ?? '') && { number: get('number') }),
      ...(planned_s !== (it?.planned_s ?? 0) && { planned_s }),
      ...(form.has('hidden') !== !!it?.hidden && { hidden: form.has('hidden') }),
    };
    if (id) void giveCommand(spot, 'agenda.edit_item', { item: Number(id), ...changed }, { after: shut });
    else
      void giveCommand(
        spot,
        'agenda.add_item',
        {
          title: mine === languages[0] ? get('title') : title,
          ...(planned_s ? { planned_s } : {}),
          ...(get('before') ? { before: Number(get('before')) } : {}),
        },
        { after: shut },
      );
  };
  return html`<form class="stack" onsubmit=${submit} onkeydown=${(/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'Escape') {
      e.stopPropagation();
      shut();
    }
  }}>
    <label>${
      languages.length > 1 ? _('Title ({language})', { language: languageName(mine) }) : _('Title')
    } <textarea name="title" required rows="2" maxlength="500" dir="auto" ref=${focusOnce}
        onkeydown=${enterSends}>${it?.title[mine] ?? ''}</textarea></label>
    ${
      id &&
      html`<label>${_('Number')} <input name="number" class="short" maxlength="20"
      value=${it?.number ?? ''} /></label>`
    }
    <label>${_('Planned minutes')} <input name="minutes" class="short" type="number" min="0" max="1440" step="1"
      value=${it?.planned_s ? it.planned_s / 60 : ''} /></label>
    ${
      id
        ? it?.state !== 'open' &&
          html`<label class="check"><input type="checkbox" name="hidden" checked=${!!it?.hidden}
            /> ${_('Hidden from all but chair and secretariat')}</label>`
        : html`<label>${_('Place')} <select name="before"><option value="">${_('At the end')}</option>
          ${rows.map(
            ([other, row]) => html`<option value=${other}>
          ${_('Before {item}', { item: [row.number, meetingText(row.title)].filter(Boolean).join(' ') })}</option>`,
          )}
          </select></label>`
    }
    <p class="row"><button class="button primary">${id ? _('Save') : _('Add the item')}</button>
    <button type="button" class="button" onclick=${shut}>${_('Cancel')}</button></p></form>`;
}
/** A title has no lines. @param {KeyboardEvent} e */
const enterSends = (e) => {
  if (e.key === 'Enter') {
    e.preventDefault();
    /** @type {HTMLTextAreaElement} */ (e.currentTarget).form?.requestSubmit();
  }
};
const focusOnce = (/** @type {HTMLElement | null} */ it) => {
  if (it && !it.dataset.seen) {
    it.dataset.seen = '1';
    it.focus();
  }
};

/** G: to the item taken up, else the first. */
export function focusAgenda() {
  const current = view.value.agenda.current;
  const target =
    document.querySelector(`.agenda [data-item="${current}"]`) ??
    document.querySelector('.agenda [data-item]');
  if (target instanceof HTMLElement) target.focus();
}

/** @param {{acts?: boolean}} props */
export function Agenda({ acts = false }) {
  const rows = ordered(view.value.agenda.items),
    may = acts && !isOver(view.value.meeting.state);
  return html`
    <ol class="items">${rows.map(([id, it]) => html`<${Row} key=${id} id=${id} it=${it} acts=${may} />`)}</ol>
    ${!rows.length && html`<p class="quiet">${_('The agenda is empty.')}</p>`}
    ${may && html`<${AddItem} /><${Outcome} spot="item:new" />`}`;
}

function AddItem() {
  if (editing.value === 'new') return html`<${Form} />`;
  const start = () => {
    openedItem.value = undefined;
    editing.value = 'new';
  };
  return html`<button type="button" class="button small" onclick=${start}>${icon('plus')} ${_('Add an item')}
    </button>`;
}
