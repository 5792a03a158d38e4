import { z } from 'zod';

/** 30 days. */
const SECONDS_MAX = 2_592_000;
const EXPRESSION_LENGTH_MAX = 16_384;
const BODY_SCHEMA_LENGTH_MAX = 65_536;

const expression = z.string().max(EXPRESSION_LENGTH_MAX);

/** The optional fields that say how calls are admitted, mapped, counted, run and answered (contract §4). */
export const runSettingsFields = {
  inputMapping: expression.optional(),
  activationCondition: expression.optional(),
  bodySchema: z.record(z.string(), z.unknown()).optional(),
  responseExpression: expression.optional(),
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

export type RunSettings = z.output<z.ZodObject<typeof runSettingsFields>>;

/** One field that is not what it has to be. */
export interface FieldFault {
  field: string;
  fault: string;
}

/** An expression, and what it may name: `request` is the invocation, `result` what the work gave. */
export interface NamedExpression {
  field: string;
  text: string;
  variables: readonly string[];
}

export function expressionsOf(settings: RunSettings): NamedExpression[] {
  const ofRequest = ['request'];
  const all = [
    { field: 'inputMapping', text: settings.inputMapping, variables: ofRequest },
    { field: 'activationCondition', text: settings.activationCondition, variables: ofRequest },
    { field: 'responseExpression', text: settings.responseExpression, variables: ['request', 'result'] },
    { field: 'idempotency.key', text: settings.idempotency?.key, variables: ofRequest },
    { field: 'orderingKey', text: settings.orderingKey, variables: ofRequest },
  ];
  return all.flatMap(({ text, ...rest }) => (text === undefined ? [] : [{ text, ...rest }]));
}

/** @param isNeverAwaited true where the house answers at its address, whatever its responseMode says. */
export function runSettingsFaults(settings: RunSettings, isNeverAwaited: boolean): FieldFault[] {
  return [...modeFaults(settings, isNeverAwaited), ...schemaSizeFaults(settings)];
}

/** What only an asynchronous run has a use for, or only a synchronous one. */
function modeFaults(settings: RunSettings, isNeverAwaited: boolean): FieldFault[] {
  const isAsync = isNeverAwaited || settings.responseMode === 'async';
  const others = isAsync ? (['timeoutMs'] as const) : (['orderingKey', 'retry'] as const);
  return others
    .filter((field) => settings[field] !== undefined)
    .map((field) => ({ field, fault: `is for responseMode ${isAsync ? 'sync' : 'async'} only` }));
}

function schemaSizeFaults({ bodySchema }: RunSettings): FieldFault[] {
  if (bodySchema === undefined || JSON.stringify(bodySchema).length <= BODY_SCHEMA_LENGTH_MAX) return [];
  return [
    { field: 'bodySchema', fault: `must be at most ${BODY_SCHEMA_LENGTH_MAX} characters long as JSON` },
  ];
}
