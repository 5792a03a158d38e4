import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseUrl } from '../../../test/support/database.ts';
import type { Caller } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { SecretVersionEntity } from './secret-version.entity.ts';
import { SecretVersions } from './secret-versions.ts';
import { Secrets } from './secrets.ts';

const DAY_MS = 86_400_000;
const sealer = new Sealer(randomBytes(32));
const caller: Caller = {
  id: 'usr_1',
  kind: 'user',
  name: 'u',
  accountId: 'default',
  isAccountBound: false,
  permissions: new Set(),
};
let now: number;
let folder: string;
let database: Database;
let secrets: Secrets;
let versions: SecretVersions;

class StandingClock extends Clock {
  override now(): number {
    return now;
  }
}

beforeEach(async () => {
  now = 1_000 * DAY_MS;
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  database = await Database.open(await databaseUrl(folder), [SecretVersionEntity], sealer);
  secrets = new Secrets(database, sealer, new StandingClock());
  versions = new SecretVersions(secrets, sealer, new StandingClock());
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const set = (name: string, value: string, configKeys: string[], who = caller) =>
  database.door.transaction((tx) => versions.set(tx, { name, value, configKeys }, who));
const remove = (name: string) =>
  database.door.transaction(async (tx) => versions.delete(tx, (await versions.find(tx, caller, name))!));
const at = (atMs: number, key = 'orders') => secrets.valuesAt('default', key, atMs);

describe('the secrets of a moment', () => {
  it('are those that a run which began then was given, whatever happened since', async () => {
    const began: [number, unknown][] = [];
    const begin = () => began.push([now, secrets.valuesFor('default', 'orders')]);
    begin();
    for (const change of [
      () => set('A', 'a1', ['orders']),
      () => set('B', 'b1', ['orders', 'refunds']),
      () => set('A', 'a2', ['orders']),
      () => set('A', 'a3', ['refunds']),
      () => remove('B'),
      () => set('B', 'b2', ['orders']),
      () => remove('A'),
    ]) {
      now += 10;
      await change();
      begin();
    }
    expect(began.map(([, values]) => values)).toEqual([
      null,
      { A: 'a1' },
      { A: 'a1', B: 'b1' },
      { A: 'a2', B: 'b1' },
      { B: 'b1' },
      null,
      { B: 'b2' },
      { B: 'b2' },
    ]);
    for (const [time, values] of began) {
      expect(await at(time)).toEqual(values);
      expect(await at(time + 9)).toEqual(values);
    }
  });

  it('are one of several that were saved in the same millisecond, never two and never none', async () => {
    await set('A', '1', ['orders']);
    await set('A', '2', ['orders']);
    await remove('A');
    await set('A', '3', ['orders']);
    const seen = await Promise.all([0, 1, 2, 3].map((later) => at(now + later)));
    expect(seen).toEqual([{ A: '1' }, { A: '2' }, { A: '3' }, { A: '3' }]);
  });

  it('are those of their account', async () => {
    await set('A', 'theirs', ['orders'], { ...caller, accountId: 'elsewhere' });
    expect(await at(now)).toBeNull();
    expect(secrets.valuesFor('default', 'orders')).toBeNull();
    expect(secrets.valuesFor('elsewhere', 'orders')).toEqual({ A: 'theirs' });
  });

  it('stay for 60 days after they were replaced and go with the next change after that', async () => {
    await set('A', 'a1', ['orders']);
    await set('B', 'b1', ['orders']);
    const then = now + 5;
    now += DAY_MS;
    await set('A', 'a2', ['orders']);
    now += 60 * DAY_MS;
    await set('C', 'c1', ['orders']);
    expect(await at(then)).toEqual({ A: 'a1', B: 'b1' });
    now += 1;
    await set('C', 'c2', ['orders']);
    expect(await at(then)).toEqual({ B: 'b1' });
    expect(secrets.valuesFor('default', 'orders')).toEqual({ A: 'a2', B: 'b1', C: 'c2' });
  });
});

describe('the secrets of now', () => {
  it('are what was committed, also after a start', async () => {
    await set('A', 'a1', ['orders', 'refunds']);
    await set('A', 'a2', ['orders']);
    await set('B', 'b1', ['refunds']);
    const started = new Secrets(database, sealer, new StandingClock());
    await started.load();
    for (const one of [secrets, started]) {
      expect(one.valuesFor('default', 'orders')).toEqual({ A: 'a2' });
      expect(one.valuesFor('default', 'refunds')).toEqual({ B: 'b1' });
      expect(one.valuesFor('default', 'constructor')).toBeNull();
    }
  });

  it('do not follow a change that is undone', async () => {
    await set('A', 'a1', ['orders']);
    const undone = database.door.transaction(async (tx) => {
      await versions.set(tx, { name: 'A', value: 'a2', configKeys: ['orders'] }, caller);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(secrets.valuesFor('default', 'orders')).toEqual({ A: 'a1' });
    expect(await at(now)).toEqual({ A: 'a1' });
  });

  it('do not change under a run that has them', async () => {
    await set('A', 'a1', ['orders']);
    const held = secrets.valuesFor('default', 'orders');
    await set('A', 'a2', ['orders']);
    await set('B', 'b1', ['orders']);
    expect(held).toEqual({ A: 'a1' });
  });
});
