import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { scriptRequest } from './script.fixture.ts';

const value = `${randomBytes(12).toString('hex')} "é\n\u2028"`;
const secrets = { KEY: value, other: 'o'.repeat(16_384), constructor: 'named like a member' };

const READ = `try { return secrets.get(context.body.name); } catch (error) { return error.message; }`;

const missing = (name: string) => `No secret named "${name}" is available to this configuration`;

/** Whatever a script can name or walk to, as one text; the secrets' values must not be in it. */
const WALK = `
  const seen = new Set(); const texts = []; const queue = [globalThis, secrets, context, arguments];
  while (queue.length > 0) {
    const one = queue.pop();
    if (typeof one === 'string') texts.push(one);
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue;
    seen.add(one);
    queue.push(Object.getPrototypeOf(one), Function.prototype.toString.call(typeof one === 'function' ? one : () => {}));
    for (const key of Reflect.ownKeys(one)) {
      const { value, get } = Reflect.getOwnPropertyDescriptor(one, key);
      queue.push(String(key.description ?? key), value, get);
    }
  }
  return { texts: texts.join(' '), raw: atob(context.rawBodyBase64), keys: Reflect.ownKeys(secrets), json: JSON.stringify(secrets), size: seen.size };`;

describe.each(['frozen', 'fresh'] as const)('secrets (%s)', (isolation) => {
  const pool = new ScriptPool({ workers: 2, isolation });
  const run = async (source: string, changes: Parameters<typeof scriptRequest>[1] = {}): Promise<unknown> => {
    const { verdict } = await pool.run(scriptRequest(source, changes));
    return verdict.kind === 'returned' ? (JSON.parse(verdict.json) as unknown) : verdict;
  };
  const read = (name: string, given?: Record<string, string>) =>
    run(READ, { body: Buffer.from(JSON.stringify({ name })), ...(given && { secrets: given }) });
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('are given by their names, whatever is in them', async () => {
    for (const [name, expected] of Object.entries(secrets)) expect(await read(name, secrets)).toBe(expected);
  });

  it('that are not there are named in the error', async () => {
    for (const name of ['key', 'KEY ', '', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'é"'])
      expect(await read(name, secrets)).toBe(
        `No secret named ${JSON.stringify(name)} is available to this configuration`,
      );
    expect(await read('k'.repeat(100_000), secrets)).toBe(missing('k'.repeat(128)));
    expect(await run('return secrets.get();', { secrets })).toMatchObject({ message: missing('undefined') });
    expect(await run('return secrets.get(Symbol());', { secrets })).toMatchObject({ kind: 'threw' });
  });

  it('belong to one run: the next one of the same script has its own or none', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect(await read('KEY', { KEY: `round ${round}` })).toBe(`round ${round}`);
      expect(await read('KEY')).toBe(missing('KEY'));
      expect(await read('KEY', {})).toBe(missing('KEY'));
    }
  });

  it('of many runs at once are not mixed up, whether or not a run waits for a command', async () => {
    const source = `const early = secrets.get('KEY'); doCmd('Wait'); return [early, secrets.get('KEY')];`;
    const given = Array.from({ length: 40 }, (_, index) => `value ${index}`);
    const seen = await Promise.all(given.map((KEY) => run(source, { secrets: { KEY } })));
    expect(seen).toEqual(given.map((one) => [one, one]));
  });

  it('are nowhere in a realm that did not ask for them', async () => {
    const found = (await run(WALK, { secrets })) as Record<string, unknown>;
    expect(found['size']).toBeGreaterThan(100);
    expect(found).toMatchObject({ keys: ['get'], json: '{}' });
    const text = JSON.stringify(found);
    for (const secret of [secrets.KEY, secrets.other, secrets.constructor])
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  it('are not in the body as received, compressed or not', async () => {
    const source = `return atob(context.rawBodyBase64);`;
    expect(await run(source, { secrets, body: Buffer.from('{"a":1}') })).toBe('{"a":1}');
    const rawBody = Buffer.from('as it came');
    expect(await run(source, { secrets, body: Buffer.from('{"a":1}'), rawBody })).toBe('as it came');
  });

  it('cannot be caught by what a script leaves behind', async () => {
    const hostile = `
      const steal = function (...values) { try { globalThis.stolen = values; } catch {} return 'stolen'; };
      for (const [target, name] of [[secrets, 'get'], [globalThis, 'secrets'], [String.prototype, 'slice'], [Object, 'hasOwn'], [JSON, 'stringify'], [Object.prototype, 'KEY']]) {
        try { target[name] = steal; } catch {}
        try { Object.defineProperty(target, name, { value: steal, configurable: true }); } catch {}
        try { delete target[name]; } catch {}
      }
      try { Object.setPrototypeOf(secrets, { KEY: 'stolen' }); } catch {}
      try { return secrets.get(context.body.name); } catch (error) { return error.message; }`;
    const seen = [];
    for (const given of [secrets, undefined, { KEY: 'second' }, undefined])
      seen.push(
        await run(hostile, { body: Buffer.from('{"name":"KEY"}'), ...(given && { secrets: given }) }),
      );
    expect(seen).toEqual([value, missing('KEY'), 'second', missing('KEY')]);
    expect(await run('return typeof globalThis.stolen;')).toBe('undefined');
  });
});
