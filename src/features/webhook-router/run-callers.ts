import { Injectable } from '@nestjs/common';
import { actingIn, type Caller, jointCaller } from '../../bus/index.ts';
import { Callers } from '../access/index.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Who acts in a run: its configuration's last saver, and with him whoever had a say in what it does. */
@Injectable()
export class RunCallers {
  constructor(private readonly callers: Callers) {}

  /** With the permissions of this moment: asked before each call. @throws AppError 503 when one of them may not act any more. */
  of(run: WebHookRun): Caller {
    const { ownerId, accountId } = run.admitted.route.config;
    let acting = this.find(ownerId, accountId);
    for (const id of run.coAuthors) {
      const coAuthor = this.find(id, accountId);
      acting = acting && coAuthor && jointCaller(acting, coAuthor);
    }
    if (!acting) throw ownerDisabled();
    return acting;
  }

  private find(id: string, accountId: string): Caller | null {
    const caller = this.callers.find(id);
    return caller && actingIn(caller, accountId);
  }
}
