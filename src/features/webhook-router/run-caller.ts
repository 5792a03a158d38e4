import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { Callers } from '../access/index.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** As whom a run acts: who saved its configuration last, with the permissions of this moment. */
@Injectable()
export class RunCaller {
  constructor(private readonly callers: Callers) {}

  /** @throws AppError 503 when nobody may act for it. */
  of(run: WebHookRun): Caller {
    const caller = this.callers.find(run.admitted.route.config.ownerId);
    if (!caller) throw ownerDisabled();
    return caller;
  }
}
