import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Signalbox } from '../support/signalbox.ts';
import { bodyOf, save } from './hostile-attack.ts';
import { NEIGHBOUR_SOURCE, neighbourFault } from './hostile-neighbour.ts';
import { corpus } from './hostile/corpus.ts';
import { type Holdings, holdingsOf } from './process-tree.ts';

const GOOD_PER_SECOND = 50;
const WARM_UP_SECONDS = 8;
/** As many calls as half a minute brings, so that caches and compiled code are there before the first measure. */
const WARM_UP_CALLS = 3000;
const WARM_UP_AT_ONCE = 20;
/** V8 gives memory back when it has been idle for half a minute, later on a busy machine; polled, so rarely used up. */
const SETTLE_MS_MAX = 120_000;
const SETTLE_LOOK_MS = 500;
/** Workers beyond the usual ones are let go after 5 s without work: what is held must stand for longer. */
const CALM_LOOKS = 14;
const RESIDENT_GROWTH_MAX = 1.1;

/** What came of the good calls beside the attacks, and what was held before and after. */
export interface LoadFigures {
  good: number;
  failures: string[];
  hostile: number;
  /** Milliseconds from when a good call was due to the end of its answer. */
  p50: number;
  p99: number;
  max: number;
  before: Holdings;
  after: Holdings;
}

interface Answered {
  status: number;
  text: string;
}

/** Quick until it turns, so that it shares a worker with its neighbours by then. */
const TURNCOAT_SOURCE = `if (context.body.turns) for (;;); return 'quick';`;
const TURNCOAT_CALLS = 5;
const TURN_SECONDS = 10;

/** A bomb beside calls at a constant rate: late answers do not slow the next calls down. */
class Beside {
  readonly #product: Signalbox;
  readonly #hostile: { key: string; body: string }[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #latencies: number[] = [];
  readonly #failures: string[] = [];
  #n = 0;
  #hostileCalls = 0;

  constructor(product: Signalbox) {
    this.#product = product;
  }

  /** Saves a neighbour and all attacks that can be saved. */
  async prepare(): Promise<void> {
    const canaryPath = join(this.#product.dataFolder, 'canary.txt');
    for (const [key, source] of Object.entries({ neighbour: NEIGHBOUR_SOURCE, turncoat: TURNCOAT_SOURCE })) {
      const refusal = await save(this.#product, key, source);
      if (refusal !== null) throw new Error(refusal);
    }
    for (const [index, script] of corpus.entries()) {
      const key = `beside-${index}`;
      if ((await save(this.#product, key, script.source)) !== null) continue;
      this.#hostile.push({ key, body: bodyOf(script, canaryPath) });
    }
    // Kinds follow each other in the corpus: mixed, each second brings another.
    const stride = 37;
    this.#hostile.sort((left, right) => mixed(left.key, stride) - mixed(right.key, stride));
  }

  /** Many good calls as fast as they are answered, one attack of each kind, and some seconds as they will be. */
  async warmUp(): Promise<void> {
    for (let call = 0; call < WARM_UP_CALLS; call += WARM_UP_AT_ONCE) {
      await Promise.all(Array.from({ length: WARM_UP_AT_ONCE }, () => this.#good(performance.now())));
    }
    const ofEachKind = [...new Set(corpus.map(({ kind }) => kind))].map((kind) =>
      corpus.findLastIndex((script) => script.kind === kind),
    );
    for (const { key, body } of this.#hostile) {
      if (ofEachKind.includes(indexIn(key))) await this.#post(key, body).catch(() => {});
    }
    await this.run(WARM_UP_SECONDS);
    this.#latencies.length = this.#failures.length = this.#hostileCalls = 0;
  }

  async run(seconds: number): Promise<void> {
    const pending: Promise<void>[] = [];
    const start = performance.now();
    const total = seconds * GOOD_PER_SECOND;
    for (let index = 0; index < total; index += 1) {
      const dueAt = start + (index * 1000) / GOOD_PER_SECOND;
      const left = dueAt - performance.now();
      if (left > 0) await pause(left);
      if (index % GOOD_PER_SECOND === 0) pending.push(this.#attack());
      pending.push(this.#good(dueAt));
    }
    await Promise.all(pending);
  }

  /** Measures until nothing more than `before` is held, or for as long as settling may take. */
  async settled(before: Holdings | null): Promise<Holdings> {
    this.#agent.destroy();
    const deadline = performance.now() + SETTLE_MS_MAX;
    let last = holdingsOf(this.#product.child.pid!);
    for (let calm = 0; performance.now() < deadline && calm < CALM_LOOKS;) {
      await pause(SETTLE_LOOK_MS);
      const now = holdingsOf(this.#product.child.pid!);
      const isCalm = before === null ? isSame(now, last) : excessOver(before, now).length === 0;
      calm = isCalm ? calm + 1 : 0;
      last = now;
    }
    return last;
  }

  figures(before: Holdings, after: Holdings): LoadFigures {
    const sorted = this.#latencies.toSorted((left, right) => left - right);
    const at = (share: number) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 10) / 10;
    return {
      good: sorted.length,
      failures: this.#failures,
      hostile: this.#hostileCalls,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      before,
      after,
    };
  }

  async #attack(): Promise<void> {
    const next = this.#hostile[this.#hostileCalls % this.#hostile.length]!;
    this.#hostileCalls += 1;
    const isTurn = this.#hostileCalls % TURN_SECONDS === 0;
    const { key, body } = isTurn ? { key: 'turncoat', body: '{"turns":true}' } : next;
    for (let call = 0; call < TURNCOAT_CALLS; call += 1) await this.#post('turncoat', '{"turns":false}');
    // How it is answered is judged elsewhere; that it is, here.
    await this.#post(key, body).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'HPE_HEADER_OVERFLOW')
        this.#failures.push(`an attack was not answered: ${error.message}`);
    });
  }

  async #good(dueAt: number): Promise<void> {
    this.#n += 1;
    const n = this.#n;
    try {
      const { status, text } = await this.#post('neighbour', JSON.stringify({ n }));
      const fault = neighbourFault(n, status, text);
      if (fault !== null) this.#failures.push(fault);
    } catch (error) {
      this.#failures.push(String(error));
    }
    this.#latencies.push(performance.now() - dueAt);
  }

  #post(key: string, body: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const url = `${this.#product.url}/api/webhooks/dynamic/${key}`;
      const call = request(
        url,
        { method: 'POST', agent: this.#agent, headers, timeout: 30_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
          response.on('error', reject);
        },
      );
      call.on('timeout', () => call.destroy(new Error('no answer within 30 s')));
      call.on('error', reject);
      call.end(body);
    });
  }
}

function indexIn(key: string): number {
  return Number(key.slice(key.indexOf('-') + 1));
}

function mixed(key: string, stride: number): number {
  return (indexIn(key) * stride) % corpus.length;
}

function isSame(left: Holdings, right: Holdings): boolean {
  return (
    left.processes === right.processes && left.threads === right.threads && left.handles === right.handles
  );
}

/** What is held now beyond what was held before; empty when all is as before. */
export function excessOver(before: Holdings, now: Holdings): string[] {
  // A worker that has run a script has a thread more than one that has not yet.
  const most = { ...before, threads: before.threads + before.processes - 1 };
  const more = (['processes', 'threads', 'handles'] as const).filter((name) => now[name] > most[name]);
  const excess = more.map((name) => `${name}: ${before[name]} before, ${now[name]} after`);
  if (now.residentMb <= before.residentMb * RESIDENT_GROWTH_MAX) return excess;
  return [...excess, `resident: ${before.residentMb} MB before, ${now.residentMb} MB after`];
}

/** One hostile script a second, rotating, beside 50 good calls a second. */
export async function runBeside(product: Signalbox, seconds: number): Promise<LoadFigures> {
  const beside = new Beside(product);
  await beside.prepare();
  await beside.warmUp();
  const before = await beside.settled(null);
  await beside.run(seconds);
  const after = await beside.settled(before);
  return beside.figures(before, after);
}
