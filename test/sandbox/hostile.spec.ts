import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { type Canary, LONG_ATTACK_MS, attack, save } from './hostile-attack.ts';
import { NEIGHBOUR_SOURCE, neighbourFault } from './hostile-neighbour.ts';
import { corpus } from './hostile/corpus.ts';

const AT_ONCE = 2;
const ALL_MS_MAX = 240_000;
const CANARY_TEXT = 'nobody touches this';
const OPERATOR_PASSWORD = 'an operator’s password 4711';
const NEIGHBOURS_SECRET = randomBytes(16).toString('hex');

const kinds = Map.groupBy(corpus, ({ kind }) => kind);
const faults = new Map<number, string[]>();
let signalbox: Signalbox;
let canary: Canary;
let filesBefore: string[];

async function callNeighbour(n: number): Promise<string | null> {
  const response = await signalbox.call('neighbour', { n });
  return neighbourFault(n, response.status, await response.text());
}

/** The attack, a neighbour's call while it runs and one after it. */
async function runOne(index: number): Promise<void> {
  const startedAt = performance.now();
  let isNeighbourAnswered = false;
  const during = callNeighbour(index).finally(() => (isNeighbourAnswered = true));
  const found = await attack(signalbox, `hostile-${index}`, corpus[index]!, canary).catch(
    (error: unknown) => [`the attack was not answered: ${String(error)}`],
  );
  const isLong = performance.now() - startedAt > LONG_ATTACK_MS;
  if (isLong && !isNeighbourAnswered) found.push('a neighbour had to wait for the end of the attack');
  for (const fault of [await during, await callNeighbour(index)]) if (fault !== null) found.push(fault);
  faults.set(index, found);
}

beforeAll(async () => {
  // A zone that no default would hit, to show that a script does not learn it.
  signalbox = await Signalbox.start({ env: { TZ: 'Asia/Kathmandu', ADMIN_PASSWORD: OPERATOR_PASSWORD } });
  canary = {
    path: join(signalbox.dataFolder, 'canary.txt'),
    secrets: [signalbox.apiKey, OPERATOR_PASSWORD, NEIGHBOURS_SECRET],
  };
  writeFileSync(canary.path, CANARY_TEXT, { mode: 0o666 });
  const refusal = await save(signalbox, 'neighbour', NEIGHBOUR_SOURCE);
  if (refusal !== null) throw new Error(refusal);
  const secret = { name: 'KEY', value: NEIGHBOURS_SECRET, configKeys: ['neighbour'] };
  if ((await signalbox.command('SetSecretCommand', secret)).status !== 200) throw new Error('No secret');
  await callNeighbour(0);
  filesBefore = readdirSync(signalbox.dataFolder).sort();
  let next = 0;
  const work = async () => {
    while (next < corpus.length) {
      next += 1;
      await runOne(next - 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}, ALL_MS_MAX);

afterAll(async () => {
  await signalbox?.stop();
});

test('there are at least 100 hostile scripts, at least four of each kind', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(100);
  expect([...kinds].filter(([, scripts]) => scripts.length < 4)).toEqual([]);
});

describe.each([...kinds.keys()])('%s', (kind) => {
  const scripts = corpus
    .map((script, index) => ({ script, index }))
    .filter(({ script }) => script.kind === kind);
  test.each(scripts.map(({ script, index }) => [script.name, index] as const))('%s', (_name, index) => {
    expect(faults.get(index)).toEqual([]);
  });
});

describe('after all attacks', () => {
  test('the canary is as it was and no file was made', () => {
    expect(readFileSync(canary.path, 'utf8')).toBe(CANARY_TEXT);
    expect(readdirSync(signalbox.dataFolder).sort()).toEqual(filesBefore);
  });

  test('the server is the same process and ready', async () => {
    expect(signalbox.child.exitCode).toBeNull();
    expect(signalbox.child.signalCode).toBeNull();
    expect((await fetch(`${signalbox.url}/health/ready`)).status).toBe(200);
  });

  test('the server’s own log tells no secret', () => {
    for (const secret of canary.secrets) expect(signalbox.output).not.toContain(secret);
  });
});
