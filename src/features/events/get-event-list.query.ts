import type { SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { accountField, accountOf, bpmRequest, Handles, pageFields, timeField } from '../../bus/index.ts';
import { Database, withinTime } from '../../platform/db/index.ts';
import { parseJson } from '../../platform/json-text.ts';
import { EventEntity } from './event.entity.ts';
import { prefixOf, TYPE_LENGTH_MAX, typeFilterPattern } from './event.rules.ts';
import { type EventView, eventView } from './event-view.ts';

/** Events, newest first; `cursor` is the `nextCursor` of the page before, null on the last page. */
export class GetEventListQuery extends bpmRequest({
  kind: 'query',
  permission: 'subscriptions:read',
  input: z.strictObject({
    type: z
      .string()
      .max(TYPE_LENGTH_MAX + 2)
      .regex(typeFilterPattern, 'must be an event type, or the beginning of some with .*')
      .optional(),
    from: timeField.optional(),
    to: timeField.optional(),
    accountId: accountField.optional(),
    ...pageFields('evt'),
  }),
  success: 'Events retrieved successfully',
  example: { type: 'order.*', from: '2026-01-31T00:00:00Z', pageSize: 50 },
}) {}

@Handles(GetEventListQuery)
export class GetEventListHandler {
  constructor(private readonly database: Database) {}

  async execute({ input, caller }: GetEventListQuery) {
    const rows = this.database.read
      .createQueryBuilder(EventEntity, 'event')
      .where('event.accountId = :accountId', { accountId: accountOf(caller, input.accountId) });
    filter(rows, input);
    const found = await rows
      .orderBy('event.id', 'DESC')
      .limit(input.pageSize + 1)
      .getMany();
    const page = found.slice(0, input.pageSize);
    const nextCursor = found.length > page.length ? (page.at(-1)?.id ?? null) : null;
    const items: EventView[] = [];
    for (const event of page) items.push(eventView(event, await this.payloadOf(event)));
    return { items, nextCursor };
  }

  private async payloadOf({ payload }: EventEntity): Promise<unknown> {
    const [json] = await this.database.payload(payload);
    return json ? parseJson(json.toString('utf8')) : null;
  }
}

function filter(rows: SelectQueryBuilder<EventEntity>, input: GetEventListQuery['input']): void {
  const { type, cursor } = input;
  const prefix = type === undefined ? null : prefixOf(type);
  // A prefix as a range: the index serves it on both databases. No type has a letter beyond z.
  if (prefix !== null)
    rows.andWhere('event.type >= :prefix AND event.type < :prefixEnd', { prefix, prefixEnd: `${prefix}~` });
  else if (type !== undefined) rows.andWhere('event.type = :type', { type });
  withinTime(rows, 'evt', input);
  if (cursor !== undefined) rows.andWhere('event.id < :cursor', { cursor });
}
