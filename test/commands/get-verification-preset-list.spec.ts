import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetVerificationPresetListQuery';
let cast: Cast;
const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

describe('GetVerificationPresetListQuery', () => {
  it('answers every preset with its source and its settings', async () => {
    const answer = await cast.signalbox.command<{ name: string; source: string }[]>(type);
    expect(answer.body.data.map(({ name }) => name).toSorted()).toEqual([
      'acube',
      'altoviz',
      'aptic',
      'flutterwave',
      'github',
      'paystack',
      'shopify',
      'slack',
      'stripe',
      'twilio',
    ]);
    for (const { source } of answer.body.data) expect(source).toMatch(/^https:/);
    expect(answer.body.data.find(({ name }) => name === 'github')).toMatchObject({
      scheme: 'hmac',
      settings: { name: 'x-hub-signature-256', algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' },
    });
  });

  admitsEveryRole(attempt);
  refusesStrangers(attempt);
  refusesInput(attempt, [[{ name: 'github' }, ['Unknown field "name"']]]);
});
