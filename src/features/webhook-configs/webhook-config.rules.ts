import { z } from 'zod';
import { numberedRow } from '../../bus/index.ts';
import { type CommandChain, commandChainFaults, commandChainField } from './command-chain.rules.ts';
import { type StoredVerification, verificationFields } from '../verification/index.ts';
import { parseAddressRules } from '../../platform/network-addresses.ts';
import {
  type FieldFault,
  type RunSettings,
  runSettingsFaults,
  runSettingsFields,
} from './run-settings.rules.ts';
import { isFixedEndpoint, pathFault } from './webhook-path.rules.ts';

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
const fieldOfType: Readonly<Record<ExecutionType, keyof ConfigSettings & keyof ConfigFields>> = {
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
const availableTypes: readonly ExecutionType[] = [
  executionTypes.native,
  executionTypes.chain,
  executionTypes.code,
];

/** The settings that no list filters by. */
export interface ConfigSettings extends RunSettings {
  commandName?: string | undefined;
  commandChain?: CommandChain | undefined;
  executionCode?: string | undefined;
  processDefinitionId?: string | undefined;
  allowableIPs?: string | undefined;
  verification?: StoredVerification | undefined;
}

export const configId = numberedRow('must be a whole number from 1');

export const configKey = z
  .string()
  .min(1)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'must be 1 to 128 letters, digits, dots, underscores or hyphens, the first a letter or digit',
  );

const EXECUTION_CODE_LENGTH_MAX = 262_144;

/** The fields that create and update share. */
export const configFields = {
  description: z.string().min(1).max(2000),
  isEnabled: z.boolean(),
  path: z.string().min(1),
  action: z.enum(actions),
  executionType: z.literal([0, 1, 2, 3]),
  commandName: z.string().max(200).optional(),
  commandChain: commandChainField.optional(),
  executionCode: z.string().max(EXECUTION_CODE_LENGTH_MAX).optional(),
  processDefinitionId: z.string().max(200).optional(),
  allowableIPs: z.string().max(10_000).optional(),
  verification: verificationFields.optional(),
  ...runSettingsFields,
};

export type ConfigFields = z.output<z.ZodObject<typeof configFields>>;

/** The rules between the fields; `key` is the saved one where an update does not send it. */
export function configFaults(fields: ConfigFields, key: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const pathIsBad = pathFault(fields.path, key);
  if (pathIsBad !== null) faults.push({ field: 'path', fault: pathIsBad });
  faults.push(
    ...fixedEndpointFaults(fields, key),
    ...typeFaults(fields),
    ...addressFaults(fields.allowableIPs),
    ...runSettingsFaults(fields, isFixedEndpoint(key)),
    ...commandChainFaults(fields.commandChain ?? []),
  );
  return faults;
}

/** What an address of ours checks by itself, so that a field which asks for it would promise what nobody does. */
const checkedByEndpoint = ['allowableIPs', 'verification', 'idempotency', 'rateLimit'] as const;

function fixedEndpointFaults(fields: ConfigFields, key: string): FieldFault[] {
  if (!isFixedEndpoint(key)) return [];
  return checkedByEndpoint
    .filter((field) => fields[field] !== undefined && fields[field] !== '')
    .map((field) => ({
      field,
      fault: `is not for the key ${key}: its endpoint checks what arrives, and counts it once`,
    }));
}

function typeFaults(fields: ConfigFields): FieldFault[] {
  const { executionType: type } = fields;
  if (!availableTypes.includes(type)) {
    return [{ field: 'executionType', fault: `${type} (${typeNames[type]}) is not available yet` }];
  }
  const needed = fieldOfType[type];
  const faults: FieldFault[] = [];
  if (!fields[needed]) faults.push({ field: needed, fault: 'is required' });
  for (const other of Object.values(fieldOfType)) {
    if (other !== needed && fields[other] !== undefined && fields[other] !== '') {
      faults.push({ field: other, fault: notFor(type) });
    }
  }
  if (fields.inputMapping && type === executionTypes.code) {
    faults.push({ field: 'inputMapping', fault: notFor(type) });
  }
  return faults;
}

function notFor(type: ExecutionType): string {
  return `is not for ExecutionType ${type} (${typeNames[type]})`;
}

function addressFaults(allowableIPs: string | undefined): FieldFault[] {
  const parsed = parseAddressRules(allowableIPs ?? '');
  return 'errors' in parsed
    ? parsed.errors.map((fault) => ({ field: 'allowableIPs', fault: `are not readable: ${fault}` }))
    : [];
}
