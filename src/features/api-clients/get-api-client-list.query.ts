import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { ApiClientEntity, callerListFields, CallerPages } from '../access/index.ts';
import { apiClientView } from './api-client-view.ts';

/** API clients, newest first; `search` finds the beginning of names; `cursor` is the `nextCursor` of the page before. */
export class GetApiClientListQuery extends bpmRequest({
  kind: 'query',
  permission: 'access:manage',
  input: z.strictObject(callerListFields),
  success: 'API clients retrieved successfully',
  example: { search: 'shop', pageSize: 50 },
}) {}

@Handles(GetApiClientListQuery)
export class GetApiClientListHandler {
  constructor(private readonly pages: CallerPages) {}

  async execute({ input, caller }: GetApiClientListQuery) {
    const { rows, nextCursor } = await this.pages.page(ApiClientEntity, input, caller);
    return { items: rows.map(apiClientView), nextCursor };
  }
}
