import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { callerListFields, CallerPages, UserEntity } from '../access/index.ts';
import { userView } from './user-view.ts';

/** Users, newest first; `search` finds the beginning of names; `cursor` is the `nextCursor` of the page before. */
export class GetUserListQuery extends bpmRequest({
  kind: 'query',
  permission: 'access:manage',
  input: z.strictObject(callerListFields),
  success: 'Users retrieved successfully',
  example: { search: 'ad', pageSize: 50 },
}) {}

@Handles(GetUserListQuery)
export class GetUserListHandler {
  constructor(private readonly pages: CallerPages) {}

  async execute({ input, caller }: GetUserListQuery) {
    const { rows, nextCursor } = await this.pages.page(UserEntity, input, caller);
    return { items: rows.map(userView), nextCursor };
  }
}
