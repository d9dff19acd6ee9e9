// A press: one key however often it is sent, refusals told apart from silence, nothing after 15 s.
import assert from 'node:assert/strict';
import test from 'node:test';
import { AccessLost, PATIENCE, Server, newKey } from '../../static/js/act.js';

/** A server that answers as listed, on a clock that only moves when somebody waits. */
function world(...answers) {
  const sent = [];
  let clock = 0;
  const call = async (url, options = {}) => {
    sent.push({ url, ...options, at: clock });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    clock += answer.takes ?? 10;
    if (answer.fails) throw new TypeError('network');
    const text = answer.text === undefined ? JSON.stringify(answer.body ?? {}) : answer.text;
    return new Response(text, { status: answer.status ?? 200 });
  };
  const server = new Server('abc', 3, {
    fetch: call,
    sleep: async (ms) => {
      clock += ms;
    },
    now: () => clock,
    lang: 'en',
  });
  return { server, sent, now: () => clock };
}
const key = (request) => request.headers['Idempotency-Key'];

test('a command goes to its address with key and grant', async () => {
  const { server, sent } = world({ body: { seq: 7, said: [{ seq: 7, code: 'x', facts: {} }] } });
  assert.deepEqual(await server.act('speakers.next', { list: 4 }), {
    state: 'done',
    seq: 7,
    said: [{ seq: 7, code: 'x', facts: {} }],
  });
  const [request] = sent;
  assert.equal(request.url, '/api/v1/meetings/abc/commands/speakers.next');
  assert.deepEqual([request.method, request.headers.Grant, request.body], ['POST', '3', '{"list":4}']);
  assert.ok(key(request).length >= 16);
});

test('without an answer the same key is sent again', async () => {
  const { server, sent } = world({ fails: true }, { status: 503 }, { status: 502 }, { body: { seq: 9 } });
  assert.equal((await server.act('speakers.end', { entry: 1 })).state, 'done');
  assert.equal(sent.length, 4);
  assert.equal(new Set(sent.map(key)).size, 1);
});

test('after 15 s it is not sent, and nothing is sent later', async () => {
  const { server, sent, now } = world({ fails: true, takes: 100 });
  assert.deepEqual(await server.act('speakers.end', { entry: 1 }), { state: 'unsent' });
  assert.ok(sent.every((request) => request.at < PATIENCE));
  assert.ok(now() >= PATIENCE && now() < PATIENCE + 200);
});

test('after 15 s it says what the server said last of why it cannot', async () => {
  const said = { code: 'store.busy', message: 'The service is busy.', facts: {} };
  const { server, now } = world({ status: 503, body: said, takes: 100 });
  assert.deepEqual(await server.act('speakers.end', { entry: 1 }), {
    state: 'unsent',
    code: 'store.busy',
    message: 'The service is busy.',
  });
  assert.ok(now() >= PATIENCE);
});

test('a fault that does not pass by itself is said after three tries', async () => {
  const said = { code: 'store.disk_full', message: 'The disk of the service is full.', facts: {} };
  const { server, sent, now } = world({ status: 503, body: said, takes: 100 });
  assert.deepEqual(await server.act('speakers.end', { entry: 1 }), {
    state: 'unsent',
    code: 'store.disk_full',
    message: 'The disk of the service is full.',
  });
  assert.equal(sent.length, 3);
  assert.ok(now() < 2_000);
});

test('two presses have two keys', async () => {
  const { server, sent } = world({ body: { seq: 1 } });
  await server.act('a.b', {});
  await server.act('a.b', {});
  assert.notEqual(key(sent[0]), key(sent[1]));
  assert.notEqual(newKey(), newKey());
});

test('a refusal is final, with its code, facts and sentence', async () => {
  const { server, sent } = world({
    status: 409,
    body: { code: 'speakers.stale', facts: { delegation: 5 }, message: 'Uganda has the floor.' },
  });
  assert.deepEqual(await server.act('speakers.next', {}), {
    state: 'refused',
    status: 409,
    code: 'speakers.stale',
    message: 'Uganda has the floor.',
    facts: { delegation: 5 },
  });
  assert.equal(sent.length, 1);
});

test('a refusal that cannot be read is still one', async () => {
  const { server } = world({ status: 500, text: '<html>' });
  assert.deepEqual(await server.act('speakers.next', {}), {
    state: 'refused',
    status: 500,
    code: '',
    message: '',
    facts: {},
  });
});

test('the state: gone is told apart from a server that is busy', async () => {
  const gone = world({ status: 403, body: { code: 'sign_in.revoked' } }).server,
    busy = world({ status: 503 }).server,
    fine = world({ body: { seq: 4 } });
  await assert.rejects(
    gone.state('staff'),
    (error) => error instanceof AccessLost && error.code === 'sign_in.revoked',
  );
  await assert.rejects(busy.state('staff'), (error) => !(error instanceof AccessLost));
  assert.deepEqual(await fine.server.state('staff'), { seq: 4 });
  assert.equal(fine.sent[0].url, '/api/v1/meetings/abc/state?audience=staff');
});

test('what came after: asked for from where the screen stands; nothing is no answer to take', async () => {
  const stands = { seq: 4, epoch: 'e', chain: 'c4' },
    never = new AbortController().signal;
  const { server, sent } = world({ body: { seq: 5, changes: [] } }, { status: 204, text: null });
  assert.deepEqual(await server.changes('staff', stands, 8, never), { seq: 5, changes: [] });
  assert.equal(await server.changes('staff', stands, 8, never), undefined);
  assert.equal(sent[0].url, '/api/v1/meetings/abc/state?audience=staff&seq=4&epoch=e&chain=c4&wait=8');
  assert.deepEqual([sent[0].headers.Grant, sent[0].signal, sent[0].cache], ['3', never, 'no-store']);
  const gone = world({ status: 403, body: { code: 'sign_in.revoked' } }).server;
  await assert.rejects(gone.changes('staff', stands, 8, never), (error) => error instanceof AccessLost);
});

test('the time is asked for as the meeting goes by it', async () => {
  const { server, sent } = world({ body: { now: 7 } });
  assert.equal(await server.time(), 7);
  assert.equal(sent[0].url, '/api/v1/time?meeting=abc');
  await assert.rejects(world({ status: 503 }).server.time());
});
