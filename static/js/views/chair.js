// @ts-check
// The chair's and the secretary's console: agenda, delegations and record on one side, the floor in the
// middle, the list on the other, the last act with Undo below. Only the arrangement stands here.

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { html } from 'htm/preact';
import { effect, signal } from '@preact/signals';
import { boot, emptiedPage, said, startPage, urgency, view } from '../page.js';
import { _ } from '../words.js';
import { Agenda } from '../parts/agenda.js';
import { Banner, LiveRegions, announce, icon, urgencyWords } from '../parts/common.js';
import { Floor } from '../parts/floor.js';
import { KeyHelp, helpShown, listenForKeys, sideOpener } from '../parts/keys.js';
import { CloseMeetingDialog, ConsoleHead } from '../parts/meeting.js';
import { LastAct, RecordSide, WhileAway } from '../parts/record.js';
import { Roster } from '../parts/roster.js';
import { plainSentence } from '../parts/said.js';
import { SpeakersList } from '../parts/speakers.js';

/** @type {() => Record<string, string>} */
const TABS = () => ({ agenda: _('Agenda'), people: _('Delegations'), log: _('Record') });
const tab = signal(boot.role === 'secretary' ? 'people' : 'agenda');
/** On narrow screens the side is a drawer. */ const drawer = signal(false);

sideOpener.side = (name) => {
  if (name) {
    tab.value = name;
    drawer.value = true;
  } else drawer.value = false;
};

function Side() {
  const keys = Object.keys(TABS());
  const step = (/** @type {KeyboardEvent} */ e) => {
    const rtl = document.documentElement.dir === 'rtl' ? -1 : 1,
      by = { ArrowRight: rtl, ArrowLeft: -rtl }[e.key];
    if (!by) return;
    e.preventDefault();
    tab.value = keys[(keys.indexOf(tab.value) + by + keys.length) % keys.length] ?? tab.value;
    requestAnimationFrame(() => document.getElementById(`tab-${tab.value}`)?.focus());
  };
  return html`<aside class=${`side agenda ${drawer.value ? 'open' : ''}`}
    aria-label=${_('Agenda, delegations, record')}>
    <div class="tabs">
      <div role="tablist" onkeydown=${step}>${keys.map((key) => html`<${Tab} key=${key} name=${key} />`)}</div>
      <button type="button" class="button plain square shut" aria-label=${_('Close')}
        onclick=${() => (drawer.value = false)}>${icon('x')}</button>
    </div>
    <div id="side-panel" role="tabpanel" tabindex="0" aria-labelledby=${`tab-${tab.value}`}><${Panel} /></div>
  </aside>`;
}

/** @param {{name: string}} props */
function Tab({ name }) {
  const on = tab.value === name;
  return html`<button type="button" role="tab" id=${`tab-${name}`} aria-selected=${on ? 'true' : 'false'}
    aria-controls="side-panel" tabindex=${on ? 0 : -1} onclick=${() => (tab.value = name)}>${TABS()[name]}
      </button>`;
}

function Panel() {
  if (tab.value === 'people') return html`<${Roster} />`;
  return tab.value === 'log' ? html`<${RecordSide} />` : html`<${Agenda} acts=${true} />`;
}

function Foot() {
  const keys = [
    ['N', _('Next speaker')],
    [_('Space'), _('Pause')],
    ['P', _('Point of order')],
  ];
  return html`<footer class="keys"><${LastAct} />${keys.map(
    ([key, words], n) => html`<span class=${n ? 'optional' : ''}><kbd>${key}</kbd> ${words}</span>`,
  )}
    <button type="button" class="button plain small" onclick=${() => {
      helpShown.value = true;
    }}><kbd>?</kbd> ${_('All keys')}</button></footer>`;
}

function Chair() {
  useEffect(() => {
    document.documentElement.classList.add('ready');
  }, []);
  return html`<${Banner} /><${ConsoleHead}><li class="drawer">
    <button type="button" class="button small" aria-expanded=${drawer.value ? 'true' : 'false'}
      onclick=${() => {
        drawer.value = !drawer.value;
      }}>${icon('list')} ${_('Agenda')}</button></li></${ConsoleHead}>
    <main class="desk"><${Side} /><${Floor} /><${SpeakersList} /></main><${Foot} /><${WhileAway} />
    <${CloseMeetingDialog} /><${KeyHelp} /><${LiveRegions} />`;
}

/** Screen readers hear who speaks, lists opened and closed, 30 seconds and time up: never every second. */
const TOLD =
  /^(speakers\.(floor_given|floor_ended|list_opened|list_closed|closing_announced)|meeting\.|agenda\.item_taken_up)/;
let heardTo = 0;
effect(() => {
  const news = said.value.filter((line) => line.seq > heardTo && TOLD.test(line.code));
  heardTo = said.value.at(-1)?.seq ?? heardTo;
  if (news.length) announce(news.slice(-2).map(plainSentence).join(' '));
});
effect(() => {
  if (urgency.value && view.peek().speakers.floor) announce(urgencyWords());
});

render(html`<${Chair} />`, emptiedPage());
listenForKeys();
startPage();
