import { isoTime } from '../../platform/clock.ts';
import { reachOf, type UserEntity } from '../access/index.ts';

/** A user as every answer shows it: the permissions are those of the role, or the ones that were given by name. */
export function userView(user: UserEntity) {
  return {
    id: user.id,
    username: user.username,
    role: user.role,
    permissions: [...reachOf(user).permissions],
    accountId: user.accountId,
    isEnabled: user.isEnabled,
    createdAt: isoTime(user.createdAt),
  };
}
