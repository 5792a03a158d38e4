import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { type ExecutionType, executionTypes } from '../webhook-configs/index.ts';
import type { RequestBody } from './request-body.ts';
import { RunChain } from './run-chain.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs the configurations of one type. */
interface Work {
  run(run: WebHookRun, body: RequestBody, caller: Caller): Promise<RunEnd>;
}

/** What runs a configuration: its type says it. */
@Injectable()
export class ChooseWork {
  private readonly works: Readonly<Partial<Record<ExecutionType, Work>>>;

  constructor(native: RunNativeCommand, chain: RunChain, script: RunScript) {
    this.works = {
      [executionTypes.native]: native,
      [executionTypes.chain]: chain,
      [executionTypes.code]: script,
    };
  }

  of(executionType: ExecutionType): Work {
    // Configurations of another type cannot be saved.
    return this.works[executionType]!;
  }
}
