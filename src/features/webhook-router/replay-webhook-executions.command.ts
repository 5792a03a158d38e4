import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import {
  type ExecutionEntity,
  executionFilterFields,
  ExecutionFinder,
  RecordedExecutions,
} from '../executions/index.ts';
import { depthAfter, type ReadyReplay, ReplayRuns, type ReplayRequest } from './replay-runs.ts';
import { fieldsInvalid, replayObjection } from './replay.errors.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import type { WebHookRoute } from './webhook-route.ts';

/** Their requests are in memory at the same time, and go on record in one commit. */
const TOGETHER_MAX = 50;

/**
 * Runs the requests of many executions once more, the oldest first, each with its configuration as it is now. It leaves out
 * those that are replays themselves or cannot be repeated; `cursor` is the `nextCursor` of the answer before.
 */
export class ReplayWebHookExecutionsCommand extends bpmRequest({
  kind: 'command',
  permission: 'executions:replay',
  // It commits as it goes.
  effects: 'outside',
  input: z.strictObject({
    ...executionFilterFields,
    limit: z.int().min(1).max(1000).default(100),
    cursor: z
      .string()
      .max(100)
      .regex(/^exe_[0-9a-f-]+$/, 'must be the nextCursor of the answer before')
      .optional(),
  }),
  success: 'Webhook execution replays accepted',
  example: { key: 'order-paid', status: 'dead', from: '2026-01-31T00:00:00Z', limit: 500 },
  failure: 'Replay failed',
}) {}

@Handles(ReplayWebHookExecutionsCommand)
export class ReplayWebHookExecutionsHandler {
  constructor(
    private readonly finder: ExecutionFinder,
    private readonly executions: RecordedExecutions,
    private readonly routes: RoutesOfRuns,
    private readonly replays: ReplayRuns,
  ) {}

  async execute({ input, caller, origin }: ReplayWebHookExecutionsCommand) {
    const { limit, cursor, ...filter } = input;
    if (Object.values(filter).every((value) => value === undefined))
      throw fieldsInvalid('One of key, configId, status, from, to and search is required');
    const { rows, nextCursor } = await this.finder.page({
      accountId: caller.accountId,
      filter,
      cursor,
      size: limit,
      isOldestFirst: true,
    });
    const routes = new Map<number, WebHookRoute | null>();
    const executionIds: string[] = [];
    for (let at = 0; at < rows.length; at += TOGETHER_MAX) {
      const ready = await this.ready(rows.slice(at, at + TOGETHER_MAX), routes, { caller, origin });
      await Promise.all(ready.map((replay) => this.replays.accept(replay)));
      executionIds.push(...ready.map(({ run }) => run.id));
    }
    const accepted = executionIds.length;
    return { accepted, skipped: rows.length - accepted, executionIds, nextCursor };
  }

  /** In order: those that run one after the other do so in the order of their ids. */
  private async ready(
    heads: readonly ExecutionEntity[],
    routes: Map<number, WebHookRoute | null>,
    { caller: { id: startedBy }, origin }: ReplayRequest,
  ): Promise<ReadyReplay[]> {
    const ready: ReadyReplay[] = [];
    for (const head of heads) {
      const { configId, replayOf } = head;
      // What it repeats is among them as well, or was left out on purpose.
      if (replayOf !== null) continue;
      if (!routes.has(configId)) routes.set(configId, this.routes.current(configId));
      const route = routes.get(configId);
      if (!route) continue;
      const execution = await this.executions.open(head);
      if (replayObjection(execution)) continue;
      const replayed = { original: head, request: execution.payload.request! };
      ready.push(
        await this.replays.ready(replayed, route, {
          startedBy,
          depth: depthAfter(origin),
          runs: 'saved',
          bodyBy: null,
        }),
      );
    }
    return ready;
  }
}
