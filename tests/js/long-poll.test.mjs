// The slower way down: when it begins and ends, what it does with each answer, and how long it rests.
import assert from 'node:assert/strict';
import test from 'node:test';
import { AccessLost } from '../../static/js/act.js';
import { LongPoll, WAIT } from '../../static/js/long-poll.js';
import { Store } from '../../static/js/store.js';

const state = (seq = 5, chain = `c${seq}`, epoch = 'e') => ({ seq, epoch, chain, view: { n: seq }, now: 0 });
const changes = (...steps) => ({
  epoch: 'e',
  chain: `c${steps.at(-1)[1]}`,
  seq: steps.at(-1)[1],
  changes: steps.map(([base, seq]) => ({ base, seq, patch: { n: seq }, said: [] })),
});
function later() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}
const NOTHING = { after: WAIT * 1_000 };

/** A poll whose questions are answered as listed, on a clock that only moves when somebody waits; the last never. */
function polling(...answers) {
  const store = new Store(state());
  const seen = { asked: [], rests: [], heard: 0, lost: 0, refused: [], needs: [] };
  let clock = 0;
  const done = later();
  store.onneed = (why) => seen.needs.push(why);
  const poll = new LongPoll({
    store,
    ask: async (stands, wait, signal) => {
      seen.asked.push([stands.seq, wait]);
      const answer = answers.shift();
      if (answer === undefined) {
        done.resolve();
        return new Promise((_, fail) => signal.addEventListener('abort', () => fail(new Error('cut'))));
      }
      clock += answer.after ?? 10;
      if (answer instanceof Error) throw answer;
      return answer.after ? undefined : answer;
    },
    onheard: () => seen.heard++,
    onlost: () => seen.lost++,
    onrefused: (code) => {
      seen.refused.push(code);
      done.resolve();
    },
    sleep: async (ms) => {
      seen.rests.push(ms);
      clock += ms;
    },
    now: () => clock,
  });
  return { poll, store, seen, settled: done.promise };
}

test('it begins after two attempts at a socket that came to nothing, and ends when one works', async () => {
  const { poll, seen, settled } = polling({ after: 1 });
  poll.socketFailed();
  assert.deepEqual(seen.asked, []);
  poll.socketWorks();
  poll.socketFailed();
  assert.deepEqual(seen.asked, [], 'those before one that worked do not count');
  poll.socketFailed();
  await settled;
  assert.equal(poll.live, true);
  poll.socketFailed();
  assert.equal(seen.asked.length, 2, 'once it runs it goes on');
  poll.socketWorks();
  assert.equal(poll.live, false);
});

test('first it asks how things stand, then it waits; from answer to answer without a rest', async () => {
  const { poll, store, seen, settled } = polling({ after: 1 }, NOTHING, NOTHING);
  poll.start();
  await settled;
  assert.deepEqual(seen.asked, [
    [5, 0],
    [5, WAIT],
    [5, WAIT],
    [5, WAIT],
  ]);
  assert.deepEqual([seen.rests, seen.heard, store.held], [[], 3, false]);
  poll.stop();
});

test('changes are taken in turn, and the next question stands where they ended', async () => {
  const { poll, store, seen, settled } = polling(changes([5, 6], [6, 8]), changes([6, 8], [8, 9]));
  poll.start();
  await settled;
  assert.deepEqual([store.seq, store.chain, store.view.n], [9, 'c9', 9]);
  assert.deepEqual(
    seen.asked.map(([seq]) => seq),
    [5, 8, 9],
  );
  assert.ok(seen.rests.every((ms) => ms < 100));
  poll.stop();
});

test('a whole state replaces what is there, also one of another log', async () => {
  const { poll, store, seen, settled } = polling(state(3, 'other', 'new'));
  poll.start();
  await settled;
  assert.deepEqual([store.seq, store.chain, store.epoch, store.view.n, store.held], [3, 'other', 'new', 3, false]);
  assert.deepEqual(seen.needs, []);
  poll.stop();
});

test('an answer that brings nobody anywhere is not asked for at once again', async () => {
  const { poll, seen, settled } = polling(changes([7, 8]), { after: 1 }, { after: 1 });
  poll.start();
  await settled;
  assert.deepEqual(seen.needs, ['gap']);
  assert.deepEqual(seen.rests, [1_000, 1_000, 1_000], 'nor is one that came at once although nothing happened');
  poll.stop();
});

test('without an answer it is lost, and asks again after a random rest how things stand', async () => {
  const { poll, store, seen, settled } = polling({ after: 1 }, new TypeError('network'), changes([5, 6]));
  poll.start();
  await settled;
  assert.deepEqual([seen.lost, seen.heard, store.seq, poll.live], [1, 2, 6, true]);
  assert.deepEqual(
    seen.asked.map(([, wait]) => wait),
    [0, WAIT, 0, WAIT],
  );
  assert.ok(seen.rests[0] >= 500 && seen.rests[0] <= 8_000);
  poll.stop();
});

test('a right that is gone ends it', async () => {
  const { poll, seen, settled } = polling({ after: 1 }, new AccessLost(403, 'sign_in.revoked', ''));
  poll.start();
  await settled;
  assert.deepEqual([seen.refused, seen.lost, seen.asked.length, poll.live], [['sign_in.revoked'], 0, 2, false]);
});

test('who looks again asks at once how things stand, and is live meanwhile', async () => {
  const { poll, seen, settled } = polling({ after: 1 });
  poll.check();
  assert.equal(seen.asked.length, 0, 'not before it is needed');
  poll.start();
  await settled;
  poll.check();
  assert.equal(poll.live, true);
  await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(seen.asked.at(-1), [5, 0]);
  assert.equal(seen.lost, 0);
  poll.stop();
});

test('what was asked before it ended is not taken', async () => {
  const store = new Store(state());
  const late = later();
  const poll = new LongPoll({
    store,
    ask: () => late.promise,
    onheard: () => assert.fail('heard'),
    onlost: () => assert.fail('lost'),
    onrefused: () => assert.fail('refused'),
  });
  poll.start();
  poll.stop();
  late.resolve(changes([5, 6]));
  await new Promise((done) => setTimeout(done, 5));
  assert.equal(store.seq, 5);
});
