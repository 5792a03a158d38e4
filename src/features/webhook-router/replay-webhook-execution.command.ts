import { z } from 'zod';
import { bpmRequest, type Caller, Handles, inTransaction } from '../../bus/index.ts';
import {
  type ExecutionEntity,
  executionNotFound,
  RecordedExecutions,
  type RecordedExecution,
  type ReplayTerms,
} from '../executions/index.ts';
import { configFields, draftNotFound } from '../webhook-configs/index.ts';
import { editedRequest, isBodyEdit } from './edited-request.rules.ts';
import { depthAfter, type ReadyReplay, ReplayRuns, type ReplayRequest } from './replay-runs.ts';
import { configGone, fieldsInvalid, permissionMissingFor, replayObjection } from './replay.errors.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import type { WebHookRoute } from './webhook-route.ts';

/**
 * Runs a recorded request once more as a new execution, which names the old one: as it was or with another body, with the
 * configuration as it is now, its draft, or one that is not saved.
 */
export class ReplayWebHookExecutionCommand extends bpmRequest({
  kind: 'command',
  permission: 'executions:replay',
  input: z.strictObject({
    id: z.string().min(1).max(100),
    body: z.unknown().optional(),
    bodyBase64: z.base64().optional(),
    config: z.strictObject(configFields).optional(),
    against: z.literal('draft').optional(),
  }),
  refusedFields: { 'config.key': 'Config.key cannot be changed: a replay has the key of its execution' },
  // It lies encrypted with the execution.
  unauditedFields: ['body', 'bodyBase64'],
  success: 'Webhook execution replay accepted',
  example: { id: 'exe_01a2007d-3c11-7000-8b52-5d0e8f6a7b90', body: { items: [] } },
  failure: 'Replay failed',
}) {}

type ChosenRoute = [runs: ReplayTerms['runs'], route: WebHookRoute];
type Input = ReplayWebHookExecutionCommand['input'];

@Handles(ReplayWebHookExecutionCommand)
export class ReplayWebHookExecutionHandler {
  constructor(
    private readonly executions: RecordedExecutions,
    private readonly routes: RoutesOfRuns,
    private readonly replays: ReplayRuns,
  ) {}

  async execute({ input, caller, origin }: ReplayWebHookExecutionCommand) {
    checkFields(input, caller);
    const execution = await this.executions.find({ accountId: caller.accountId, id: input.id });
    if (!execution) throw executionNotFound();
    const objection = replayObjection(execution);
    if (objection) throw objection;
    const ready = await this.ready(execution, input, { caller, origin });
    return inTransaction(async (tx, trail) => {
      await this.replays.acceptIn(tx, ready);
      const data = { executionId: ready.run.id, status: 'accepted', replayOf: input.id };
      trail.after = data;
      return data;
    });
  }

  private async ready(
    { head, payload }: RecordedExecution,
    input: Input,
    { caller, origin }: ReplayRequest,
  ): Promise<ReadyReplay> {
    const replayed = { original: head, request: editedRequest(payload.request!, input) };
    const terms = {
      startedBy: caller.id,
      depth: depthAfter(origin),
      bodyBy: isBodyEdit(input) ? caller.id : (payload.terms?.bodyBy ?? null),
    };
    const [runs, route] = await this.routeOf(head, input, caller);
    return await this.replays.ready(replayed, route, { ...terms, runs });
  }

  private async routeOf(
    head: ExecutionEntity,
    { config, against }: Input,
    caller: Caller,
  ): Promise<ChosenRoute> {
    if (config) {
      // Its own place, also where that is free now.
      const { configId: id, configVersion: version } = head;
      return ['unsaved', await this.routes.ofFields(head.key, config, caller, { id, version })];
    }
    const current = this.routes.current(head.configId);
    if (!current) throw configGone();
    if (against === undefined) return ['saved', current];
    const draft = await this.routes.draft(head.configId);
    if (!draft) throw draftNotFound();
    return ['draft', draft];
  }
}

function checkFields({ body, bodyBase64, config, against }: Input, { permissions }: Caller): void {
  const field = config ? 'config' : against && 'against';
  if (field && !permissions.has('webhooks:write')) throw permissionMissingFor('webhooks:write', field);
  if (body !== undefined && bodyBase64 !== undefined)
    throw fieldsInvalid('Body and BodyBase64 cannot both be given');
  if (config && against) throw fieldsInvalid('Config and Against cannot both be given');
}
