import { z } from 'zod';
import { AppError } from '../platform/errors.ts';
import type { Caller } from './caller.ts';

/** A field that names an account. */
export const accountField = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'must be 1 to 128 letters, digits, dots, hyphens or underscores, and begin with a letter or a digit',
  );

/** The account that a request is about: the caller's own unless it names another, which only an unbound caller may. */
export function accountOf(caller: Caller, named: string | undefined): string {
  if (named === undefined || named === caller.accountId) return caller.accountId;
  if (!caller.isAccountBound) return named;
  throw new AppError({
    code: 'access.account-not-found',
    kind: 'not-found',
    publicMessage: 'Account not found',
    details: [`There is no account "${named}"`],
  });
}
