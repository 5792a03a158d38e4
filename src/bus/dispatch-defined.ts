import { Injectable } from '@nestjs/common';
import { asAppError } from '../platform/errors.ts';
import { DEPTH_MAX, loopDetected } from '../platform/work-depth.ts';
import { CommandAudit } from './command-audit.ts';
import { type DefinedCommand, DefinedCommands, type DefinedOrder } from './defined-commands.ts';
import {
  type Dispatched,
  permissionMissing,
  refused,
  simulated,
  succeeded,
  unknownCommand,
  validationFailed,
} from './dispatched.ts';
import type { Order } from './dispatcher.ts';

/** Definitions that stand in one another at most: while one waits for the next, its script holds a process. */
export const NESTING_MAX = 8;

/** Stands in the audit log for an input that it leaves out. */
const UNAUDITED = { _: '[it is with the execution]' };

/** The same door for what was defined at run time: find → authorize → validate → run → audit. */
@Injectable()
export class DispatchDefined {
  constructor(
    private readonly defined: DefinedCommands,
    private readonly audit: CommandAudit,
  ) {}

  find(type: string, accountId: string): DefinedCommand | undefined {
    return this.defined.find(type, accountId);
  }

  async dispatch(order: Order, dispatch: DefinedOrder['dispatch']): Promise<Dispatched> {
    const command = this.find(order.type, order.caller.accountId);
    if (!command) return refused(unknownCommand(order.type));
    const { caller, origin, input } = order;
    // Of a run the execution has it, encrypted and for as long as executions are kept.
    const audited = origin.executionId === undefined ? input : UNAUDITED;
    const entry = { command: command.name, caller, origin, input: audited };
    try {
      const missing = command.permissions.find((permission) => !caller.permissions.has(permission));
      if (missing) throw permissionMissing(missing);
      const faults = await command.faults(input);
      if (faults.length > 0) throw validationFailed(faults);
      if (order.isSimulated) return succeeded(simulated);
      refuseLoops(order);
      await order.beforeEffects?.();
      const journal = order.journal?.() ?? null;
      const data = (await command.run({ input, caller, origin, dispatch, journal })) ?? null;
      await this.audit.recordDone({ ...entry, outcome: 'succeeded', trail: {} });
      return succeeded({ success: true, data, message: 'Command executed successfully' });
    } catch (thrown) {
      const error = asAppError(thrown);
      if (!order.isSimulated) await this.audit.recordFailure(entry, error);
      return refused(error, 'Command failed');
    }
  }
}

function refuseLoops({ origin: { depth = 0, nesting = 0 } }: Order): void {
  if (depth > DEPTH_MAX) throw loopDetected();
  if (nesting <= NESTING_MAX) return;
  throw loopDetected(
    `The command was reached through more than ${NESTING_MAX} definitions that call one another`,
  );
}
