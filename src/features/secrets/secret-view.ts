import { isoTime } from '../../platform/clock.ts';
import type { SecretVersionEntity } from './secret-version.entity.ts';

/** A secret as every answer shows it: never its value. */
export function secretView({ name, configKeys, version, savedAt }: SecretVersionEntity) {
  return { name, configKeys, version, updatedAt: isoTime(savedAt) };
}
