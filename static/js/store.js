// @ts-check
// The one copy of the meeting that a page holds, and the only code that changes it: a state replaces it, a
// change moves it from `base` to `seq`. It proves by `epoch` and `chain` that it stands on the server's log.
// It knows no rule of procedure, no network and no DOM: `onview` is told of a new view, `onneed` that the
// state must be fetched.

/** @typedef {import('./view').View} View */
/** @typedef {import('./wire').State} State */
/** @typedef {import('./wire').Message} Message */
/** @typedef {import('./wire').Head} Head */
/** @typedef {import('./wire').Said} Said */

const isMap = (/** @type {any} */ it) => it !== null && typeof it === 'object' && !Array.isArray(it);
const NOTHING = Object.freeze({});

/**
 * JSON merge patch (RFC 7396). Parts that the patch does not touch stay the very same objects, so that a row drawn from
 * one of them need not be drawn again.
 * @param {any} target @param {any} patch @returns {any}
 */
export function mergePatch(target, patch) {
  if (!isMap(patch)) return patch;
  const old = isMap(target) ? target : NOTHING;
  let fresh = old;
  for (const key of Object.keys(patch)) {
    if (key === '__proto__') continue;
    const had = Object.hasOwn(old, key);
    const next = patch[key] === null ? undefined : mergePatch(had ? old[key] : undefined, patch[key]);
    if (next === undefined ? !had : had && next === old[key]) continue;
    if (fresh === old) fresh = { ...old };
    if (next === undefined) delete fresh[key];
    else fresh[key] = next;
  }
  return fresh === NOTHING ? {} : fresh;
}

export class Store {
  /** @type {Message[]} */ #kept = [];
  #waiting = true; // an answer to `follow` is on its way (at first: not yet asked)
  #needing = false; // a whole state is on its way

  /** @type {(view: View, said: Said[]) => void} */ onview = () => {};
  /** @type {(why: 'epoch' | 'chain' | 'gap' | 'told') => void} */ onneed = () => {};

  /** @param {State} state the first state, carried by the page */
  constructor(state) {
    this.view = state.view;
    this.seq = state.seq;
    this.epoch = state.epoch;
    this.chain = state.chain;
  }

  /** True while what this page shows may not be the newest: an answer or a state is on its way. */
  get held() {
    return this.#waiting || this.#needing;
  }

  /**
   * From now on changes are kept aside, until `answer` or `load`. Those kept before are let go: the answer tells all
   * since our seq, and after a break they may be of a log that is not there any more.
   */
  wait() {
    this.#waiting = true;
    this.#kept = [];
  }

  /**
   * The answer to `follow`: what happened since our seq, or that a state must be fetched.
   * @param {Message} ack
   */
  answer(ack) {
    this.#waiting = false;
    if (ack.fetch) return this.need('told');
    this.#kept.unshift({ ...ack, changes: ack.changes ?? [] });
    this.#drain();
  }

  /** A whole state replaces everything. @param {State} state */
  load(state) {
    this.#needing = false;
    this.view = state.view;
    this.seq = state.seq;
    this.epoch = state.epoch;
    this.chain = state.chain;
    this.onview(this.view, []);
    this.#drain();
  }

  /** The answer to where we stand was a whole state. @param {State} state */
  replace(state) {
    this.#waiting = false;
    this.load(state);
  }

  /** Changes from the server, in whatever order and however often they come. @param {Message} message */
  receive(message) {
    if (this.held) this.#kept.push(message);
    else this.#take(message);
  }

  /** Where the server stands against us. @param {Head} head @returns {'held' | 'same' | 'above' | 'below'} */
  compare(head) {
    if (this.held) return 'held';
    if (head.epoch !== this.epoch) this.need('epoch');
    else if (head.seq === this.seq && head.chain !== this.chain) this.need('chain');
    if (this.held) return 'held';
    return head.seq === this.seq ? 'same' : head.seq > this.seq ? 'above' : 'below';
  }

  /** Ask for a state, once. @param {'epoch' | 'chain' | 'gap' | 'told'} why */
  need(why) {
    if (this.#needing) return;
    this.#needing = true;
    this.onneed(why);
  }

  #drain() {
    if (this.held) return;
    for (const message of this.#kept.splice(0)) this.receive(message);
  }

  /** @param {Message} message */
  #take(message) {
    if (message.epoch !== this.epoch) return this.need('epoch');
    /** @type {Said[]} */ const said = [];
    const from = this.seq;
    let broken = false;
    for (const change of message.changes) {
      if (change.seq <= this.seq) continue;
      if (change.base !== this.seq || change.fetch) {
        broken = true;
        break;
      }
      this.view = mergePatch(this.view, change.patch ?? {});
      this.seq = change.seq;
      said.push(...(change.said ?? []));
    }
    const last = message.changes.at(-1)?.seq ?? message.seq;
    if (this.seq !== from) {
      if (last === this.seq) this.chain = message.chain;
      this.onview(this.view, said);
    }
    if (broken) this.need('gap');
    else if (last === this.seq && message.chain !== this.chain) this.need('chain');
  }
}
