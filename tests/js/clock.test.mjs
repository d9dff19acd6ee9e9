// The clock: proofs of the server's time overlap, the floor's clock counts from facts and shows whole seconds.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Proofs, clockDigits, everySecond, remainingMs, urgencyOf, wholeSeconds } from '../../static/js/clock.js';

test('proofs: the offset lies in the overlap, however long the way is', () => {
  const proofs = new Proofs(),
    offset = 1_700_000_000_000;
  let seed = 7;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  for (let i = 0, at = 1000; i < 24; i++, at += 500) {
    const up = 50 + 100 * random(),
      down = 50 + 100 * random();
    proofs.learn(at + up + offset, at, at + up + down);
  }
  assert.ok(proofs.ready);
  assert.ok(Math.abs(proofs.offset - offset) <= proofs.error + 1e-6);
  assert.ok(proofs.error < 60, `the bound is ${proofs.error} ms`);
});

test('proofs: a clock that was set makes them start over', () => {
  const proofs = new Proofs();
  proofs.learn(1000 + 10, 0, 20);
  proofs.learn(91_000 + 110, 100, 120);
  assert.ok(Math.abs(proofs.offset - 91_000) <= 10);
});

test('proofs: only the newest are kept, so that a drifting clock is followed', () => {
  const proofs = new Proofs();
  for (let i = 0; i < 200; i++) {
    const at = i * 20_000,
      drift = i * 0.6;
    proofs.learn(at + 5 + drift, at, at + 10);
  }
  assert.ok(Math.abs(proofs.offset - 199 * 0.6) <= 10);
});

test('remaining: running, paused, over', () => {
  assert.equal(remainingMs({ seconds: 420, spoken: 0, since: 1000 }, 181_000), 240_000);
  assert.equal(remainingMs({ seconds: 420, spoken: 180 }, 999_999_999), 240_000);
  assert.equal(remainingMs({ seconds: 420, spoken: 400, since: 0 }, 37_000), -17_000);
  assert.equal(
    remainingMs({ seconds: 60, spoken: 0, since: 5_000 }, 4_000),
    60_000,
    'a clock that is a little behind does not give time',
  );
});

test('what is shown: rounded up, 0:00 when time is up, then -0:01', () => {
  assert.deepEqual([1000, 999, 1, 0, -1, -999, -1000, -17_000].map(wholeSeconds).map(clockDigits), [
    '0:01',
    '0:01',
    '0:01',
    '0:00',
    '0:00',
    '0:00',
    '−0:01',
    '−0:17',
  ]);
  assert.deepEqual([102, 3600, 5025, -725].map(clockDigits), ['1:42', '1:00:00', '1:23:45', '−12:05']);
  assert.deepEqual(
    [31, 30, 1, 0, -5].map((s) => urgencyOf(s, 30)),
    ['', 'warning', 'warning', 'over', 'over'],
  );
});

test('every second: painted at the change of the second, not by an interval', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 10_250;
  const painted = [],
    stop = everySecond(
      { now: () => now },
      () => ({ seconds: 5, spoken: 0, since: 10_000 }),
      (ms) => painted.push(wholeSeconds(ms)),
    );
  for (let i = 0; i < 7000; i += 50) {
    now += 50;
    t.mock.timers.tick(50);
  }
  stop();
  assert.deepEqual(painted, [5, 4, 3, 2, 1, 0, -1, -2]);
});
