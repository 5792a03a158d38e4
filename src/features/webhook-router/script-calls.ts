import { Injectable } from '@nestjs/common';
import { Dispatcher, type Envelope, failureEnvelope } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { nestsDeeperThan } from '../../platform/json-guard.rules.ts';
import { parseJson } from '../../platform/json-text.ts';
import { asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { Callers } from '../access/index.ts';
import { ExecutionRecorder } from '../executions/index.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What of a step's input and output is kept. */
const STEP_JSON_LENGTH_MAX = 65_536;
/** As at the command endpoint. */
const INPUT_DEPTH_MAX = 64;
const tooDeep = JSON.stringify({
  success: false,
  data: null,
  message: 'Validation failed',
  errors: [`The data nests deeper than ${INPUT_DEPTH_MAX} levels`],
  code: 'bus.validation-failed',
});

/** The commands that scripts call: they run as the configuration's caller, each a step of the execution. */
@Injectable()
export class ScriptCalls {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly recorder: ExecutionRecorder,
    private readonly callers: Callers,
    private readonly clock: Clock,
  ) {}

  /** One `doCmd`: whatever happens, the script gets an envelope. */
  async call(run: WebHookRun, type: string, inputJson: string): Promise<string> {
    reach('during-run');
    const startedAt = this.clock.now();
    const began = performance.now();
    if (nestsDeeperThan(Buffer.from(inputJson), INPUT_DEPTH_MAX)) return tooDeep;
    const input = parseJson(inputJson) as Record<string, unknown>;
    const envelope = await this.dispatch(run, type, input);
    const json = JSON.stringify(envelope);
    run.addStep({
      name: type,
      input: kept(input, inputJson),
      output: kept(envelope, json),
      startedAtMs: startedAt,
      durationMs: performance.now() - began,
    });
    return json;
  }

  private async dispatch(run: WebHookRun, type: string, input: Record<string, unknown>): Promise<Envelope> {
    try {
      // Looked up for each call: a permission that is taken away holds at once.
      const caller = this.callers.find(run.admitted.route.config.ownerId);
      if (!caller) throw ownerDisabled();
      const { envelope } = await this.dispatcher.dispatch({
        type,
        input,
        caller,
        origin: { executionId: run.id, credentials: run.credentials },
        beforeEffects: async () => {
          if (run.isOnRecord) return;
          await this.recorder.recordReceived(run.received());
          run.isOnRecord = true;
          reach('received.committed');
        },
      });
      return envelope;
    } catch (thrown) {
      return failureEnvelope(asAppError(thrown));
    }
  }
}

function kept(value: unknown, json: string): unknown {
  return json.length <= STEP_JSON_LENGTH_MAX ? value : `${json.slice(0, 1000)}… (${json.length} characters)`;
}
