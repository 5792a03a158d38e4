import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import { callerId, ManagedCallers, SignIn, UserEntity } from '../access/index.ts';
import { userView } from './user-view.ts';

/** Deletes a user: refused at once, and forever; the name is free again. Work that acts as him goes to `reassignTo`, and is refused without. */
export class DeleteUserCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId, reassignTo: callerId.optional() }),
  success: 'User deleted successfully',
  example: { id: 'usr_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b' },
  failure: 'Deletion failed',
}) {}

@Handles(DeleteUserCommand)
export class DeleteUserHandler {
  constructor(
    private readonly managed: ManagedCallers,
    private readonly signIn: SignIn,
  ) {}

  async execute({ input: { id, reassignTo }, caller }: DeleteUserCommand) {
    return inTransaction(async (tx, trail) => {
      const user = await this.managed.mustFind(tx, UserEntity, id, caller);
      trail.before = userView(user);
      await this.managed.delete(tx, user, reassignTo, caller);
      await this.signIn.endTokens(tx, user);
      // The name is free again; the audit log has its own copy of it. A new user's name has no such letter.
      user.username = `${user.username}\n${id}`;
      user.passwordHash = '';
      await this.managed.store(tx, user);
      return { id, deletedAt: isoTime(user.deletedAt!) };
    });
  }
}
