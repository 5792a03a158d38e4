import { z } from 'zod';
import { bpmRequest, type Caller, Handles } from '../../bus/index.ts';
import { RecordedExecutions, type RecordedExecution } from '../executions/index.ts';
import { AppError } from '../../platform/errors.ts';
import {
  configFields,
  configId,
  configKey,
  configNotFound,
  draftNotFound,
  WebHookConfigDirectory,
} from '../webhook-configs/index.ts';
import { configGone, executionUnknown, fieldsInvalid, permissionMissingFor } from './replay.errors.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import { requestOfSample, sampleRequest } from './sample-request.ts';
import { TryWebHook } from './try-webhook.ts';
import type { WebHookRoute } from './webhook-route.ts';

/**
 * Says what would happen if a configuration were called: one that is sent along, a saved one, or its draft, with a sample
 * request or a recorded one. Queries run, commands are simulated unless `allowEffects` is set. Leaves no execution.
 */
export class TestWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  // What it runs, and the secrets it runs with, are those of whoever may save it.
  permission: 'webhooks:write',
  input: z.strictObject({
    config: z.strictObject({ key: configKey, ...configFields }).optional(),
    key: z.string().max(200).optional(),
    configId: configId.optional(),
    against: z.literal('draft').optional(),
    request: sampleRequest.optional(),
    executionId: z.string().max(100).optional(),
    allowEffects: z.boolean().default(false),
  }),
  unauditedFields: ['request'],
  success: 'Webhook configuration tested successfully',
  example: { key: 'order-paid', request: { headers: { 'X-Shop': 'north' }, body: { items: [] } } },
  failure: 'Test failed',
}) {}

type Input = TestWebHookConfigCommand['input'];

@Handles(TestWebHookConfigCommand)
export class TestWebHookConfigHandler {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly executions: RecordedExecutions,
    private readonly routes: RoutesOfRuns,
    private readonly trials: TryWebHook,
  ) {}

  async execute({ input, caller, origin }: TestWebHookConfigCommand) {
    // Each would hold a script's worker and wait for the next.
    if (origin.executionId !== undefined || origin.nesting !== undefined) throw testInRun();
    checkFields(input, caller);
    const execution = await this.executionOf(input, caller);
    const route = await this.routeOf(input, execution, caller);
    const request = execution?.payload.request ?? requestOfSample(input.request ?? {}, route.config);
    const bodyBy = execution?.payload.terms?.bodyBy;
    return await this.trials.try(route, request, {
      coAuthors: bodyBy ? [caller.id, bodyBy] : [caller.id],
      isSimulated: !input.allowEffects,
    });
  }

  private async executionOf(
    { executionId: id }: Input,
    { accountId }: Caller,
  ): Promise<RecordedExecution | null> {
    if (id === undefined) return null;
    const execution = await this.executions.find({ accountId, id });
    if (!execution?.payload.request) throw executionUnknown();
    return execution;
  }

  private async routeOf(
    input: Input,
    execution: RecordedExecution | null,
    caller: Caller,
  ): Promise<WebHookRoute> {
    if (input.config) {
      const { key, ...fields } = input.config;
      return await this.routes.ofFields(key, fields, caller);
    }
    const id = this.savedId(input, execution, caller);
    const route = input.against ? await this.routes.draft(id) : this.routes.current(id);
    if (!route) throw draftNotFound();
    return route;
  }

  private savedId(
    { key, configId }: Input,
    execution: RecordedExecution | null,
    { accountId }: Caller,
  ): number {
    const id = configId ?? (key === undefined ? execution?.head.configId : this.directory.findByKey(key)?.id);
    const config = id === undefined ? undefined : this.directory.findById(id);
    if (config?.accountId === accountId) return config.id;
    throw key === undefined && configId === undefined ? configGone() : configNotFound();
  }
}

function checkFields(input: Input, { permissions }: Caller): void {
  const { config, key, configId: id, against, request, executionId, allowEffects } = input;
  if (allowEffects && !permissions.has('executions:replay'))
    throw permissionMissingFor('executions:replay', 'allowEffects');
  if (executionId !== undefined && !permissions.has('executions:read'))
    throw permissionMissingFor('executions:read', 'executionId');
  const named = [config, key, id].filter((value) => value !== undefined).length;
  if (named > 1) throw fieldsInvalid('Only one of config, key and configId can be given');
  if (named === 0 && executionId === undefined)
    throw fieldsInvalid('One of config, key, configId and executionId is required');
  if (config && against) throw fieldsInvalid('Config and Against cannot both be given');
  if (request && executionId !== undefined)
    throw fieldsInvalid('Request and ExecutionId cannot both be given');
  if (request?.body !== undefined && request.bodyBase64 !== undefined)
    throw fieldsInvalid('Request.body and Request.bodyBase64 cannot both be given');
}

function testInRun(): AppError {
  return new AppError({
    code: 'webhook.test-in-run',
    kind: 'conflict',
    details: [
      'A configuration can be tested by a caller himself only, not by a webhook or a defined command',
    ],
  });
}
