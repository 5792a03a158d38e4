import { z } from 'zod';
import { accountField, bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { newId } from '../../platform/ids.ts';
import {
  grantFields,
  hashPassword,
  ManagedCallers,
  mustGrant,
  passwordField,
  UserEntity,
} from '../access/index.ts';
import { userView } from './user-view.ts';
import { refuseTakenName, usernameField } from './username.ts';

/**
 * Makes a person who signs in with a name and a password. With `accountId` he is bound to that account; without, to
 * that of his maker, or to none if the maker is bound to none.
 */
export class CreateUserCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({
    username: usernameField,
    password: passwordField,
    ...grantFields,
    accountId: accountField.optional(),
    isEnabled: z.boolean().default(true),
  }),
  secretFields: ['password'],
  success: 'User created successfully',
  example: { username: 'ada', password: 'a first password', role: 'designer' },
  failure: 'Creation failed',
}) {}

@Handles(CreateUserCommand)
export class CreateUserHandler {
  constructor(private readonly managed: ManagedCallers) {}

  async execute({
    input: { username, password, isEnabled, accountId, ...grant },
    caller,
  }: CreateUserCommand) {
    const granted = this.managed.granted(mustGrant(grant), accountId, caller);
    const passwordHash = await hashPassword(password);
    return inTransaction(async (tx, trail) => {
      await this.managed.mustStillManage(tx, caller);
      await refuseTakenName(tx, username);
      const user = tx.manager.create(UserEntity, {
        ...granted,
        id: newId('usr'),
        username,
        passwordHash,
        isEnabled,
      });
      await this.managed.store(tx, user);
      return (trail.after = userView(user));
    });
  }
}
