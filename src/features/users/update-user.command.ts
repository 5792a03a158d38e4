import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import {
  callerId,
  grantFields,
  grantIn,
  hashPassword,
  ManagedCallers,
  passwordField,
  SignIn,
  UserEntity,
} from '../access/index.ts';
import { userView } from './user-view.ts';
import { refuseTakenName, usernameField } from './username.ts';

/**
 * Changes what is given of a user. A new password and `isEnabled: false` end what he is signed in with, at once; work
 * that acts as a disabled user is refused until somebody else saves it or he is enabled again.
 */
export class UpdateUserCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({
    id: callerId,
    username: usernameField.optional(),
    password: passwordField.optional(),
    ...grantFields,
    isEnabled: z.boolean().optional(),
  }),
  refusedFields: { accountId: 'AccountId cannot be changed' },
  secretFields: ['password'],
  success: 'User updated successfully',
  example: { id: 'usr_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b', role: 'operator' },
  failure: 'Update failed',
}) {}

@Handles(UpdateUserCommand)
export class UpdateUserHandler {
  constructor(
    private readonly managed: ManagedCallers,
    private readonly signIn: SignIn,
  ) {}

  async execute({ input: { id, username, password, isEnabled, ...grant }, caller }: UpdateUserCommand) {
    const change = { grant: grantIn(grant), isEnabled };
    const passwordHash = password === undefined ? null : await hashPassword(password);
    return inTransaction(async (tx, trail) => {
      const user = await this.managed.mustFind(tx, UserEntity, id, caller);
      trail.before = userView(user);
      this.managed.change(user, change, caller);
      if (username !== undefined && username !== user.username) {
        await refuseTakenName(tx, username);
        user.username = username;
      }
      if (passwordHash !== null) user.passwordHash = passwordHash;
      if (passwordHash !== null || isEnabled === false) await this.signIn.endTokens(tx, user);
      await this.managed.store(tx, user);
      return (trail.after = userView(user));
    });
  }
}
