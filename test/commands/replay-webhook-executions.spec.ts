import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

interface Accepted {
  accepted: number;
  skipped: number;
  executionIds: string[];
  nextCursor: string | null;
}

const type = 'ReplayWebHookExecutionsCommand';
let cast: Cast;
const attempt: Attempt = { cast: () => cast, type, fields: () => ({ key: 'nobody-calls' }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

/** A configuration with the executions of some calls, the oldest first. */
async function called(key: string, bodies: readonly object[], fields: object = {}): Promise<string[]> {
  await cast.signalbox.createConfig(key, { ...fields });
  const ids: string[] = [];
  for (const body of bodies)
    ids.push(String((await cast.signalbox.call(key, body)).headers.get('x-execution-id')));
  return ids;
}

const replayed = async (fields: object, who = cast.as.operator) =>
  (await cast.signalbox.command<Accepted>(type, { ...fields }, who)).body;
const originalsOf = ({ executionIds }: Accepted) =>
  Promise.all(executionIds.map(async (id) => (await cast.signalbox.execution(id))['replayOf']));

describe('ReplayWebHookExecutionsCommand', () => {
  it('repeats what matches, the oldest first, and nothing twice in pages', async () => {
    const ids = await called('many', [{ n: 1 }, { n: 2 }, { n: 3 }]);
    const first = await replayed({ key: 'many', limit: 2 });
    expect(first).toStrictEqual({
      success: true,
      data: {
        accepted: 2,
        skipped: 0,
        executionIds: [expect.stringMatching(/^exe_/), expect.stringMatching(/^exe_/)],
        nextCursor: ids[1],
      },
      message: 'Webhook execution replays accepted',
    });
    expect(await originalsOf(first.data)).toEqual(ids.slice(0, 2));
    const { data: rest } = await replayed({ key: 'many', limit: 100, cursor: first.data.nextCursor });
    expect(rest).toMatchObject({ accepted: 1, skipped: 2, nextCursor: null });
    expect(await originalsOf(rest)).toEqual([ids[2]]);
  });

  it('takes the filters of the list', async () => {
    const executionCode = 'if (context.body.isBad) throw new Error("Bad"); return 1;';
    const [, bad] = await called('filtered', [{}, { isBad: true }, {}], { executionCode });
    const failed = (await replayed({ key: 'filtered', status: 'failed' })).data;
    expect(await originalsOf(failed)).toEqual([bad]);
    expect((await replayed({ search: String(bad) })).data).toMatchObject({ accepted: 1 });
    expect((await replayed({ key: 'filtered', to: '2020-01-01T00:00:00Z' })).data).toMatchObject({
      accepted: 0,
    });
  });

  it('leaves out and counts what was refused, and what there is no configuration for', async () => {
    await called('refusing', [{}], { allowableIPs: '10.0.0.0/8' });
    expect((await replayed({ key: 'refusing' })).data).toMatchObject({ accepted: 0, skipped: 1 });
    await called('leaving', [{}]);
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key: 'leaving' });
    await cast.signalbox.command('DeleteWebHookConfigCommand', { id: body.data['id'] });
    expect((await replayed({ key: 'leaving' })).data).toMatchObject({ accepted: 0, skipped: 1 });
  });

  it('finds nothing of another account', async () => {
    await called('foreign', [{}]);
    expect((await replayed({ key: 'foreign' }, cast.as.stranger)).data).toStrictEqual({
      accepted: 0,
      skipped: 0,
      executionIds: [],
      nextCursor: null,
    });
  });

  it('audits who asked for what', async () => {
    const answer = await cast.signalbox.command(type, attempt.fields(), cast.as.operator);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      caller_id: cast.idOf.operator,
      input: { key: 'nobody-calls' },
      outcome: 'succeeded',
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer'], 'executions:replay', attempt);
  refusesInput(attempt, [
    [{ key: undefined }, ['One of key, configId, status, from, to and search is required']],
    [{ limit: 0 }, ['Limit must be at least 1']],
    [{ limit: 1001 }, ['Limit must be at most 1000']],
    [{ cursor: 'x' }, ['Cursor must be the nextCursor of the answer before']],
    [{ status: 'lost' }, [expect.stringMatching(/^Status must be one of /)]],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
