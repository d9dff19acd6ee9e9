// Readers in JavaScript (ical.js, node-ical) as a program: `node readers.js icaljs`; paths in, one line of JSON each out.
// Speaks as adapters.py does. Imports nothing of ours; the two packages are found by NODE_PATH.
'use strict';
const fs = require('fs');
const readline = require('readline');

const MAX_OCC = 40;
const utc = (date) => date.toISOString().replace('.000Z', 'Z');

function icaljs() {
  const loaded = require('ical.js');
  const ICAL = loaded.default || loaded;
  const time = (x) => {
    if (!x) return null;
    if (x.isDate) return x.toString();
    if (x.zone === ICAL.Timezone.localTimezone) return `${x.toString()} floating`;
    return utc(new Date(x.toUnixTime() * 1000));
  };
  const occurrences = (event) => {
    const found = [];
    const all = event.iterator();
    for (let next; found.length < MAX_OCC && (next = all.next()); ) found.push(time(next));
    return found;
  };
  return (bytes) => {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const parsed = ICAL.parse(text);
    if (Array.isArray(parsed[0])) throw new Error('more than one VCALENDAR');
    const out = {};
    for (const vevent of new ICAL.Component(parsed).getAllSubcomponents('vevent')) {
      const event = new ICAL.Event(vevent);
      const value = (name) => String(vevent.getFirstPropertyValue(name) ?? '');
      const recurrence = vevent.getFirstPropertyValue('recurrence-id');
      const found = {
        start: time(event.startDate), end: time(event.endDate), summary: value('summary'),
        location: value('location'), description: value('description'), status: value('status').toUpperCase(),
        attendees: vevent.getAllProperties('attendee').map((a) => String(a.getFirstValue()).toLowerCase()).sort(),
      };
      if (event.isRecurring()) found.occ = occurrences(event);
      out[value('uid') + (recurrence ? `|${time(recurrence)}` : '')] = found;
    }
    return out;
  };
}

function nodeical() {
  const ical = require('node-ical');
  const two = (n) => String(n).padStart(2, '0');
  const time = (x) => {
    if (!x) return null;
    if (x.dateOnly) return `${x.getFullYear()}-${two(x.getMonth() + 1)}-${two(x.getDate())}`;
    return utc(new Date(x.getTime()));
  };
  const plain = (x) => (x == null ? '' : typeof x === 'object' && 'val' in x ? String(x.val) : String(x));
  return (bytes) => {
    const out = {};
    const put = (event, recurrence) => {
      const people = event.attendee == null ? [] : [event.attendee].flat();
      out[plain(event.uid) + (recurrence ? `|${time(recurrence)}` : '')] = {
        start: time(event.start), end: time(event.end), summary: plain(event.summary),
        location: plain(event.location), description: plain(event.description),
        status: plain(event.status).toUpperCase(), attendees: people.map((a) => plain(a).toLowerCase()).sort(),
      };
    };
    for (const event of Object.values(ical.sync.parseICS(bytes.toString('utf8')))) {
      if (event.type !== 'VEVENT') continue;
      put(event, event.rrule ? null : event.recurrenceid);
      const done = new Set();
      for (const other of Object.values(event.recurrences || {})) {
        const key = time(other.recurrenceid);
        if (!other.recurrenceid || done.has(key)) continue;
        done.add(key);
        put(other, other.recurrenceid);
      }
    }
    return out;
  };
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
console.log = console.error; // what a reader prints is no answer
let read;
try {
  read = { icaljs, nodeical }[process.argv[2]]();
  say({ ready: true });
} catch (fault) {
  say({ missing: String(fault).split('\n')[0] });
  process.exit();
}
readline.createInterface({ input: process.stdin }).on('line', (path) => {
  try {
    say({ ok: read(fs.readFileSync(path)) });
  } catch (fault) {
    say({ error: String(fault).split('\n')[0].slice(0, 220) });
  }
});
