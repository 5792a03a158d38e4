import type { Caller } from './caller.ts';
import type { Permission } from './permissions.ts';

/** What begins work that goes on without who began it, with his permissions. */
export const lasting: readonly Permission[] = [
  'webhooks:write',
  'processes:write',
  'commands:define',
  'subscriptions:write',
  'executions:replay',
  'processes:run',
];

/** How far somebody's access goes. */
export type Reach = Pick<Caller, 'permissions' | 'isAccountBound'>;

/**
 * Who acts where one has written the work and another has had a say in what it does: may what both may. What he leaves
 * behind belongs to whoever of the two may less, so that neither of them gets more through the other. Null: they have no
 * account in common.
 */
export function jointCaller(writer: Caller, starter: Caller): Caller | null {
  const isOne = writer.id === starter.id;
  // One who acts with less than he has (a narrow token, or together with others) gets no more by his own work.
  if (isOne && mayNoMoreThan(writer, starter)) return writer;
  if (writer.accountId !== starter.accountId) return null;
  const permissions = new Set(
    [...writer.permissions].filter((permission) => starter.permissions.has(permission)),
  );
  const lesser = mayNoMoreThan(starter, writer) ? starter : mayNoMoreThan(writer, starter) ? writer : null;
  // Each may something that the other may not, or he has more than he acts with: whoever owned what is left behind would lend it to the other.
  if (!lesser || isOne) for (const permission of lasting) permissions.delete(permission);
  return {
    ...(lesser ?? starter),
    isAccountBound: writer.isAccountBound || starter.isAccountBound,
    permissions,
  };
}

/** True when the one may do nothing that the other may not. */
export function mayNoMoreThan(one: Reach, other: Reach): boolean {
  if (other.isAccountBound && !one.isAccountBound) return false;
  return [...one.permissions].every((permission) => other.permissions.has(permission));
}
