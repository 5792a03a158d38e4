import { Injectable } from '@nestjs/common';
import type { TableRow, Tx } from '../../platform/db/index.ts';
import type { NewJob } from '../../platform/queue/index.ts';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { AcceptWebHook } from './accept-webhook.ts';
import { jobOf } from './defer-run.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { calledNow } from './incoming-call.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import { WebHookRun } from './webhook-run.ts';

/** What the house has received itself and passes on to a configuration. */
export interface HouseCall {
  /** Whose it is. */
  key: string;
  accountId: string;
  /** JSON. */
  body: Buffer;
  /** Where it came from. */
  ip: string | null;
  receivedAt: number;
}

/** A call that can be accepted. */
export interface ReadyHouseCall {
  run: WebHookRun;
  job: NewJob;
}

/** Calls of configurations whose addresses the house answers itself: run by the queue as accepted calls are. */
@Injectable()
export class CallsOfHouse {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly routes: RoutesOfRuns,
    private readonly evaluation: EvaluateCall,
    private readonly acceptance: AcceptWebHook,
  ) {}

  /** Null: no configuration of that key and account is enabled. */
  async ready({ key, accountId, body, ip, receivedAt }: HouseCall): Promise<ReadyHouseCall | null> {
    const config = this.directory.findByKey(key);
    if (!config?.isEnabled || config.accountId !== accountId) return null;
    const route = await this.routes.ofVersion(config.id, config.version);
    if (!route) return null;
    const meta = {
      method: config.action,
      path: `/api${config.path}`,
      params: {},
      query: {},
      headers: { 'content-type': 'application/json' },
      ip: ip ?? 'unknown',
    };
    const admitted = calledNow({ meta, rawQuery: null }, { route, prefix: 'exe', receivedAt });
    const run = new WebHookRun(admitted, meta, JSON.stringify(meta), body);
    run.isDurable = true;
    run.recordsCalls = true;
    return { run, job: jobOf(run, await this.groupOf(run), receivedAt) };
  }

  /** True: its calls run in order, and an expression has to say in which before one is ready. */
  areOrdered(key: string | null): boolean {
    return key !== null && this.directory.findByKey(key)?.settings.orderingKey !== undefined;
  }

  /** Stores the call and its job with what brings it about, all or nothing. */
  async accept({ run, job }: ReadyHouseCall, rows: readonly TableRow[]): Promise<void> {
    await this.acceptance.store(run, job, rows);
  }

  /** The same as a part of a transaction. */
  async acceptIn(tx: Tx, { run, job }: ReadyHouseCall): Promise<void> {
    await this.acceptance.storeIn(tx, run, job);
  }

  private async groupOf(run: WebHookRun): Promise<string | null> {
    if (run.admitted.route.config.settings.orderingKey === undefined) return null;
    return await this.evaluation.orderingKey(run, { kind: 'json', bytes: run.body, received: null });
  }
}
