import { setTimeout as sleep } from 'node:timers/promises';

/** One time that an event was sent. */
export interface Attempt {
  /** Null: no answer came. */
  status: number | null;
  body: string;
}

/** As often as Mono tries. */
const ATTEMPTS_MAX = 25;
/** Mono's first pause is 30 s, and doubles: here a thousandth of it. */
const FIRST_PAUSE_MS = 30;
const PAUSE_MS_MAX = 2_000;

/** Sends events as Mono does: with its secret, and whatever is not answered with exactly 200 again, with the same bytes. */
export class FakeMono {
  constructor(
    /** Where events go; asked for each attempt, because a server may come back elsewhere. */
    private readonly url: () => string,
    private readonly secret: string,
  ) {}

  /** One attempt. */
  async send(event: unknown, headers: Record<string, string> = {}): Promise<Attempt> {
    return await this.attempt(JSON.stringify(event), headers);
  }

  /** All attempts until one is acknowledged, or Mono gives up. */
  async deliver(event: unknown): Promise<Attempt[]> {
    const body = JSON.stringify(event);
    const attempts: Attempt[] = [];
    for (
      let pauseMs = FIRST_PAUSE_MS;
      attempts.length < ATTEMPTS_MAX;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
    ) {
      const attempt = await this.attempt(body, {});
      attempts.push(attempt);
      if (attempt.status === 200) break;
      await sleep(pauseMs);
    }
    return attempts;
  }

  private async attempt(body: string, headers: Record<string, string>): Promise<Attempt> {
    try {
      const response = await fetch(this.url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'mono-webhook-secret': this.secret, ...headers },
        body,
      });
      return { status: response.status, body: await response.text() };
    } catch {
      return { status: null, body: '' };
    }
  }
}
