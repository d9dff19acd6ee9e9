// @ts-check
// What makes plain forms easier where script runs: one more row without a reload, a button that copies, and the
// times of a meeting where it is read. Every page works without; nothing here knows a rule.

/** @param {string} what @param {ParentNode} [where] @returns {HTMLElement[]} */
const all = (what, where = document) => [...where.querySelectorAll(what)].filter((it) => it instanceof HTMLElement);

// ——— one more row: the last one again, emptied, with the next number ———
/** @param {HTMLElement} row @param {number} n @param {string} legend */
function renumbered(row, n, legend) {
  for (const it of [row, ...all('*', row)])
    for (const name of ['id', 'name', 'for', 'aria-describedby']) {
      const was = it.getAttribute(name);
      if (was) it.setAttribute(name, was.replace(/(_)\d+(?=$|-|\s)/g, `$1${n}`));
    }
  for (const it of all('.field-wrong', row)) it.remove();
  for (const it of row.querySelectorAll('input, textarea')) {
    it.removeAttribute('aria-invalid');
    if (it instanceof HTMLInputElement) it.value = '';
    it.removeAttribute('value');
  }
  const head = row.querySelector('legend');
  if (head && legend) head.textContent = legend;
  return row;
}

for (const button of all('button[data-add]')) {
  const kind = button.dataset.add ?? '',
    rows = document.querySelector(`[data-rows="${kind}"]`);
  if (!rows) continue;
  button.addEventListener('click', (event) => {
    const template = /** @type {HTMLTemplateElement | null} */ (document.querySelector(`template[data-row="${kind}"]`));
    const pattern = template?.content.firstElementChild ?? rows.lastElementChild;
    if (!pattern) return; // the form goes to the server, which knows what a row is
    event.preventDefault();
    const names = [...rows.querySelectorAll('[name]')].map((it) => it.getAttribute('name') ?? '');
    const taken = names.map((name) => Number(/_(\d+)$/.exec(name)?.[1] ?? -1));
    const n = Math.max(-1, ...taken) + 1;
    const words = (button.dataset.words ?? '').replace('{n}', String(rows.children.length + 1));
    const row = renumbered(/** @type {HTMLElement} */ (pattern.cloneNode(true)), n, words);
    rows.append(row);
    row.querySelector('input, select')?.dispatchEvent(new Event('focus'));
    const first = row.querySelector('input, select');
    if (first instanceof HTMLElement) first.focus();
  });
}

// ——— copying an address ———
for (const button of all('button[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? '');
    button.textContent = button.dataset.done ?? words;
    setTimeout(() => (button.textContent = words), 2_000);
  });
}

// ——— the reader's own zone: this device says which it is, the server says what time that is ———
const dates = document.querySelector('[data-times]');
if (dates instanceof HTMLElement && !dates.dataset.own) void showOwn(dates);

/** @param {HTMLElement} where */
async function showOwn(where) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || !where.dataset.times) return;
  const answer = await fetch(`${where.dataset.times}?zone=${encodeURIComponent(zone)}`).catch(() => undefined);
  if (!answer?.ok) return;
  /** @type {{sittings: {id: number, places: {place: string, times: string, day: string, note: string}[]}[]}} */
  const said = await answer.json();
  for (const it of said.sittings)
    where.querySelector(`[data-session="${it.id}"] .clocks`)?.replaceChildren(...it.places.map(clock));
}

/** @param {{place: string, times: string, day: string, note: string}} it */
function clock(it) {
  const row = document.createElement('div'),
    place = row.appendChild(document.createElement('dt')),
    times = row.appendChild(document.createElement('dd'));
  place.textContent = it.place;
  times.appendChild(document.createElement('bdi')).textContent = it.times;
  if (it.day) {
    const day = document.createElement('span');
    day.className = 'other-day';
    day.textContent = it.note ? `${it.day} (${it.note})` : it.day;
    times.append(' ', day);
  }
  return row;
}
