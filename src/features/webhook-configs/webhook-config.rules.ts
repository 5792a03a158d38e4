import { z } from 'zod';
import { type StoredVerification, verificationFields } from '../verification/index.ts';
import { parseAddressRules } from '../../platform/network-addresses.ts';
import { pathFault } from './webhook-path.rules.ts';

export const actions = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type WebHookAction = (typeof actions)[number];

/** What a configuration runs, by the numbers of the source documentation. */
export const executionTypes = {
  native: 0,
  chain: 1,
  code: 2,
  process: 3,
} as const;
export type ExecutionType = (typeof executionTypes)[keyof typeof executionTypes];

/** The field that each type needs; the other three must be absent. */
const fieldOfType: Readonly<Record<ExecutionType, keyof ConfigSettings>> = {
  0: 'commandName',
  1: 'commandChain',
  2: 'executionCode',
  3: 'processDefinitionId',
};

const typeNames: Readonly<Record<ExecutionType, string>> = {
  0: 'ExecuteNativeCommand',
  1: 'ExecuteCommandChain',
  2: 'ExecuteCode',
  3: 'StartProcess',
};

/** Types that run today; the others are refused when somebody saves them. */
const availableTypes: readonly ExecutionType[] = [executionTypes.native, executionTypes.code];

/** The settings that no list filters by. */
export interface ConfigSettings {
  commandName?: string | undefined;
  commandChain?: unknown[] | undefined;
  executionCode?: string | undefined;
  processDefinitionId?: string | undefined;
  allowableIPs?: string | undefined;
  verification?: StoredVerification | undefined;
  idempotency?: { key: string; windowSeconds: number } | undefined;
  responseMode?: 'sync' | 'async' | undefined;
  timeoutMs?: number | undefined;
  orderingKey?: string | undefined;
  retry?: { maxAttempts: number; initialSeconds: number; factor: number; maxSeconds: number } | undefined;
  rateLimit?: { perSecond: number; burst: number } | undefined;
  maxConcurrency?: number | undefined;
}

export const configId = z.int('must be a whole number from 1').min(1, 'must be a whole number from 1');

export const configKey = z
  .string()
  .min(1)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'must be 1 to 128 letters, digits, dots, underscores or hyphens, the first a letter or digit',
  );

const EXECUTION_CODE_LENGTH_MAX = 262_144;
/** 30 days. */
const SECONDS_MAX = 2_592_000;
const expression = z
  .string()
  .min(2)
  .max(16_384)
  .startsWith('=', 'must be a FEEL expression that starts with =');

/** The fields that create and update share; each optional one of contract §4 that is missing here is not available yet. */
export const configFields = {
  description: z.string().min(1).max(2000),
  isEnabled: z.boolean(),
  path: z.string().min(1),
  action: z.enum(actions),
  executionType: z.literal([0, 1, 2, 3]),
  commandName: z.string().max(200).optional(),
  commandChain: z.array(z.unknown()).max(50).optional(),
  executionCode: z.string().max(EXECUTION_CODE_LENGTH_MAX).optional(),
  processDefinitionId: z.string().max(200).optional(),
  allowableIPs: z.string().max(10_000).optional(),
  verification: verificationFields.optional(),
  idempotency: z
    .strictObject({ key: expression, windowSeconds: z.int().min(1).max(SECONDS_MAX).default(86_400) })
    .optional(),
  responseMode: z.enum(['sync', 'async']).optional(),
  timeoutMs: z.int().min(1).max(60_000).optional(),
  orderingKey: expression.optional(),
  retry: z
    .strictObject({
      maxAttempts: z.int().min(1).max(100).default(5),
      initialSeconds: z.number().min(0).max(SECONDS_MAX).default(5),
      factor: z.number().min(1).max(100).default(3),
      maxSeconds: z.number().min(0).max(SECONDS_MAX).default(3600),
    })
    .optional(),
  rateLimit: z
    .strictObject({ perSecond: z.number().min(0.001).max(1_000_000), burst: z.int().min(1).max(1_000_000) })
    .optional(),
  maxConcurrency: z.int().min(1).max(10_000).optional(),
};

export type ConfigFields = z.output<z.ZodObject<typeof configFields>>;

const fieldsToCome = ['inputMapping', 'activationCondition', 'bodySchema', 'responseExpression'] as const;

/** Sentences for the fields that a later release takes: refusing them is safer than saving what is not enforced. */
export const refusedConfigFields: Readonly<Record<string, string>> = Object.fromEntries(
  fieldsToCome.map((name) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)} is not available yet`]),
);

/** The rules between the fields; `key` is the saved one where an update does not send it. */
export function configFaults(fields: ConfigFields, key: string): { field: string; fault: string }[] {
  const faults: { field: string; fault: string }[] = [];
  const pathIsBad = pathFault(fields.path, key);
  if (pathIsBad !== null) faults.push({ field: 'path', fault: pathIsBad });
  faults.push(...typeFaults(fields), ...addressFaults(fields.allowableIPs), ...modeFaults(fields));
  return faults;
}

function typeFaults(fields: ConfigFields): { field: string; fault: string }[] {
  const { executionType: type } = fields;
  if (!availableTypes.includes(type)) {
    return [{ field: 'executionType', fault: `${type} (${typeNames[type]}) is not available yet` }];
  }
  const needed = fieldOfType[type];
  const faults: { field: string; fault: string }[] = [];
  if (!fields[needed]) faults.push({ field: needed, fault: 'is required' });
  for (const other of Object.values(fieldOfType)) {
    if (other !== needed && fields[other] !== undefined && fields[other] !== '') {
      faults.push({ field: other, fault: `is not for ExecutionType ${type} (${typeNames[type]})` });
    }
  }
  return faults;
}

/** What only an asynchronous run has a use for, or only a synchronous one. */
function modeFaults(fields: ConfigFields): { field: string; fault: string }[] {
  const others =
    fields.responseMode === 'async' ? (['timeoutMs'] as const) : (['orderingKey', 'retry'] as const);
  const mode = fields.responseMode === 'async' ? 'sync' : 'async';
  return others
    .filter((field) => fields[field] !== undefined)
    .map((field) => ({ field, fault: `is for responseMode ${mode} only` }));
}

function addressFaults(allowableIPs: string | undefined): { field: string; fault: string }[] {
  const parsed = parseAddressRules(allowableIPs ?? '');
  return 'errors' in parsed
    ? parsed.errors.map((fault) => ({ field: 'allowableIPs', fault: `are not readable: ${fault}` }))
    : [];
}
