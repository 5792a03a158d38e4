import { expect, it } from 'vitest';
import type { Cast, Person } from '../../support/roles.ts';
import { auditOf, auditRowOf } from './audit-log.ts';

/** A command with fields that it would accept. */
export interface Attempt {
  cast: () => Cast;
  type: string;
  fields: () => Record<string, unknown>;
}

/** Who is nobody learns nothing, and leaves no trace in the audit log. */
export function refusesStrangers({ cast, type, fields }: Attempt): void {
  it('refuses a caller without credentials with 401 and the bare challenge', async () => {
    const { signalbox } = cast();
    const answer = await signalbox.command(type, fields(), {});
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Authentication required',
      errors: ['Send a token (Authorization: Bearer …) or an API key (X-API-Key)'],
      code: 'access.credentials-missing',
    });
    expect(await auditOf(signalbox, answer)).toStrictEqual([]);
  });

  it.each([
    ['token', { Authorization: 'Bearer no.such.token' }],
    ['API key', { 'X-API-Key': 'k'.repeat(48) }],
  ])('refuses a bad %s with 401 and invalid_token', async (_what, headers) => {
    const { signalbox } = cast();
    const answer = await signalbox.command(type, fields(), headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Authentication failed',
      errors: ['The token or API key is not valid'],
      code: 'access.credentials-refused',
    });
    expect(await auditOf(signalbox, answer)).toStrictEqual([]);
  });
}

/** Roles that lack the permission are told which one, and their attempt is on record. */
export function refusesRoles(
  roles: readonly Exclude<Person, 'leaver'>[],
  permission: string,
  { cast, type, fields }: Attempt,
): void {
  it.each(roles)(`refuses the role %s with 403, names ${permission} and audits the attempt`, async (role) => {
    const { signalbox, as, idOf } = cast();
    const answer = await signalbox.command(type, fields(), as[role]);
    expect(answer.status).toBe(403);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Permission denied',
      errors: [`The permission ${permission} is missing`],
      code: 'access.permission-missing',
    });
    expect(await auditRowOf(signalbox, answer)).toMatchObject({
      caller_id: idOf[role],
      caller_name: role,
      command: type,
      outcome: 'access.permission-missing',
      before: null,
      after: null,
    });
  });
}

/** No role lacks a permission to read, so that every role may ask. */
export function admitsEveryRole({ cast, type, fields }: Attempt): void {
  it.each(['viewer', 'operator', 'designer'] as const)('answers the role %s', async (role) => {
    const { signalbox, as } = cast();
    const answer = await signalbox.command(type, fields(), as[role]);
    expect(answer.body).toMatchObject({ success: true });
    expect(answer.status).toBe(200);
  });
}

/** Input that a command cannot take is `Validation failed`, with one sentence for each field. */
export function refusesInput(
  { cast, type, fields }: Attempt,
  cases: readonly [input: Record<string, unknown>, sentences: readonly unknown[]][],
): void {
  it.each(cases.map(([input, sentences]) => ({ what: inShort(input), input, sentences })))(
    'refuses $what',
    async ({ input, sentences }) => {
      const answer = await cast().signalbox.command(type, { ...fields(), ...input });
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Validation failed',
        errors: sentences,
        code: 'bus.validation-failed',
      });
      expect(answer.status).toBe(400);
    },
  );
}

/** The input as a test's name shows it; what is not sent reads `no id`. */
function inShort(input: Record<string, unknown>): string {
  const parts = Object.entries(input).map(([name, value]) =>
    value === undefined ? `no ${name}` : `${name} ${JSON.stringify(value)}`,
  );
  const text = parts.join(', ');
  return text.length <= 80 ? text : `${text.slice(0, 60)}… of ${text.length} characters`;
}

/** Ids of configurations, the same in each command that takes one. */
export const badConfigIds: readonly [input: Record<string, unknown>, sentences: string[]][] = [
  [{ id: undefined }, ['Id is required']],
  [{ id: null }, ['Id is required']],
  [{ id: 0 }, ['Id must be at least 1']],
  [{ id: -1 }, ['Id must be at least 1']],
  [{ id: 1.5 }, ['Id must be a whole number']],
  [{ id: '1' }, ['Id must be a number']],
  [{ id: [1] }, ['Id must be a number']],
  [{ surprise: 1 }, ['Unknown field "surprise"']],
];

/** A time as every answer shows it. */
export const isoTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
