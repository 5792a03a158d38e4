import type { Signalbox } from '../support/signalbox.ts';

/** What third parties have been told. */
export interface Told {
  /** Keys that were answered with a 2xx, with the execution that the answer named. */
  kept: Map<string, string>;
  /** Orders that were accepted, each line's in the order in which they were sent. */
  lined: Map<string, number[]>;
  /** Answers that were no 2xx, or none. */
  failures: number;
}

const LINES = 4;
const PAUSE_MS = 15;
let loads = 0;

function publish(type: string): string {
  return `const made = doCmd('PublishEventCommand', { type: '${type}', payload: context.body });
    if (!made.success) throw new Error(made.message);
    return context.body;`;
}

/** The configurations that the load calls: each run publishes one event. */
export async function configure(signalbox: Signalbox): Promise<void> {
  await signalbox.createConfig('kept', {
    executionCode: publish('order.kept'),
    idempotency: { key: '=request.body.id' },
  });
  await signalbox.createConfig('lined', {
    executionCode: publish('order.lined'),
    responseMode: 'async',
    orderingKey: '=request.body.line',
    // For longer than an instance on a busy machine may be cut off: what is tried in vain for all that time ends as dead.
    retry: { maxAttempts: 10, initialSeconds: 0.2, factor: 2, maxSeconds: 2 },
  });
}

/** Third parties that call whichever instance answers, and call again with the same key until they are told that all is well. */
export class Load {
  readonly told: Told = { kept: new Map(), lined: new Map(), failures: 0 };
  private isOver = false;
  /** Names of this load, and of no other. */
  private readonly name = `load-${(loads += 1)}`;
  private readonly senders: Promise<void>[] = [];

  private readonly memberAt: (n: number) => Signalbox;

  /** @param memberAt whom to call the n-th time. */
  constructor(memberAt: (n: number) => Signalbox) {
    this.memberAt = memberAt;
    for (let n = 0; n < LINES; n++)
      this.senders.push(this.sendKept(n), this.sendLined(`${this.name} line-${n}`));
  }

  /** Sends no more and waits for what is on its way. */
  async end(): Promise<Told> {
    this.isOver = true;
    await Promise.all(this.senders);
    return this.told;
  }

  private async sendKept(sender: number): Promise<void> {
    for (let n = 0; !this.isOver; n++) {
      const id = `${this.name} ${sender}-${n}`;
      const execution = await this.untilTold('kept', { id }, n);
      this.told.kept.set(id, execution);
      await pause();
    }
  }

  private async sendLined(line: string): Promise<void> {
    const sent: number[] = [];
    this.told.lined.set(line, sent);
    for (let n = 0; !this.isOver; n++) {
      // Without a key nobody can tell whether a call that was not answered has arrived: the next one has another number.
      const response = await this.call('lined', { line, n }, n);
      if (response?.status === 202) sent.push(n);
      else this.told.failures += 1;
      await pause();
    }
  }

  private async untilTold(key: string, body: unknown, from: number): Promise<string> {
    for (let n = from; ; n++) {
      const response = await this.call(key, body, n);
      if (response && response.status === 200) return response.headers.get('x-execution-id') ?? '';
      this.told.failures += 1;
      await pause();
    }
  }

  private async call(key: string, body: unknown, n: number): Promise<Response | null> {
    try {
      const response = await this.memberAt(n).call(key, body, { signal: AbortSignal.timeout(30_000) });
      await response.arrayBuffer();
      return response;
    } catch {
      return null;
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
