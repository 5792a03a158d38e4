import type { EntityManager } from 'typeorm';
import { WebHookConfigVersionEntity } from '../webhook-configs/index.ts';

/** The key that is asked for, by itself or by its configuration: it never changes, so that indexes by key serve both. */
export async function keyOfConfig(
  read: EntityManager,
  { key, configId }: { key?: string | undefined; configId?: number | undefined },
): Promise<string | undefined> {
  if (key !== undefined || configId === undefined) return key;
  const version = await read.findOneBy(WebHookConfigVersionEntity, { configId });
  return version?.key ?? '';
}
