// @ts-check
// The slower way down, for networks that let no WebSocket through: a request that the server answers when something
// happens, and then the next. It begins after two attempts at a socket that came to nothing, and ends when one works.
// Not here: Socket.IO (live.js), addresses (act.js), what a change does to the view (store.js). No DOM.

import { AccessLost } from './act.js';

/** @typedef {import('./wire').State} State */
/** @typedef {import('./wire').Message} Message */
/** @typedef {{seq: number, epoch: string, chain: string}} Stands */

/** Seconds that the server may wait: with the way there and back an answer comes well within the 12 s of a live screen. */
export const WAIT = 8;
const ATTEMPTS = 2,
  LIMIT = 11_000,
  PACE = 50, // after changes: those that come close together are fetched together
  TOO_SOON = 1_000, // after an answer that brought us nowhere
  AWAY = /** @type {const} */ ([500, 8_000]);

export class LongPoll {
  /** Whether the last question was answered. */ live = false;
  #failed = 0;
  /** @type {AbortController | undefined} */ #running;

  /**
   * @param {{store: import('./store.js').Store,
   *          ask: (stands: Stands, wait: number, signal: AbortSignal) => Promise<State | Message | undefined>,
   *          onheard: (told: State | Message | undefined) => void, onlost: () => void,
   *          onrefused: (code: string) => void,
   *          sleep?: (ms: number) => Promise<void>, now?: () => number}} with_
   */
  constructor({ store, ask, onheard, onlost, onrefused, sleep = pause, now = () => performance.now() }) {
    this.store = store;
    this.ask = ask;
    this.onheard = onheard;
    this.onlost = onlost;
    this.onrefused = onrefused;
    this.sleep = sleep;
    this.now = now;
  }

  /** An attempt at a socket came to nothing: the network may let none through. */
  socketFailed() {
    this.#failed++;
    if (this.#failed >= ATTEMPTS) this.start();
  }

  /** A socket follows: this way is not needed any more. */
  socketWorks() {
    this.#failed = 0;
    this.stop();
  }

  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.live = false;
  }

  /** Somebody looks again, or the network came back: ask at once how things stand. */
  check() {
    if (!this.#running) return;
    const { live } = this;
    this.stop();
    this.live = live;
    this.start();
  }

  /** @param {AbortSignal} stopped */
  async #run(stopped) {
    let wait = 0; // first: how do things stand?
    while (!stopped.aborted) {
      let rest;
      try {
        rest = await this.#once(wait, stopped);
        wait = WAIT;
      } catch (error) {
        if (stopped.aborted) return;
        this.live = false;
        if (error instanceof AccessLost) {
          this.stop();
          return this.onrefused(error.code);
        }
        this.onlost();
        [rest, wait] = [some(...AWAY), 0];
      }
      if (rest) await this.sleep(rest);
    }
  }

  /** One question and its answer. Gives the ms to rest before the next. @param {number} wait @param {AbortSignal} stopped */
  async #once(wait, stopped) {
    const { seq, epoch, chain } = this.store,
      asked = this.now(),
      told = await this.#answer({ seq, epoch, chain }, wait, stopped);
    if (stopped.aborted) return 0;
    if (told && 'view' in told) this.store.replace(told);
    else this.store.answer(told ?? { seq, epoch, chain, changes: [] });
    this.live = true;
    this.onheard(told);
    if (!told) return this.now() - asked < (wait * 1_000) / 2 ? TOO_SOON : 0;
    const { store } = this;
    const moved = store.seq !== seq || store.epoch !== epoch || store.chain !== chain;
    return moved ? PACE : this.now() - asked < TOO_SOON ? TOO_SOON : 0;
  }

  /** @param {Stands} stands @param {number} wait @param {AbortSignal} stopped */
  async #answer(stands, wait, stopped) {
    const limit = new AbortController(),
      cut = () => limit.abort(),
      timer = setTimeout(cut, LIMIT);
    stopped.addEventListener('abort', cut);
    try {
      return await this.ask(stands, wait, limit.signal);
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener('abort', cut);
    }
  }
}

const some = (/** @type {number} */ least, /** @type {number} */ most) =>
  least + Math.random() * (most - least);
/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
