import { z } from 'zod';
import { configKey } from '../webhook-configs/index.ts';

const VALUE_LENGTH_MAX = 16_384;
const CONFIG_KEYS_MAX = 100;

/** What a script calls it by. */
export const secretName = z
  .string()
  .min(1)
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/,
    'must be 1 to 128 letters, digits, underscores, dots or hyphens, the first a letter',
  );

/** Lone surrogates would come back as other characters. */
export const secretValue = z
  .string()
  .min(1)
  .max(VALUE_LENGTH_MAX)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** Configurations come and go: a key that there is not yet may be named. */
export const secretConfigKeys = z
  .array(configKey)
  .max(CONFIG_KEYS_MAX)
  .refine((keys) => keys.length > 0, 'must name at least one configuration')
  .transform((keys) => [...new Set(keys)]);

/** Secrets that one account may have, and that one configuration may read: each run of it is handed all of them. */
export const SECRETS_PER_ACCOUNT_MAX = 1_000;
export const SECRETS_PER_CONFIG_MAX = 100;

/** What of a replaced or deleted secret is kept, for runs that began before and go on with it. */
export const REPLACED_KEPT_MS = 60 * 86_400_000;

/** Why one more secret for these configurations would be too many; null when it is not. */
export function crowdFault(
  others: readonly { configKeys: readonly string[] }[],
  configKeys: readonly string[],
): string | null {
  if (others.length >= SECRETS_PER_ACCOUNT_MAX)
    return `There are ${SECRETS_PER_ACCOUNT_MAX} secrets already: delete one first`;
  const full = configKeys.find(
    (key) => others.filter((other) => other.configKeys.includes(key)).length >= SECRETS_PER_CONFIG_MAX,
  );
  return full === undefined
    ? null
    : `The configuration "${full}" has ${SECRETS_PER_CONFIG_MAX} secrets already: delete one first`;
}
