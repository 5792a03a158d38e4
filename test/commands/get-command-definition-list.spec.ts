import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { definitionView, scriptDefinition } from './support/definition-shapes.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetCommandDefinitionListQuery';
const names = ['AddCommand', 'DivideCommand', 'MultiplyCommand'];
let cast: Cast;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Page {
  items: { name: string }[];
  totalCount: number;
  pageNumber: number;
  pageSize: number;
}

beforeAll(async () => {
  cast = await startWithRoles();
  for (const name of names.toReversed())
    await cast.signalbox.command('CreateCommandDefinitionCommand', { name, ...scriptDefinition });
  await cast.signalbox.command(
    'CreateCommandDefinitionCommand',
    { name: 'ElsewhereCommand', ...scriptDefinition },
    cast.as.stranger,
  );
});
afterAll(() => cast.stop());

async function page(fields: Record<string, unknown> = {}, who?: Record<string, string>): Promise<Page> {
  const { body } = await cast.signalbox.command<Page>(type, fields, who);
  return body.data;
}

describe('GetCommandDefinitionListQuery', () => {
  it("answers the account's definitions by name", async () => {
    const { items, ...rest } = await page();
    expect(rest).toStrictEqual({ totalCount: 3, pageNumber: 1, pageSize: 10 });
    expect(items).toMatchObject(names.map((name) => definitionView(name)));
    expect((await page({}, cast.as.stranger)).items).toMatchObject([{ name: 'ElsewhereCommand' }]);
  });

  it('answers by page', async () => {
    const { items, ...rest } = await page({ pageNumber: 2, pageSize: 2 });
    expect(items).toMatchObject([{ name: 'MultiplyCommand' }]);
    expect(rest).toStrictEqual({ totalCount: 3, pageNumber: 2, pageSize: 2 });
  });

  it.each([
    ['IDE', ['DivideCommand']],
    ['', names],
    ['%', []],
    ['command', names],
    ['elsewhere', []],
  ])('finds a part of the name without case: "%s"', async (search, found) => {
    expect((await page({ search })).items.map(({ name }) => name)).toStrictEqual(found);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ pageNumber: 0 }, ['PageNumber must be at least 1']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ search: 5 }, ['Search must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
