import { Injectable } from '@nestjs/common';
import { type Caller, jointCaller } from '../../bus/index.ts';
import { Callers } from '../access/index.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Who acts in a run: its configuration's last saver, and with him whoever had a say in what it does. */
@Injectable()
export class RunCallers {
  constructor(private readonly callers: Callers) {}

  /** With the permissions of this moment: asked before each call. @throws AppError 503 when one of them may not act any more. */
  of(run: WebHookRun): Caller {
    let acting = this.callers.find(run.admitted.route.config.ownerId);
    for (const id of run.coAuthors) {
      const coAuthor = this.callers.find(id);
      acting = acting && coAuthor && jointCaller(acting, coAuthor);
    }
    if (!acting) throw ownerDisabled();
    return acting;
  }
}
