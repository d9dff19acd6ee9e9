// @ts-check
// The server's time in the browser, without ever trusting the device's own wall clock, and the floor's clock
// drawn from facts (`since`, `spoken`, `seconds`). Nothing is sent per second. No Socket.IO here: `start` is
// handed a way to ask.
//
// Each question and answer proves that offset = server time - performance.now() lies in [server - back,
// server - sent]: the answer was written after we asked and before we read it. Many such proofs overlap in a
// narrow interval, whose middle is our estimate and whose half-width is the most it can be wrong.

/** @typedef {import('./view').FloorView} Floor */

const KEEP = 24,
  BURST = 6,
  EVERY = 20_000,
  SLEPT = 250;

/** The overlap of proofs; pure, so that it can be tested without a network. */
export class Proofs {
  /** @type {[number, number][]} */ #proofs = [];
  offset = 0;
  error = Infinity;
  ready = false;

  get empty() {
    return this.#proofs.length === 0;
  }
  forget() {
    this.#proofs = [];
  }

  /**
   * The server read `server` between our `sent` and `back` (performance.now()).
   * @param {number} server
   * @param {number} sent
   * @param {number} back
   */
  learn(server, sent, back) {
    this.#proofs.push([server - back, server - sent]);
    if (this.#proofs.length > KEEP) this.#proofs.shift();
    let low = Math.max(...this.#proofs.map((p) => p[0]));
    let high = Math.min(...this.#proofs.map((p) => p[1]));
    if (low > high) {
      // a clock was set: start over from the newest
      [low, high] = [server - back, server - sent];
      this.#proofs = [[low, high]];
    }
    this.offset = (low + high) / 2;
    this.error = (high - low) / 2;
    this.ready = true;
  }
}

export class ServerClock {
  #proofs = new Proofs();
  #wall = Date.now() - performance.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {undefined | (() => Promise<number>)} */ #ask;
  #busy = false;
  /** @type {() => void} */ onchange = () => {};

  get ready() {
    return this.#proofs.ready;
  }
  get error() {
    return this.#proofs.error;
  }

  /** Milliseconds since the epoch, as the server counts them. */
  now() {
    return this.#proofs.ready ? performance.now() + this.#proofs.offset : Date.now();
  }

  /**
   * A moment of the server that lay between two of ours.
   * @param {number} server
   * @param {number} sent
   * @param {number} back
   */
  prove(server, sent, back) {
    const before = this.#proofs.offset,
      was = this.#proofs.ready;
    this.#proofs.learn(server, sent, back);
    if (!was || Math.abs(before - this.#proofs.offset) > 1) this.onchange();
  }

  /**
   * The page itself carried a moment: it lies between the request and the arrival of the document.
   * @param {number} server
   */
  proveByPage(server) {
    const [trip] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
    if (trip?.requestStart && trip.transferSize)
      this.prove(server, trip.requestStart, trip.responseEnd || performance.now());
  }

  /**
   * Ask from now on: six times at first, twice every 20 s.
   * @param {() => Promise<number>} ask resolves to ms UTC
   */
  start(ask) {
    this.#ask = ask;
    return this.resync();
  }

  async resync() {
    if (this.#busy || !this.#ask) return;
    this.#busy = true;
    const wall = Date.now() - performance.now(); // performance.now() may have stopped while the device slept
    if (Math.abs(wall - this.#wall) > SLEPT) this.#proofs.forget();
    this.#wall = wall;
    clearTimeout(this.#timer);
    try {
      for (let i = this.#proofs.empty || this.#proofs.error > 500 ? BURST : 2; i > 0; i--) {
        const sent = performance.now();
        const server = await this.#ask();
        if (Number.isFinite(server)) this.prove(server, sent, performance.now());
      }
    } catch {
      /* offline: the next connection asks again */
    }
    this.#busy = false;
    this.#timer = setTimeout(() => this.resync(), EVERY);
  }
}

/**
 * Milliseconds left; it runs if and only if `since` is there.
 * @param {Pick<Floor, 'seconds' | 'spoken' | 'since'>} floor
 * @param {number} now
 */
export function remainingMs(floor, now) {
  const running = floor.since === undefined ? 0 : Math.max(0, now - floor.since);
  return floor.seconds * 1000 - floor.spoken * 1000 - running;
}

/**
 * The whole seconds to show: rounded up, so 0:00 comes when the time is up and -0:01 a second later.
 * @param {number} ms
 */
export const wholeSeconds = (ms) => Math.ceil(ms / 1000) + 0; // + 0: never minus zero

/** 'warning' in the last seconds, 'over' from 0:00. @param {number} seconds shown @param {number} warn_s */
export const urgencyOf = (seconds, warn_s) => (seconds <= 0 ? 'over' : seconds <= warn_s ? 'warning' : '');

/** m:ss, or h:mm:ss; a real minus sign. @param {number} seconds */
export function clockDigits(seconds) {
  const all = Math.abs(Math.trunc(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return (seconds < 0 ? '\u2212' : '') + (h ? `${h}:${two(m)}` : String(m)) + ':' + two(s);
}

/**
 * Call paint(ms left) now and whenever the whole second changes by the server's clock: one timeout aimed at the next
 * change, not an interval. Returns the function that stops it.
 * @param {{now(): number}} clock @param {() => Floor | undefined} floor @param {(ms: number) => void} paint
 */
export function everySecond(clock, floor, paint) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const tick = () => {
    const it = floor();
    if (!it) return;
    const left = remainingMs(it, clock.now());
    paint(left);
    if (it.since !== undefined) timer = setTimeout(tick, Math.max(4, left - (wholeSeconds(left) - 1) * 1000 + 1));
  };
  tick();
  return () => clearTimeout(timer);
}
