import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keptBytes } from '../support/database.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf, auditRowOf } from './support/audit-log.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'SetSecretCommand';
const fields = (): Record<string, unknown> => ({ name, value, configKeys: ['orders', 'refunds'] });
let cast: Cast;
let made = 0;
let name: string;
let value: string;

const attempt: Attempt = { cast: () => cast, type, fields };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(() => {
  name = `KEY_${++made}`;
  value = randomBytes(16).toString('hex');
});
afterAll(() => cast.stop());

/** Everything on disk and in the output, the audit log and the write-ahead log included. */
async function kept(): Promise<string> {
  const { dataFolder, output } = cast.signalbox;
  return [await keptBytes(dataFolder), output].join('\n');
}

describe('SetSecretCommand', () => {
  it('answers the name, the configurations and the version, not the value', async () => {
    const answer = await cast.signalbox.command(type, fields());
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { name, configKeys: ['orders', 'refunds'], version: 1, updatedAt: isoTime },
      message: 'Secret set successfully',
    });
  });

  it('replaces the value and the configurations as a new version', async () => {
    await cast.signalbox.command(type, fields());
    const { body } = await cast.signalbox.command(type, { ...fields(), configKeys: ['refunds'] });
    expect(body.data).toMatchObject({ name, configKeys: ['refunds'], version: 2 });
  });

  it('takes a configuration once, and one that there is not yet', async () => {
    const { body } = await cast.signalbox.command(type, { ...fields(), configKeys: ['later', 'later'] });
    expect(body.data).toMatchObject({ configKeys: ['later'] });
  });

  it.each([
    ['one character', 'x'],
    ['the longest', 'v'.repeat(16_384)],
    ['anything but letters', ' \0\n"\\é😀 '],
  ])('takes a value of %s', async (_what, text) => {
    expect((await cast.signalbox.command(type, { ...fields(), value: text })).status).toBe(200);
  });

  it('gives each of ten simultaneous saves a version of its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command<{ version: number }>(type, fields())),
    );
    const versions = answers.map(({ body }) => body.data.version);
    expect(versions.sort((a, b) => a - b)).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('keeps names of different accounts apart', async () => {
    await cast.signalbox.command(type, fields());
    const { body } = await cast.signalbox.command(type, fields(), cast.as.stranger);
    expect(body.data).toMatchObject({ name, version: 1 });
  });

  it('answers 409 for one more than a configuration may read', async () => {
    const configKeys = [`full-${made}`];
    for (let n = 0; n < 100; n += 1) await cast.signalbox.command(type, { name: `S${n}`, value, configKeys });
    const answer = await cast.signalbox.command(type, { ...fields(), configKeys: ['orders', ...configKeys] });
    expect(answer.status).toBe(409);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Setting failed',
      errors: [`The configuration "full-${made}" has 100 secrets already: delete one first`],
      code: 'secret.too-many',
    });
    expect((await cast.signalbox.command(type, { name: 'S7', value, configKeys })).status).toBe(200);
  });

  it('audits who set it and what changed, with the value masked', async () => {
    await cast.signalbox.command(type, { ...fields(), configKeys: ['orders'] });
    const answer = await cast.signalbox.command(type, fields());
    const view = { name, configKeys: ['orders', 'refunds'], version: 2, updatedAt: isoTime };
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      caller_name: 'ADMIN_API_KEY',
      command: type,
      outcome: 'succeeded',
      input: { ...fields(), value: '[masked]' },
      before: { ...view, configKeys: ['orders'], version: 1 },
      after: view,
    });
  });

  it.each([
    ['that worked', (canary: string) => ({ value: canary })],
    ['with a bad name', (canary: string) => ({ name: '1', value: canary })],
    ['with a value that is no text', (canary: string) => ({ value: { in: [canary] } })],
    ['with a slip in the name of the field', (canary: string) => ({ Value: canary })],
  ])('leaves the value of a command %s nowhere in clear', async (_what, changes) => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    for (const who of [{ 'X-API-Key': cast.signalbox.apiKey }, cast.as.viewer]) {
      const answer = await cast.signalbox.command(type, { ...fields(), ...changes(canary) }, who);
      expect(await auditOf(cast.signalbox, answer)).toHaveLength(1);
      expect(JSON.stringify(answer.body)).not.toContain(canary);
      // Not toContain: its failure would print the whole database.
      expect((await kept()).includes(canary)).toBe(false);
    }
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'secrets:write', attempt);
});

describe('Invalid input of SetSecretCommand', () => {
  it('is answered with one sentence for each field that is missing', async () => {
    const answer = await cast.signalbox.command(type);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toStrictEqual([
      'Name is required',
      'Value is required',
      'ConfigKeys is required',
    ]);
  });

  const nameSentence =
    'Name must be 1 to 128 letters, digits, underscores, dots or hyphens, the first a letter';
  const keySentence =
    'must be 1 to 128 letters, digits, dots, underscores or hyphens, the first a letter or digit';
  refusesInput(attempt, [
    [{ name: '' }, ['Name is required']],
    [{ name: '1A' }, [nameSentence]],
    [{ name: '_A' }, [nameSentence]],
    [{ name: '__proto__' }, [nameSentence]],
    [{ name: 'a b' }, [nameSentence]],
    [{ name: 'é' }, [nameSentence]],
    [{ name: 'A\n' }, [nameSentence]],
    [{ name: 'a'.repeat(129) }, [nameSentence]],
    [{ name: 1 }, ['Name must be a string']],
    [{ value: '' }, ['Value is required']],
    [{ value: null }, ['Value is required']],
    [{ value: 5 }, ['Value must be a string']],
    [{ value: 'v'.repeat(16_385) }, ['Value must be at most 16384 characters long']],
    [{ value: '\ud800' }, ['Value must be well-formed Unicode']],
    [{ configKeys: [] }, ['ConfigKeys must name at least one configuration']],
    [{ configKeys: 'orders' }, ['ConfigKeys must be an array']],
    [{ configKeys: [''] }, ['ConfigKeys.0 is required']],
    [{ configKeys: ['a', '-b'] }, [`ConfigKeys.1 ${keySentence}`]],
    [
      { configKeys: Array.from({ length: 101 }, (_, n) => `k${n}`) },
      ['ConfigKeys must be at most 100 entries long'],
    ],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
