// Words: the catalogue, plurals by the language's own rules, facts in their places, times and dates.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  _,
  cityOfZone,
  localizedText,
  longDate,
  ngettext,
  richText,
  setCatalogue,
  stateName,
  timeOfDay,
} from '../../static/js/words.js';

test('English is its own key', () => {
  setCatalogue({ lang: 'en', plural: ['one', 'other'], words: {} });
  assert.equal(_('Next speaker'), 'Next speaker');
  assert.equal(_('{n} of {all} min', { n: 3, all: 40 }), '3 of 40 min');
  assert.deepEqual(
    [0, 1, 2].map((n) => ngettext('{n} speaker', '{n} speakers', n)),
    ['0 speakers', '1 speaker', '2 speakers'],
  );
});

test('a place without a fact shows no brace', () => assert.equal(_('{who} asked', {}), '… asked'));

test('plurals follow the language: three forms in Russian', () => {
  setCatalogue({
    lang: 'ru',
    plural: ['one', 'few', 'many'],
    words: { '{n} speaker': ['{n} оратор', '{n} оратора', '{n} ораторов'], 'refusal.a.b': 'Нет.' },
  });
  assert.deepEqual(
    [1, 3, 11, 21].map((n) => ngettext('{n} speaker', '{n} speakers', n)),
    ['1 оратор', '3 оратора', '11 ораторов', '21 оратор'],
  );
  assert.equal(_('refusal.a.b'), 'Нет.');
});

test('drawn facts keep their place between the words', () => {
  setCatalogue({ lang: 'en', plural: ['one', 'other'], words: {} });
  const drawn = { drawn: true };
  assert.deepEqual(richText('{who} left at {time}.', { who: drawn, time: '11:15' }), [
    drawn,
    ' left at ',
    '11:15',
    '.',
  ]);
});

test('times and dates as the United Nations write them, in any zone', () => {
  setCatalogue({ lang: 'en', plural: ['one', 'other'], words: {} }, { TUR: 'Türkiye' });
  const at = Date.UTC(2023, 11, 11, 5, 0);
  assert.deepEqual(
    ['Asia/Ashgabat', 'America/New_York', 'UTC'].map((zone) => timeOfDay(at, zone)),
    ['10:00', '00:00', '05:00'],
  );
  assert.equal(longDate(at, 'Asia/Ashgabat').replace(',', ''), 'Monday 11 December 2023');
  assert.equal(cityOfZone('America/New_York'), 'New York');
  assert.deepEqual([stateName('TUR'), stateName('XXX')], ['Türkiye', 'XXX']);
  assert.deepEqual(
    [localizedText({ fr: 'Bonjour', en: 'Hello' }, ['fr']), localizedText({ fr: 'Bonjour' }, ['en', 'fr']), localizedText(undefined)],
    ['Hello', 'Bonjour', ''],
  );
});
