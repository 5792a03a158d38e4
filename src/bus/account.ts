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
  throw accountNotFound(named);
}

/** The caller as it acts in that account and in no other; null: it may not act there. */
export function boundTo(caller: Caller, accountId: string): Caller | null {
  if (caller.isAccountBound) return caller.accountId === accountId ? caller : null;
  return { ...caller, accountId, isAccountBound: true };
}

/** The caller as work of that account has it; null: it may not act there. */
export function actingIn(caller: Caller, accountId: string): Caller | null {
  return caller.accountId === accountId ? caller : boundTo(caller, accountId);
}

/** Of an account in which the caller may not act it learns as much as of one that there is not. */
export function accountNotFound(named: string): AppError {
  return new AppError({
    code: 'access.account-not-found',
    kind: 'not-found',
    publicMessage: 'Account not found',
    details: [`There is no account "${named}"`],
  });
}
