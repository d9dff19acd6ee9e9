// The forecast: the same cases as meetingsvc/views/forecast.py, from the same file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { agendaForecast, listForecast } from '../../static/js/forecast.js';

const cases = JSON.parse(readFileSync(new URL('../data/forecast_cases.json', import.meta.url), 'utf8'));
for (const { name, view, list, now, expected } of cases) {
  test(name, () => {
    assert.deepEqual(listForecast(view, list, now) ?? null, expected.list);
    assert.deepEqual(agendaForecast(view, now), expected.agenda);
  });
}
test('there are cases', () => assert.ok(cases.length > 15));
