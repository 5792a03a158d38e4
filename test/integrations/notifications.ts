import type { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

/** A notification as `GetIntegrationNotificationByIdQuery` shows it. */
export interface Notification {
  id: string;
  provider: string;
  kind: string;
  providerId: string | null;
  state: string;
  outcome: string;
  detail: string | null;
  ip: string | null;
  eventId: string | null;
  executionId: string | null;
  duplicateOf: string | null;
  fields: Record<string, unknown> | null;
  data: Record<string, unknown> | null;
  rawBase64: string | null;
  checks: { checkedAt: string; state: string; detail: string }[];
}

/** All notifications, the newest first. */
export async function notificationsOf(
  signalbox: Signalbox,
  filter: Record<string, unknown> = {},
): Promise<Notification[]> {
  const items: Notification[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { status, body }: Awaited<ReturnType<typeof pageOf>> = await pageOf(signalbox, {
      ...filter,
      cursor,
    });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    items.push(...body.data.items);
    cursor = body.data.nextCursor;
  }
  return items;
}

function pageOf(signalbox: Signalbox, filter: Record<string, unknown>) {
  return signalbox.command<{ items: Notification[]; nextCursor: string | null }>(
    'GetIntegrationNotificationListQuery',
    { pageSize: 100, ...filter },
  );
}

/** The one notification of a filter, whole, once it is settled. @throws when there is none, or more than one. */
export async function settled(signalbox: Signalbox, filter: Record<string, unknown>): Promise<Notification> {
  const [found, ...others] = await until(async () => {
    const all = await notificationsOf(signalbox, filter);
    return all.length > 0 && all.every(({ outcome }) => outcome !== 'pending') ? all : null;
  });
  if (others.length > 0) throw new Error(`There are ${others.length + 1} notifications`);
  return await notificationById(signalbox, found!.id);
}

/** One notification whole. */
export async function notificationById(signalbox: Signalbox, id: string): Promise<Notification> {
  const { status, body } = await signalbox.command<Notification & Record<string, unknown>>(
    'GetIntegrationNotificationByIdQuery',
    { id },
  );
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.data;
}
