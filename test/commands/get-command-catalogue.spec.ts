import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetCommandCatalogueQuery';
let cast: Cast;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Catalogue {
  items: { $type: string; kind: string; permission: string; inputSchema: Record<string, unknown> }[];
}

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

describe('GetCommandCatalogueQuery', () => {
  it('answers each $type with its kind, its one permission and its schema, and nothing else', async () => {
    const answer = await cast.signalbox.command<Catalogue>(type);
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Command catalogue retrieved successfully');
    expect(Object.keys(answer.body.data)).toStrictEqual(['items']);
    for (const item of answer.body.data.items) {
      expect(item).toStrictEqual({
        $type: expect.stringMatching(/^[A-Z][A-Za-z]+(Command|Query)$/),
        kind: expect.stringMatching(/^(command|query)$/),
        permission: expect.stringMatching(/^[a-z]+:[a-z]+$/),
        inputSchema: expect.objectContaining({ type: 'object', additionalProperties: false }),
      });
    }
  });

  it('is in the order of names, each once', async () => {
    const { body } = await cast.signalbox.command<Catalogue>(type);
    const names = body.data.items.map(({ $type }) => $type);
    expect(names).toStrictEqual([...new Set(names)].sort());
  });

  it('tells what a caller needs to know to ask for itself', async () => {
    const { body } = await cast.signalbox.command<Catalogue>(type);
    expect(body.data.items.find(({ $type }) => $type === type)).toStrictEqual({
      $type: type,
      kind: 'query',
      permission: 'webhooks:read',
      inputSchema: expect.objectContaining({ properties: {} }),
    });
  });

  it('shows every role the whole catalogue, also what the role may not run', async () => {
    const own = await cast.signalbox.command<Catalogue>(type);
    const viewers = await cast.signalbox.command<Catalogue>(type, {}, cast.as.viewer);
    expect(viewers.body.data).toStrictEqual(own.body.data);
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ name: 'x' }, ['Unknown field "name"']],
    [{ a: 1, b: 2 }, ['Unknown field "a"', 'Unknown field "b"']],
  ]);
});
