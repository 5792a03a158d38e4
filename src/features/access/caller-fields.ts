import { z } from 'zod';
import { permissions, type Permission, type Role, roles, validationFailed } from '../../bus/index.ts';

/** The id of a user or a client. */
export const callerId = z.string().min(1).max(100);

/** Fields that say what somebody may do: a role, or permissions by name. */
export const grantFields = {
  role: z.enum(roles).optional(),
  permissions: z.array(z.enum(permissions)).max(permissions.length).optional(),
};

/** A page of users or clients. */
export const callerListFields = {
  search: z.string().max(200).optional(),
  pageSize: z.int().min(1).max(100).default(20),
  cursor: z.string().max(100).optional(),
};

/** What is stored of them. */
export interface Grant {
  role: Role | 'custom';
  permissions: Permission[] | null;
}

interface GrantFields {
  role?: Role | undefined;
  permissions?: Permission[] | undefined;
}

/** Null: neither is given. @throws AppError 400 where both are. */
export function grantIn({ role, permissions: named }: GrantFields): Grant | null {
  if (role !== undefined && named !== undefined)
    throw validationFailed(['Role and permissions exclude each other: a role is a name for permissions']);
  if (role !== undefined) return { role, permissions: null };
  if (named === undefined) return null;
  // In the order of the list, each once: what is shown does not depend on how it was sent.
  return { role: 'custom', permissions: permissions.filter((permission) => named.includes(permission)) };
}

/** @throws AppError 400 unless exactly one of the two is given. */
export function mustGrant(fields: GrantFields): Grant {
  const grant = grantIn(fields);
  if (!grant) throw validationFailed(['Role is required, or permissions']);
  return grant;
}
