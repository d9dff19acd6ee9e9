// @ts-check
// The delegations, for chair and secretary: who is present and where, check-in, who speaks and on which
// level, accrediting and withdrawing. For delegates: their own check-in and place (views/floor.js uses
// PlaceChoice).

import { html } from 'htm/preact';
import { signal } from '@preact/signals';
import { boot, nameOf, view } from '../page.js';
import { _, allStates, compareNames, ngettext, searchForm } from '../words.js';
import { DelegationName, Flag, icon, kindWords, modeWords, rankWords } from './common.js';
import { CommandButton, Outcome, giveCommand, outcomeAt } from './press.js';

/** @typedef {import('../view').DelegationView} Delegation */
const typed = signal(''),
  absentOnly = signal(false);
/** @type {import('@preact/signals').Signal<string | undefined>} */ const opened = signal(undefined);
const adding = signal(false);
const RANKS = ['HOS', 'VP', 'CP', 'HOG', 'DPM', 'M', 'VM', 'PR', 'DPR', 'CDA', 'OTHER'];
const KINDS = ['member', 'observer_state', 'regional_org', 'igo', 'un_entity', 'ngo', 'nhri', 'guest'];

/**
 * Where a delegation is. One active place: checking in elsewhere moves it.
 * @param {{id: string, row: Delegation}} props
 */
function Place({ id, row }) {
  const spot = `roster:${id}`,
    name = nameOf(id);
  const choice = (/** @type {string} */ mode) => {
    const on = row.present && row.mode === mode;
    const label = mode === 'remote' ? _('Remote') : _('Room');
    return html`<button type="button" class=${`button small ${on ? 'on' : ''}`} aria-pressed=${
      on ? 'true' : 'false'
    } aria-label=${_('{who}: {mode}', { who: name, mode: modeWords(mode) })} title=${modeWords(mode)}
      onclick=${() =>
        on
          ? giveCommand(spot, 'roster.leave', { delegation: Number(id) })
          : giveCommand(spot, row.present ? 'roster.set_mode' : 'roster.check_in', {
              delegation: Number(id),
              mode,
            })}>
          ${icon(mode === 'remote' ? 'video' : 'armchair')}<span>${label}</span></button>`;
  };
  return html`<span class="places" role="group">${choice('in_room')}${choice('remote')}</span>`;
}

/** @param {{id: string, row: Delegation}} props */
function Row({ id, row }) {
  const open = opened.value === id,
    level = rankWords(row.rank);
  return html`<li class=${open ? 'sel' : ''}><${Flag} id=${id} />
    <button type="button" class="pick" aria-expanded=${open ? 'true' : 'false'} onclick=${() => {
      opened.value = open ? undefined : id;
    }}><strong><${DelegationName} id=${id} /></strong>
      <small class="quiet">${
        row.speaker && row.speaker.name !== nameOf(id)
          ? html`<bdi>${row.speaker.name}
      </bdi>`
          : ''
      }${level && html` ${level}`}${row.kind !== 'member' && html` ${kindWords(row.kind)}`}</small>
      </button>
    <${Place} id=${id} row=${row} />${open && html`<${Details} id=${id} row=${row} />`}
    <${Outcome} spot=${`roster:${id}`} /></li>`;
}

/** @param {{id: string, row: Delegation}} props */
function Details({ id, row }) {
  const spot = `roster:${id}`;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target)),
      get = (/** @type {string} */ name) => String(form.get(name) ?? '').trim();
    void giveCommand(
      spot,
      'roster.set_speaker',
      { delegation: Number(id), speaker: { name: get('name'), post: get('post') }, rank: get('rank') },
      { done: _('Saved.') },
    );
  };
  return html`<form class="stack" onsubmit=${submit}><${PersonFields} row=${row} />
    <p class="row"><button class="button small primary">${_('Save')}</button>
    <${CommandButton} spot=${spot} command="roster.withdraw_accreditation" may=${false}
      body=${{ delegation: Number(id) }} kind="small danger" glyph="trash-2"
      label=${_('Withdraw accreditation')} after=${() => {
        opened.value = undefined;
      }} /></p></form>`;
}

/** @param {{row?: Delegation}} props */
const PersonFields = ({ row }) => html`
  <label>${_('Who speaks')} <input name="name" dir="auto" maxlength="200" value=${row?.speaker?.name ?? ''} />
  </label>
  <label>${_('Function')} <input name="post" dir="auto" maxlength="300" value=${row?.speaker?.post ?? ''} />
  </label>
  <label>${_('Level')} <select name="rank">${RANKS.map(
    (rank) => html`<option value=${rank}
    selected=${(row?.rank ?? 'OTHER') === rank}>${rankWords(rank) || _('Other')}</option>`,
  )}</select></label>`;

/** Accredit a State by its name, or anybody else by the name written. */
function Accredit() {
  const states = Object.entries(allStates()).sort(([, a], [, b]) => compareNames(a, b));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target)),
      get = (/** @type {string} */ name) => String(form.get(name) ?? '').trim();
    const who = get('who'),
      code = states.find(([key, name]) => searchForm(name) === searchForm(who) || key === who.toUpperCase())?.[0];
    const guest = get('kind') === 'guest', // a guest is a person, whom the log knows by number only
      name = get('name') || (guest ? who : '');
    const speaker = name || get('post') ? { speaker: { name, post: get('post') } } : {};
    const mode = get('mode') ? { mode: get('mode') } : {};
    void giveCommand(
      'accredit',
      'roster.accredit',
      { ...(guest ? {} : code ? { code } : { name: who }), kind: get('kind'), rank: get('rank'), ...mode, ...speaker },
      {
        done: _('Accredited.'),
        after: () => {
          adding.value = false;
        },
      },
    );
  };
  return html`<form class="stack" onsubmit=${submit} onkeydown=${(/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'Escape') {
      e.stopPropagation();
      adding.value = false;
    }
  }}>
    <label>${_('State, or name of the organization')} <input name="who" list="states" required dir="auto"
      autocomplete="off" maxlength="200" /></label><datalist id="states">${states.map(
        ([, name]) => html`<option
        value=${name}></option>`,
      )}</datalist>
    <label>${_('Kind')} <select name="kind">${KINDS.map(
      (kind) => html`<option value=${kind}>${kindWords(kind)}
    </option>`,
    )}</select></label>
    <label>${_('Takes part')} <select name="mode"><option value="">${_('As usual for this meeting')}</option>
    <option value="in_room">${modeWords('in_room')}</option><option value="remote">${modeWords('remote')}
    </option></select></label>
    <${PersonFields} /><p class="row"><button class="button primary">${_('Accredit')}</button>
    <button type="button" class="button" onclick=${() => {
      adding.value = false;
    }}>${_('Cancel')}</button></p></form>`;
}

export function Roster() {
  const rows = Object.entries(view.value.roster.delegations ?? {}).filter(([, row]) => !row.withdrawn),
    wanted = searchForm(typed.value.trim());
  const found = rows
    .map(([id, row]) => ({ id, row, name: nameOf(id) || _('Guest') }))
    .filter(
      (it) =>
        (!absentOnly.value || !it.row.present) &&
        [it.name, it.row.code ?? '', it.row.speaker?.name ?? ''].some((part) => searchForm(part).includes(wanted)),
    )
    .sort((a, b) => compareNames(a.name, b.name));
  const here = rows.filter(([, row]) => row.present).length;
  return html`<div class="roster">
    <p class="quiet">${ngettext('{n} delegation', '{n} delegations', rows.length)} · ${_('{n} present', {
      n: here,
    })}</p>
    <div class="combo">${icon('search')}<input class="find" type="search" aria-label=${_('Find a delegation')}
      placeholder=${_('Find a delegation…')} value=${typed.value} oninput=${(/** @type {any} */ e) => {
        typed.value = e.currentTarget.value;
      }} /></div>
    <label class="check"><input type="checkbox" checked=${absentOnly.value} onchange=${() => {
      absentOnly.value = !absentOnly.value;
    }} /> ${_('Only those not present')}</label>
    <ul class="people">${found.map((it) => html`<${Row} key=${it.id} id=${it.id} row=${it.row} />`)}</ul>
    ${
      !found.length &&
      html`<p class="quiet">${
        rows.length ? _('No delegation fits.') : _('No delegation is accredited yet.')
      }</p>`
    }
    ${
      adding.value
        ? html`<${Accredit} />`
        : html`<button type="button" class="button small" onclick=${() => {
            adding.value = true;
            outcomeAt('accredit').value = { state: 'idle' };
          }}>${icon('user-plus')} ${_('Accredit a delegation')}</button>`
    }
    ${boot.urls?.links && html`<p><a href=${boot.urls.links}>${_('Personal links of this meeting')}</a></p>`}
    <${Outcome} spot="accredit" /></div>`;
}

/** A delegate's own place: in the room or remote; also the way to check in. @param {{id: number}} props */
export function PlaceChoice({ id }) {
  const row = view.value.roster.delegations?.[String(id)];
  if (!row) return null;
  const { format } = view.value.meeting,
    set = (/** @type {string} */ mode) =>
      giveCommand('place', row.present ? 'roster.set_mode' : 'roster.check_in', { mode });
  const choice = (/** @type {string} */ mode) =>
    html`<label><input type="radio" name="place" value=${mode} checked=${row.mode === mode}
      onchange=${() => set(mode)} />${icon(mode === 'remote' ? 'video' : 'armchair')} ${modeWords(mode)}
        </label>`;
  if (!row.present) {
    return html`<section class="checkin" aria-labelledby="checkin"><h2 id="checkin">${_('Check in')}</h2>
      <p>${_('Say that you are present, and where you will speak from.')}</p>
      <div class="two">${
        format !== 'online' &&
        html`<${CommandButton} spot="place" command="roster.check_in"
        body=${{ mode: 'in_room' }} glyph="armchair" label=${modeWords('in_room')} />`
      }
      ${
        format !== 'in_person' &&
        html`<${CommandButton} spot="place" command="roster.check_in" body=${{ mode: 'remote' }}
        glyph="video" label=${modeWords('remote')} />`
      }</div><${Outcome} spot="place" /></section>`;
  }
  const places = html`<div>${choice('in_room')}${choice('remote')}</div>`;
  return html`<fieldset class="choice"><legend class="label">${_('I will speak')}</legend>
    ${format === 'hybrid' ? places : html`<p>${modeWords(row.mode)}</p>`}
    <${Outcome} spot="place" />
    <${CommandButton} spot="place" command="roster.leave" may=${false} kind="plain quiet leave" glyph="log-out"
      flips=${true}
      label=${_('I am leaving the meeting')} /></fieldset>`;
}
