import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetWebHookConfigListQuery';
let cast: Cast;
/** Twelve configurations of the default account, by their creation. */
const known: Record<string, unknown>[] = [];

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Page {
  items: Record<string, unknown>[];
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

async function page(fields: Record<string, unknown>): Promise<Page> {
  const { body } = await cast.signalbox.command<Page>(type, fields);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data;
}

async function keys(fields: Record<string, unknown>): Promise<unknown[]> {
  return (await page({ pageSize: 100, ...fields })).items.map(({ key }) => key);
}

beforeAll(async () => {
  cast = await startWithRoles();
  const create = async (key: string, fields: Record<string, unknown> = {}) =>
    known.push(await cast.signalbox.createConfig(key, fields));
  await create('zebra', { description: 'Takes 100% of it' });
  await create('Apple', { description: 'A_B' });
  await create('native', { executionType: 0, commandName: type });
  await create('off', { isEnabled: false, path: '/webhooks/Dark/:room' });
  for (let n = 1; n <= 8; n++) await create(`row-${n}`);
  await cast.signalbox.command(
    'CreateWebHookConfigCommand',
    { ...known[0], key: 'foreign', path: '/webhooks/foreign', ...onlyScript },
    cast.as.stranger,
  );
  await cast.signalbox.command('DeactivateWebHookConfigCommand', { id: known[0]!['id'] });
  await cast.signalbox.command('ActivateWebHookConfigCommand', { id: known[0]!['id'] });
});
afterAll(() => cast.stop());

/** Takes what an answer has and a request must not have out of a configuration. */
const onlyScript = {
  id: undefined,
  version: undefined,
  hasDraft: undefined,
  accountId: undefined,
  ownerId: undefined,
  isOwnerEnabled: undefined,
  createdAt: undefined,
  updatedAt: undefined,
};

describe('GetWebHookConfigListQuery', () => {
  it('answers the first ten by id, with how many there are', async () => {
    const answer = await cast.signalbox.command<Page>(type);
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Webhook configurations retrieved successfully');
    expect(answer.body.data).toStrictEqual({
      items: [{ ...known[0], updatedAt: expect.any(String) }, ...known.slice(1, 10)],
      totalCount: 12,
      pageNumber: 1,
      pageSize: 10,
    });
  });

  it('shows nothing of another account', async () => {
    expect(await keys({})).not.toContain('foreign');
    const { body } = await cast.signalbox.command<Page>(type, {}, cast.as.stranger);
    expect(body.data.items.map(({ key }) => key)).toStrictEqual(['foreign']);
    expect(body.data.totalCount).toBe(1);
  });

  it('gives each configuration on exactly one page', async () => {
    const pages = [];
    for (const pageNumber of [1, 2, 3]) pages.push(await page({ pageNumber, pageSize: 5 }));
    expect(pages.map(({ items }) => items.length)).toStrictEqual([5, 5, 2]);
    const ids = pages.flatMap(({ items }) => items.map(({ id }) => id));
    expect(ids).toStrictEqual(known.map(({ id }) => id));
  });

  it('answers an empty page beyond the last one', async () => {
    expect(await page({ pageNumber: 9 })).toStrictEqual({
      items: [],
      totalCount: 12,
      pageNumber: 9,
      pageSize: 10,
    });
  });

  it('takes a page of a hundred', async () => {
    expect((await page({ pageSize: 100 })).items).toHaveLength(12);
  });

  it('finds a part of the key, the description or the path, without case', async () => {
    expect(await keys({ search: 'ZEB' })).toStrictEqual(['zebra']);
    expect(await keys({ search: 'configuration ROW' })).toHaveLength(8);
    expect(await keys({ search: 'dark/' })).toStrictEqual(['off']);
    expect(await keys({ search: 'nowhere' })).toStrictEqual([]);
  });

  it('takes the wildcards of the database for the letters that they are', async () => {
    expect(await keys({ search: '%' })).toStrictEqual(['zebra']);
    expect(await keys({ search: 'a_b' })).toStrictEqual(['Apple']);
    expect(await keys({ search: '\\' })).toStrictEqual([]);
    expect(await keys({ search: "' OR 1=1 --" })).toStrictEqual([]);
  });

  it('counts an empty search as none', async () => {
    expect(await keys({ search: '' })).toHaveLength(12);
  });

  it('filters by state and by type', async () => {
    expect(await keys({ isEnabled: false })).toStrictEqual(['off']);
    expect(await keys({ isEnabled: true })).toHaveLength(11);
    expect(await keys({ executionType: 0 })).toStrictEqual(['native']);
    expect(await keys({ executionType: 0, isEnabled: false })).toStrictEqual([]);
  });

  it('counts what the filters leave', async () => {
    expect(await page({ search: 'row-', pageSize: 3 })).toMatchObject({ totalCount: 8, pageSize: 3 });
  });

  it.each(['id', 'createdAt'])('sorts by %s in both directions', async (sortBy) => {
    const ids = async (sortDirection: string) =>
      (await page({ pageSize: 100, sortBy, sortDirection })).items.map(({ id }) => id);
    const rising = known.map(({ id }) => id);
    expect(await ids('asc')).toStrictEqual(rising);
    expect(await ids('desc')).toStrictEqual(rising.toReversed());
  });

  it('sorts by key in both directions', async () => {
    const rising = await keys({ sortBy: 'key', sortDirection: 'asc' });
    expect(rising).toStrictEqual([...rising].sort());
    expect(await keys({ sortBy: 'key', sortDirection: 'desc' })).toStrictEqual(rising.toReversed());
  });

  it('sorts by the last change: what was changed last is first in descending order', async () => {
    expect((await keys({ sortBy: 'updatedAt', sortDirection: 'desc' }))[0]).toBe('zebra');
    expect((await keys({ sortBy: 'updatedAt' })).at(-1)).toBe('zebra');
  });

  it('counts null as not given', async () => {
    const nulls = { search: null, isEnabled: null, executionType: null, pageSize: null, sortBy: null };
    expect(await page(nulls)).toMatchObject({ totalCount: 12, pageSize: 10 });
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ pageNumber: 0 }, ['PageNumber must be at least 1']],
    [{ pageNumber: '1' }, ['PageNumber must be a number']],
    [{ pageNumber: 1_000_001 }, ['PageNumber must be at most 1000000']],
    [{ pageSize: 0 }, ['PageSize must be at least 1']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ pageSize: 1.5 }, ['PageSize must be a whole number']],
    [{ search: 5 }, ['Search must be a string']],
    [{ search: 'x'.repeat(201) }, ['Search must be at most 200 characters long']],
    [{ isEnabled: 'yes' }, ['IsEnabled must be true or false']],
    [{ executionType: 4 }, ['ExecutionType must be one of 0, 1, 2, 3']],
    [{ sortBy: 'ownerId' }, ['SortBy must be one of id, key, createdAt, updatedAt']],
    [{ sortDirection: 'DESC' }, ['SortDirection must be one of asc, desc']],
    [{ page: 2 }, ['Unknown field "page"']],
    [{ pageNumber: 0, pageSize: 0 }, ['PageNumber must be at least 1', 'PageSize must be at least 1']],
  ]);
});
