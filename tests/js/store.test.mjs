// The store: merge patches with structural sharing, and the rules by which a page proves that it stands on the log.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Store, mergePatch } from '../../static/js/store.js';

const state = (seq = 5, view = { a: { x: 1 }, rows: { 1: { n: 1 }, 2: { n: 2 } } }, chain = `c${seq}`) => ({
  meeting: 'm',
  seq,
  epoch: 'e',
  chain,
  audience: 'staff',
  now: 0,
  view,
});
const change = (base, seq, patch = {}, said = []) => ({ base, seq, patch, said });
const message = (...changes) => ({
  meeting: 'm',
  epoch: 'e',
  chain: `c${changes.at(-1).seq}`,
  now: 0,
  changes,
});

/** A store that follows, and what it asked for. */
function following(from = state()) {
  const store = new Store(from),
    seen = { needs: [], views: 0, said: [] };
  store.onneed = (why) => seen.needs.push(why);
  store.onview = (view, said) => {
    seen.views++;
    seen.said.push(...said);
  };
  store.answer({ seq: from.seq, epoch: 'e', chain: from.chain, changes: [] });
  return { store, seen };
}

test('merge: the cases of RFC 7396, appendix A', () => {
  const cases = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases)
    assert.deepEqual(mergePatch(target, patch), expected, JSON.stringify([target, patch]));
});

test('merge: what is not touched stays the same object, and nothing old is changed', () => {
  const before = state().view,
    frozen = structuredClone(before);
  const after = mergePatch(before, { rows: { 2: { n: 3 } } });
  assert.equal(after.a, before.a);
  assert.equal(after.rows[1], before.rows[1]);
  assert.notEqual(after.rows[2], before.rows[2]);
  assert.deepEqual(before, frozen);
  assert.equal(mergePatch(before, {}), before);
  assert.equal(mergePatch(before, { a: { x: 1 }, gone: null }), before);
});

test('merge: a prototype cannot be reached', () => {
  mergePatch({}, JSON.parse('{"__proto__": {"evil": 1}, "constructor": {"prototype": {"evil": 1}}}'));
  assert.equal({}.evil, undefined);
});

test('changes are taken in turn; a repeated one is skipped', () => {
  const { store, seen } = following();
  store.receive(
    message(change(5, 6, { a: { x: 2 } }, [{ seq: 6, code: 'k', facts: {} }]), change(6, 9, { a: { x: 3 } })),
  );
  store.receive(message(change(5, 6, { a: { x: 2 } })));
  assert.deepEqual(
    [store.seq, store.chain, store.view.a.x, seen.views, seen.needs.length],
    [9, 'c9', 3, 1, 0],
  );
  assert.equal(seen.said.length, 1);
});

test('a gap asks for the state once, keeps what comes meanwhile and takes it afterwards', () => {
  const { store, seen } = following();
  store.receive(message(change(7, 8)));
  store.receive(message(change(8, 9, { a: { x: 9 } })));
  store.receive(message(change(9, 10, { a: { x: 10 } })));
  assert.deepEqual([seen.needs, store.seq, store.held], [['gap'], 5, true]);
  store.load(state(8));
  assert.deepEqual([store.seq, store.view.a.x, store.held], [10, 10, false]);
});

test('before the answer to follow nothing moves; the answer comes first', () => {
  const store = new Store(state());
  store.receive(message(change(6, 7, { a: { x: 7 } })));
  assert.equal(store.seq, 5);
  store.answer({ seq: 6, epoch: 'e', chain: 'c6', changes: [change(5, 6, { a: { x: 6 } })] });
  assert.deepEqual([store.seq, store.view.a.x, store.chain], [7, 7, 'c7']);
});

test('an answer that says fetch asks for the state; an answer while a state is on its way waits for it', () => {
  const { store, seen } = following();
  store.receive(message(change(7, 8)));
  store.wait();
  store.answer({ seq: 9, epoch: 'e', chain: 'c9', changes: [change(5, 9, { a: { x: 0 } })] });
  assert.equal(store.seq, 5);
  store.load(state(8));
  assert.equal(store.seq, 8, 'the change to 9 has another base, so it cannot be taken');
  assert.deepEqual(seen.needs, ['gap', 'gap']);
  const other = following();
  other.store.wait();
  other.store.answer({ seq: 900, epoch: 'e', chain: 'z', fetch: true });
  assert.deepEqual(other.seen.needs, ['told']);
});

test('another epoch, another chain at our seq, or a batch that must be fetched: get the state', () => {
  for (const [what, why] of [
    [{ ...message(change(5, 6)), epoch: 'new' }, 'epoch'],
    [{ ...message(change(4, 5)), chain: 'restored' }, 'chain'],
    [message({ base: 5, seq: 6, fetch: true }), 'gap'],
  ]) {
    const { store, seen } = following();
    store.receive(what);
    assert.deepEqual([seen.needs, store.seq], [[why], 5]);
  }
});

test('what was kept before a break is not taken after it: it may be of a log that is lost', () => {
  const { store } = following();
  store.receive(message(change(7, 8))); // a gap: the state is on its way
  store.receive({ ...message(change(6, 7, { a: { x: 'lost' } })), chain: 'lost' });
  store.wait(); // cut; connected again
  store.answer({ seq: 6, epoch: 'e', chain: 'c6', fetch: true });
  store.load(state(6, { a: { x: 6 } }));
  assert.deepEqual([store.seq, store.chain, store.view.a.x], [6, 'c6', 6]);
  store.receive(message(change(6, 7, { a: { x: 'instead' } })));
  assert.deepEqual([store.seq, store.chain, store.view.a.x], [7, 'c7', 'instead']);
});

test('a state may go back: a backup was restored', () => {
  const { store } = following(state(50));
  store.compare({ seq: 50, epoch: 'e', chain: 'other' });
  store.load(state(30, { a: { x: 30 } }));
  assert.deepEqual([store.seq, store.view.a.x], [30, 30]);
});

test('a state that is itself the answer replaces everything, and nothing is waited for any more', () => {
  const store = new Store(state());
  store.receive(message(change(8, 9, { a: { x: 9 } })));
  store.replace(state(8));
  assert.deepEqual([store.seq, store.view.a.x, store.held], [9, 9, false]);
});

test('heads: same, above, below, and silent while something is on its way', () => {
  const { store, seen } = following();
  const head = (seq, chain = `c${seq}`, epoch = 'e') => store.compare({ seq, epoch, chain });
  assert.deepEqual([head(5), head(6), head(4), seen.needs], ['same', 'above', 'below', []]);
  assert.equal(head(5, 'x'), 'held');
  assert.deepEqual(seen.needs, ['chain']);
  assert.equal(head(5, 'c5', 'e2'), 'held');
  assert.deepEqual(seen.needs, ['chain']);
});
