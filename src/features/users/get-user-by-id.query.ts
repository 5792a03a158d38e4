import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { callerId, callerNotFound, ManagedCallers, UserEntity } from '../access/index.ts';
import { userView } from './user-view.ts';

/** One user. */
export class GetUserByIdQuery extends bpmRequest({
  kind: 'query',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId }),
  success: 'User retrieved successfully',
  example: { id: 'usr_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b' },
}) {}

@Handles(GetUserByIdQuery)
export class GetUserByIdHandler {
  constructor(
    private readonly database: Database,
    private readonly managed: ManagedCallers,
  ) {}

  async execute({ input: { id }, caller }: GetUserByIdQuery) {
    const user = await this.database.read.findOneBy(UserEntity, { ...this.managed.seenBy(caller), id });
    if (!user) throw callerNotFound('user');
    return userView(user);
  }
}
