import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

const PATH = '/api/webhooks/mono/callback';
const CONNECTIONS = 64;
const TICK_MS = 5;

/** What came of notifications that arrived at a steady rate. */
export interface NotificationLoad {
  sent: number;
  acknowledged: number;
  /** From when each was due to be sent until it was acknowledged, in milliseconds, the shortest first; without those of the first second. */
  latencies: number[];
  /** The same of the first second, in which a process that has just started compiles what it runs. */
  latenciesAtFirst: number[];
  seconds: number;
  /** Until the last one had been settled and had run, after the last was acknowledged. */
  drainSeconds: number;
  /** What is stored afterwards. */
  notifications: number;
  counted: number;
  effects: number;
  events: number;
  succeeded: number;
  jobs: number;
}

/** Sends so many different events a second for so long, whether or not the server keeps up, and waits until all have run. */
export async function notificationLoad(perSecond: number, seconds: number): Promise<NotificationLoad> {
  const secret = randomBytes(16).toString('hex');
  const signalbox = await Signalbox.start({ env: { MONO_WEBHOOK_SECRET: secret } });
  try {
    await signalbox.createConfig('mono', {
      path: '/webhooks/mono/callback',
      executionCode: 'return context.body.amount.minor;',
    });
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const latencies: number[] = [];
    const latenciesAtFirst: number[] = [];
    const began = performance.now();
    const calls: Promise<void>[] = [];
    const total = perSecond * seconds;
    while (calls.length < total) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
      while (calls.length < due) {
        const dueAt = began + (calls.length / perSecond) * 1000;
        const call = send({ signalbox, agent, secret }, eventOf(calls.length)).then((status) => {
          const kept = dueAt < began + 1_000 ? latenciesAtFirst : latencies;
          if (status === 200) kept.push(performance.now() - dueAt);
        });
        calls.push(call);
      }
      await sleep(TICK_MS);
    }
    await Promise.all(calls);
    const tookSeconds = (performance.now() - began) / 1000;
    agent.destroy();
    const drainFrom = performance.now();
    await drained(signalbox);
    return {
      sent: total,
      acknowledged: latencies.length + latenciesAtFirst.length,
      latencies: latencies.sort((a, b) => a - b),
      latenciesAtFirst: latenciesAtFirst.sort((a, b) => a - b),
      seconds: tookSeconds,
      drainSeconds: (performance.now() - drainFrom) / 1000,
      ...(await storedOf(signalbox)),
    };
  } finally {
    await signalbox.stop();
  }
}

function eventOf(n: number): string {
  const id = createHash('sha256').update(`event ${n}`).digest('hex').slice(0, 24);
  return JSON.stringify({
    event: 'direct_debit.payment_successful',
    event_id: id,
    timestamp: '2026-02-01T09:30:00.000Z',
    data: {
      type: 'onetime-debit',
      object: {
        id: `txd_${id}`,
        status: 'successful',
        amount: 1_000 + n,
        currency: 'NGN',
        reference: `order-${n}`,
      },
    },
  });
}

interface Target {
  signalbox: Signalbox;
  agent: Agent;
  secret: string;
}

/** @returns the status; 0 where no answer came. */
function send({ signalbox, agent, secret }: Target, body: string): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      signalbox.url + PATH,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'mono-webhook-secret': secret,
        },
      },
      (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)),
    );
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

async function drained(signalbox: Signalbox, msMax = 600_000): Promise<void> {
  const end = Date.now() + msMax;
  while (Date.now() < end) {
    const [row] = await rowsOf<{ n: number }>(signalbox.dataFolder, 'SELECT count(*) AS n FROM queue_jobs');
    if (Number(row!.n) === 0) return;
    await sleep(250);
  }
}

async function storedOf(signalbox: Signalbox) {
  const count = async (sql: string) =>
    Number((await rowsOf<{ n: number }>(signalbox.dataFolder, `SELECT count(*) AS n FROM ${sql}`))[0]!.n);
  return {
    notifications: await count('integration_notifications'),
    counted: await count("integration_notifications WHERE outcome = 'counted'"),
    effects: await count('integration_effects'),
    events: await count('events'),
    succeeded: await count("executions WHERE status = 'succeeded'"),
    jobs: await count('queue_jobs'),
  };
}
