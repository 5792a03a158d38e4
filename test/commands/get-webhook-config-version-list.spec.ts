import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { scriptFields, unsetSettings } from './support/config-shape.ts';
import {
  admitsEveryRole,
  type Attempt,
  badConfigIds,
  isoTime,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetWebHookConfigVersionListQuery';
let cast: Cast;
let known: Record<string, unknown> & { id: number };

interface Page {
  items: { version: number }[];
  totalCount: number;
}

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known.id }) };
const version = (number: number, differing: Record<string, unknown> = {}) => ({
  version: number,
  savedBy: known['ownerId'],
  savedAt: isoTime,
  ...scriptFields('orders'),
  ...unsetSettings,
  hasSecret: false,
  ...differing,
});

beforeAll(async () => {
  cast = await startWithRoles();
  known = (await cast.signalbox.createConfig('orders')) as typeof known;
  const update = (fields: object, who?: Record<string, string>) =>
    cast.signalbox.command(
      'UpdateWebHookConfigCommand',
      { id: known.id, ...scriptFields('orders'), ...fields },
      who,
    );
  await update({ verification: { scheme: 'basic', username: 'ada', secrets: ['s3cret-value'] } });
  await update({ executionType: 0, executionCode: undefined, commandName: type }, cast.as.designer);
  // Neither is a save of the fields: no version.
  await cast.signalbox.command('DeactivateWebHookConfigCommand', { id: known.id });
  await cast.signalbox.command('SaveWebHookConfigDraftCommand', {
    id: known.id,
    ...scriptFields('orders'),
    description: 'Never published',
  });
});
afterAll(() => cast.stop());

describe('GetWebHookConfigVersionListQuery', () => {
  it('answers what each save wrote and who saved it, the newest first, without secrets', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        items: [
          version(3, {
            executionType: 0,
            executionCode: null,
            commandName: type,
            savedBy: cast.idOf.designer,
          }),
          version(2, {
            verification: { scheme: 'basic', username: 'ada', hasSecret: true },
            hasSecret: true,
          }),
          version(1),
        ],
        totalCount: 3,
        pageNumber: 1,
        pageSize: 10,
      },
      message: 'Webhook configuration versions retrieved successfully',
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/s3cret-value|sealed/);
  });

  it('gives each version on exactly one page', async () => {
    const seen = [];
    for (const pageNumber of [1, 2, 3]) {
      const { body } = await cast.signalbox.command<Page>(type, { id: known.id, pageNumber, pageSize: 2 });
      seen.push(body.data.items.map((item) => item.version));
      expect(body.data.totalCount).toBe(3);
    }
    expect(seen).toStrictEqual([[3, 2], [1], []]);
  });

  it('answers 404 for an id that there is not, and for one of another account', async () => {
    const nobodys = await cast.signalbox.command(type, { id: 999_999 });
    const theirs = await cast.signalbox.command(type, { id: known.id }, cast.as.stranger);
    for (const { status, body } of [nobodys, theirs]) {
      expect(status).toBe(404);
      expect(body).toStrictEqual({
        success: false,
        data: null,
        message: 'Retrieval failed',
        errors: ['Configuration not found'],
        code: 'webhook-config.not-found',
      });
    }
  });

  it('leaves no audit record', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(await auditOf(cast.signalbox, answer)).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    ...badConfigIds,
    [{ pageNumber: 0 }, ['PageNumber must be at least 1']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
  ]);
});
