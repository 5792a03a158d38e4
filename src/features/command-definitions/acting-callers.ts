import { Injectable } from '@nestjs/common';
import { actingIn, type Caller, jointCaller } from '../../bus/index.ts';
import { Callers } from '../access/index.ts';
import { actorDisabled } from './command-definition.errors.ts';

/** Who acts in a defined command: its last saver and whoever called it, with what both may at this moment. */
@Injectable()
export class ActingCallers {
  constructor(private readonly callers: Callers) {}

  /** @throws AppError 503 when one of them may not act any more. */
  of(ownerId: string, starter: Caller): Caller {
    const owner = this.callers.find(ownerId);
    // Himself and not his heir: who was deleted goes no further.
    const still = this.callers.present(starter.id);
    const writer = owner && actingIn(owner, starter.accountId);
    const acting = writer && still && jointCaller(writer, lessened(starter, still));
    if (!acting) throw actorDisabled();
    return acting;
  }
}

/** Without what was taken from him since he began; a starter that stands for several may less than he himself may. */
function lessened(starter: Caller, now: Caller): Caller {
  const permissions = new Set(
    [...starter.permissions].filter((permission) => now.permissions.has(permission)),
  );
  return { ...starter, permissions };
}
