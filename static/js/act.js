// @ts-check
// The way up: one press, one key, one effect. The only file that knows the addresses of the interface. A
// press that finds no answer is sent again with the same key for 15 s and never later; what it did is seen in
// the view, never guessed. No DOM here; parts/press.js shows the outcome beside the button.

/** @typedef {import('./wire').Outcome} Outcome */
/** @typedef {import('./wire').State} State */

export const PATIENCE = 15_000;
const ONE_TRY = 6_000,
  PAUSES = [250, 500, 1_000],
  LAST_PAUSE = 2_000,
  SURE = 2; // tries after which a fault that the server names is believed
const AGAIN = new Set([408, 425, 429, 502, 503, 504]);

/**
 * A key nobody else makes. randomUUID exists only over https and on localhost; getRandomValues everywhere.
 */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The server said that we may not read this meeting (any more). */
export class AccessLost extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export class Server {
  /** Called before each attempt at a press. */ onpress = () => {};
  #meeting;
  #base;
  #headers;

  /**
   * @param {string} meeting @param {number | undefined} grant the number of the link this page acts with
   * @param {{fetch?: typeof fetch, sleep?: (ms: number) => Promise<void>, now?: () => number, lang?: string}} [means]
   */
  constructor(
    meeting,
    grant,
    { fetch: call = (...a) => fetch(...a), sleep = pause, now = () => performance.now(), lang = '' } = {},
  ) {
    this.#meeting = meeting;
    this.#base = `/api/v1/meetings/${meeting}`;
    /** @type {Record<string, string>} */
    this.#headers = {
      ...(grant === undefined ? {} : { Grant: String(grant) }),
      ...(lang ? { 'Accept-Language': lang } : {}),
    };
    this.fetch = call;
    this.sleep = sleep;
    this.now = now;
  }

  /**
   * Send one command until it is answered, for 15 s at most.
   * @param {string} command part.verb @param {object} body @param {string} [key] @returns {Promise<Outcome>}
   */
  async act(command, body, key = newKey()) {
    const end = this.now() + PATIENCE;
    let why = /** @type {{code?: string}} */ ({}); // what the server said last of why it cannot
    for (let attempt = 0; this.now() < end; attempt++) {
      this.onpress();
      const answer = await this.#post(
        `${this.#base}/commands/${command}`,
        body,
        key,
        Math.min(ONE_TRY, end - this.now()),
      );
      if (answer && answer.state !== 'unsent') return answer;
      if (answer) why = answer;
      if (attempt >= SURE && why.code && why.code !== 'store.busy') break; // a full disk is not full for moments
      const rest = end - this.now();
      if (rest <= 0) break;
      await this.sleep(Math.min(rest, PAUSES[attempt] ?? LAST_PAUSE));
    }
    return { ...why, state: 'unsent' };
  }

  /**
   * One attempt; undefined or unsent where another may help.
   * @param {string} url
   * @param {object} body
   * @param {string} key
   * @param {number} limit
   */
  async #post(url, body, key, limit) {
    const headers = { ...this.#headers, 'Content-Type': 'application/json', 'Idempotency-Key': key };
    try {
      const answer = await this.fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limit),
        cache: 'no-store',
      });
      const said = await answer.json().catch(() => ({}));
      if (AGAIN.has(answer.status))
        return /** @type {Outcome} */ (
          /^store\./.test(said.code) ? { state: 'unsent', code: said.code, message: said.message } : undefined
        );
      if (answer.ok) return /** @type {Outcome} */ ({ state: 'done', seq: said.seq, said: said.said ?? [] });
      return /** @type {Outcome} */ ({
        state: 'refused',
        status: answer.status,
        code: said.code ?? '',
        message: said.message ?? '',
        facts: said.facts ?? {},
      });
    } catch {
      return undefined; // no network, or no answer in time: the same key again
    }
  }

  /** The whole view of an audience. @param {string} audience @returns {Promise<State>} */
  state(audience) {
    return this.#get(`/state?audience=${encodeURIComponent(audience)}`);
  }

  /**
   * What came after where a screen stands, as soon as it comes: changes, the whole state where there is no way from
   * there, or undefined when nothing came within `wait` seconds.
   * @param {string} audience @param {{seq: number, epoch: string, chain: string}} stands
   * @param {number} wait @param {AbortSignal} signal
   * @returns {Promise<import('./wire').Message | State | undefined>}
   */
  changes(audience, { seq, epoch, chain }, wait, signal) {
    const asked = new URLSearchParams({ audience, seq: String(seq), epoch, chain, wait: String(wait) });
    return this.#get(`/state?${asked}`, signal);
  }

  /** The server's clock, as this meeting goes by it: ms UTC. @returns {Promise<number>} */
  async time() {
    const answer = await this.fetch(`/api/v1/time?meeting=${this.#meeting}`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(5_000),
      cache: 'no-store',
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return (await answer.json()).now;
  }

  /** The rows of a list that the view carries only as counts. @param {string | number} list */
  rows(list) {
    return this.#get(`/lists/${list}`);
  }

  /** What was recorded last. @param {number} last */
  record(last) {
    return this.#get(`/record?last=${last}`);
  }

  /** @param {string} path @param {AbortSignal} [signal] */
  async #get(path, signal = AbortSignal.timeout(10_000)) {
    const answer = await this.fetch(this.#base + path, {
      headers: this.#headers,
      signal,
      cache: 'no-store',
    });
    if (answer.status === 204) return undefined;
    if (answer.ok) return answer.json();
    const said = await answer.json().catch(() => ({}));
    if ([401, 403, 404, 410].includes(answer.status))
      throw new AccessLost(answer.status, said.code ?? '', said.message ?? '');
    throw new Error(`the server answered ${answer.status}`);
  }
}

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', end);
      done();
    };
    const timer = setTimeout(end, ms);
    globalThis.addEventListener?.('online', end); // the network is back: do not sit out the pause
  });
}
