import { afterAll, beforeAll, describe, expect } from 'vitest';
import { refusesInput } from '../commands/support/refusals.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';

const type = 'CreateWebHookConfigCommand';
const hmac = { scheme: 'hmac', name: 'X-Sig', algorithm: 'sha256', secrets: ['x'] };
const schemeSentence =
  'must have a scheme that is one of none, token, basic, hmac, standard-webhooks, preset; http-signature is not available yet';
let cast: Cast;

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

const fields = () => ({
  key: 'settings',
  description: 'Never saved',
  isEnabled: true,
  path: '/webhooks/settings',
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});

describe('a verification that could not work is not saved', () => {
  refusesInput({ cast: () => cast, type, fields }, [
    [{ verification: {} }, [`Verification ${schemeSentence}`]],
    [{ verification: { scheme: 'http-signature' } }, [`Verification ${schemeSentence}`]],
    [{ verification: 'none' }, ['Verification must be an object']],
    [{ verification: { scheme: 'basic', username: 'ada' } }, ['Verification.secrets is required']],
    [
      { verification: { scheme: 'basic', username: 'a:b', secrets: ['x'] } },
      ['Verification.username must not contain a colon (RFC 7617)'],
    ],
    [
      { verification: { scheme: 'token', in: 'header', name: 'X', secrets: [''] } },
      ['Verification.secrets.0 is required'],
    ],
    [
      { verification: { scheme: 'token', in: 'header', name: 'X', secrets: ['a', 'b', 'c'] } },
      ['Verification.secrets must be at most 2 entries long'],
    ],
    [
      { verification: { scheme: 'preset', name: 'nobody', secrets: ['x'] } },
      [expect.stringContaining('Verification.name must be one of acube, altoviz')],
    ],
    [
      { verification: { ...hmac, signedContent: '{body}{secret}' } },
      ['Verification.signedContent knows only the placeholders {body} {timestamp} {id} {url} {method}'],
    ],
    [
      { verification: { ...hmac, signedContent: '{timestamp}' } },
      [
        expect.stringContaining('must contain {body} or {url}'),
        'Verification.timestampHeader is required, because signedContent has {timestamp}',
      ],
    ],
    [
      { verification: { ...hmac, signedContent: '{timestamp}.{body}' } },
      ['Verification.timestampHeader is required, because signedContent has {timestamp}'],
    ],
    [
      { verification: { scheme: 'standard-webhooks', secrets: ['whsec_short'] } },
      [expect.stringContaining('Verification.secrets.0 must be')],
    ],
    [{ verification: { scheme: 'none', secrets: ['x'] } }, ['Unknown field "verification.secrets"']],
  ]);
});
