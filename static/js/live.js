// @ts-check
// The way down: the only file that knows Socket.IO. It follows a meeting, hands changes to the store, notices
// when the connection is dead, and heals it: on its own after a random pause, at once on wake, focus and
// network return; where no socket can be had, it follows by long-poll.js and tries a socket each minute. It sends no
// commands and changes no view itself.

import { io } from 'socket.io-client';
import { signal } from '@preact/signals-core';
import { AccessLost } from './act.js';
import { LongPoll } from './long-poll.js';

/** @typedef {import('./wire').State} State */
/** @typedef {import('./wire').Head} Head */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./clock.js').ServerClock} ServerClock */

const SILENCE = 12_000,
  ABOVE = 1_000,
  BELOW = 5_000,
  REFUSED_PAUSE = 30_000,
  SOCKET_AGAIN = 60_000,
  TWICE = 400;
const some = (/** @type {number} */ least, /** @type {number} */ most) =>
  least + Math.random() * (most - least);

export class Live {
  /** @type {import('@preact/signals-core').Signal<'joining' | 'live' | 'lost' | 'refused'>} */ status =
    signal('joining');
  /** Why the server will not let us follow. */ refusal = signal('');
  /** How we follow. @type {import('@preact/signals-core').Signal<'socket' | 'poll'>} */ way = signal('socket');
  /** What is wrong with the server's clock or database, told to chair and secretary; '' when all is well. */
  notice = signal('');
  /** @type {(state: State) => void} */ onstate = () => {};

  #heard = performance.now();
  #followed = false; // the server has answered `follow` on this socket
  #woken = -TWICE;
  #fetching = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #doubt;

  /**
   * @param {{meeting: string, audience: string, grant?: number, store: Store, clock: ServerClock,
   *          server: import('./act.js').Server}} with_
   */
  constructor({ meeting, audience, grant, store, clock, server }) {
    this.meeting = meeting;
    this.audience = audience;
    this.store = store;
    this.clock = clock;
    this.server = server;
    this.longPoll = new LongPoll({
      store,
      ask: (...asked) => server.changes(audience, ...asked),
      onheard: (told) => this.#polled(told),
      onlost: () => this.#silent(),
      onrefused: (code) => {
        this.#refuse(code);
        this.#tryAgain();
      },
    });
    // A browser has six connections to one address, and screens that wait may hold them all: a press gets ours.
    server.onpress = () => this.longPoll.check();
    store.onneed = (why) => this.#fetch(why === 'told' ? 500 : 2_000);
    this.socket = io({
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      timeout: 8_000,
      auth: grant === undefined ? {} : { grant },
    });
    this.socket.on('connect', () => {
      clearTimeout(this.#retry);
      void this.#follow(5_000);
    });
    this.socket.on('disconnect', () => {
      if (!this.#followed) this.longPoll.socketFailed();
      this.#followed = false;
      this.#lost();
    });
    this.socket.on('connect_error', (error) => {
      // The server's own refusals are codes, as of a link that was taken back; anything else is the network.
      if (/^(sign_in|rights)\.[a-z_]+$/.test(error.message)) this.#refuse(error.message);
      else this.longPoll.socketFailed();
      this.#lost();
    });
    this.socket.on('change', (message) => {
      this.#hear(message);
      store.receive(message);
      this.#settle();
    });
    this.socket.on('head', (head) => {
      this.#hear(head);
      this.#compare(head);
    });
    setInterval(() => this.#listen(), 1_000);
    for (const name of ['online', 'pageshow', 'focus']) addEventListener(name, () => this.#wake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#wake();
    });
    addEventListener('offline', () => {
      if (this.status.value !== 'refused') this.status.value = 'lost';
    });
  }

  start() {
    this.socket.connect();
  }

  /** @param {any} message a head or a change */
  #hear(message) {
    if (message?.meeting !== undefined && message.meeting !== this.meeting) return;
    this.#heard = performance.now();
    this.notice.value = message?.notice ?? '';
  }

  /** Ask to follow from where the store stands. @param {number} limit */
  async #follow(limit) {
    const { store } = this;
    this.longPoll.stop();
    store.wait();
    let ack;
    try {
      const ask = {
        meeting: this.meeting,
        seq: store.seq,
        epoch: store.epoch,
        chain: store.chain,
        audience: this.audience,
      };
      ack = await this.socket.timeout(limit).emitWithAck('follow', ask);
    } catch {
      if (this.socket.connected) this.socket.disconnect();
      else this.#lost();
      return;
    }
    if (ack?.code === 'act.too_fast') {
      // looked away and back too often: no right is gone, only the pace was too high
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void (this.socket.connected && this.#follow(5_000)), some(2_000, 4_000));
      return;
    }
    if (!ack?.ok) return this.#refuse(ack?.code ?? '');
    this.#heard = performance.now();
    this.#followed = true;
    this.longPoll.socketWorks();
    this.way.value = 'socket';
    store.answer(ack);
    this.#settle();
    void this.clock.start(() =>
      this.socket
        .timeout(5_000)
        .emitWithAck('time')
        .then((it) => (typeof it === 'number' ? it : it.now)),
    );
  }

  /** An answer by the slower way, which has moved the store. @param {any} told */
  #polled(told) {
    this.#heard = performance.now();
    if (!told?.view) this.notice.value = told?.notice ?? '';
    if (this.way.value === 'socket') {
      this.way.value = 'poll';
      void this.clock.start(() => this.server.time());
    }
    if (told?.view) this.onstate(told);
    this.#settle();
  }

  /** Live is: connected or answered by the slower way, and nothing on its way. */
  #settle() {
    if ((this.socket.connected || this.longPoll.live) && !this.store.held && navigator.onLine !== false) {
      this.refusal.value = '';
      this.status.value = 'live';
    }
  }

  /** @param {Head} head */
  #compare(head) {
    const stands = this.store.compare(head);
    if (stands === 'same') {
      clearTimeout(this.#doubt);
      this.#doubt = undefined;
    }
    this.#settle();
    if (this.#doubt || (stands !== 'above' && stands !== 'below')) return;
    this.#doubt = setTimeout(
      () => {
        this.#doubt = undefined;
        const now = this.store.compare(head);
        if (now === 'above' && stands === 'above') this.#follow(5_000);
        if (now === 'below' && stands === 'below') this.store.need('told');
      },
      stands === 'above' ? ABOVE : BELOW,
    );
  }

  /** No head and no change for 12 s: the connection is dead, whatever the socket believes. */
  #listen() {
    if (this.status.value === 'refused' || performance.now() - this.#heard < SILENCE) return;
    if (this.status.value === 'live') this.status.value = 'lost';
    this.#heard = performance.now();
    if (this.socket.connected) this.socket.disconnect();
  }

  /**
   * The screen was looked at again, or the network came back: check at once instead of waiting for a head.
   */
  #wake() {
    if (document.visibilityState === 'hidden' || this.status.value === 'refused') return;
    const now = performance.now();
    if (now - this.#woken < TWICE) return;
    this.#woken = now;
    if (this.socket.connected) void this.#follow(2_500);
    else {
      clearTimeout(this.#retry);
      this.socket.disconnect().connect();
      this.longPoll.check();
    }
    void this.clock.resync();
  }

  /** There is no socket. */
  #lost() {
    if (!this.longPoll.live) this.#silent();
    this.#tryAgain();
  }

  /** Nothing tells us what happens. */
  #silent() {
    this.store.wait();
    if (this.status.value !== 'refused')
      this.status.value = this.status.value === 'joining' && performance.now() < 4_000 ? 'joining' : 'lost';
  }

  /** A socket is tried again: soon, or now and then where it is not missed. */
  #tryAgain() {
    clearTimeout(this.#retry);
    const is = this.status.value,
      rest =
        is === 'refused'
          ? some(REFUSED_PAUSE, 2 * REFUSED_PAUSE)
          : this.longPoll.live
            ? some(SOCKET_AGAIN, 1.2 * SOCKET_AGAIN)
            : is === 'joining'
              ? some(300, 1_500)
              : some(500, 8_000);
    this.#retry = setTimeout(() => this.socket.connect(), rest);
  }

  /** @param {string} code */
  #refuse(code) {
    this.refusal.value = code;
    this.status.value = 'refused';
    this.longPoll.stop();
    this.socket.disconnect();
  }

  /**
   * Get the whole state once, after a random part of `jitter` ms: a thousand others may want it too.
   * @param {number} jitter
   */
  async #fetch(jitter) {
    if (this.#fetching) return;
    this.#fetching = true;
    for (let least = 0, most = jitter; ; least = 500, most = 8_000) {
      await new Promise((done) => setTimeout(done, some(least, most)));
      try {
        const sent = performance.now();
        const state = await this.server.state(this.audience);
        this.clock.prove(state.now, sent, performance.now());
        this.#fetching = false;
        this.store.load(state);
        this.onstate(state);
        this.#settle();
        return;
      } catch (error) {
        if (error instanceof AccessLost) {
          this.#fetching = false;
          return this.#refuse(error.code);
        }
      }
    }
  }
}
