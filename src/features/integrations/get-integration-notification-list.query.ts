import { z } from 'zod';
import { bpmRequest, Handles, pageFields, timeField } from '../../bus/index.ts';
import { Database, lastLookedAt, withinTime } from '../../platform/db/index.ts';
import { IntegrationNotificationEntity, notificationOutcomes } from './integration-notification.entity.ts';
import { notificationSummary } from './notification-view.ts';
import { verificationStates } from './provider.ts';

/** Notifications, newest first, each filter narrowing the others; `cursor` is the `nextCursor` of the page before, null on the last page. */
export class GetIntegrationNotificationListQuery extends bpmRequest({
  kind: 'query',
  permission: 'integrations:read',
  input: z.strictObject({
    provider: z.string().max(50).optional(),
    kind: z.string().max(200).optional(),
    providerId: z.string().max(200).optional(),
    state: z.enum(verificationStates).optional(),
    outcome: z.enum(notificationOutcomes).optional(),
    from: timeField.optional(),
    to: timeField.optional(),
    ...pageFields('ntf'),
  }),
  success: 'Notifications retrieved successfully',
  example: { provider: 'remita', outcome: 'counted', from: '2026-01-31T00:00:00Z' },
}) {}

type Input = GetIntegrationNotificationListQuery['input'];

@Handles(GetIntegrationNotificationListQuery)
export class GetIntegrationNotificationListHandler {
  constructor(private readonly database: Database) {}

  /** A page may be short, or empty, and not the last: a part of the rows is looked at for each. */
  async execute({ input, caller: { accountId } }: GetIntegrationNotificationListQuery) {
    const rows = this.database.read
      .createQueryBuilder(IntegrationNotificationEntity, 'notification')
      .where('notification.accountId = :accountId', { accountId })
      .orderBy('notification.id', 'DESC');
    withinTime(rows, 'ntf', input);
    const { cursor } = input;
    if (cursor !== undefined) rows.andWhere('notification.id < :cursor', { cursor });
    const last = isSifted(input) ? await lastLookedAt(rows) : null;
    if (last !== null) rows.andWhere('notification.id >= :last', { last });
    for (const name of sifting)
      if (input[name] !== undefined)
        rows.andWhere(`notification.${name} = :${name}`, { [name]: input[name] });
    const found = await rows.limit(input.pageSize + 1).getMany();
    const page = found.slice(0, input.pageSize);
    const nextCursor = found.length > page.length ? (page.at(-1)?.id ?? null) : last;
    return { items: page.map(notificationSummary), nextCursor };
  }
}

const sifting = ['provider', 'kind', 'providerId', 'state', 'outcome'] as const;

function isSifted(input: Input): boolean {
  return sifting.some((name) => input[name] !== undefined);
}
