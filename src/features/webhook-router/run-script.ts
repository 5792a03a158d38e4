import { Injectable } from '@nestjs/common';
import {
  scriptFailure,
  type ScriptOutcome,
  ScriptPool,
  type ScriptRequest,
} from '../../engines/script/index.ts';
import { currentTracer } from '../../platform/telemetry/tracing.ts';
import type { RequestBody } from './request-body.ts';
import { RunCalls } from './run-calls.ts';
import { scriptSpan } from './run-span.ts';
import { RunSurroundings } from './run-surroundings.ts';
import { ASYNC_TOTAL_MS, ScriptLimitDefaults } from './script-limit-defaults.ts';
import { failureAnswer, respondedAnswer, successAnswer } from './webhook-answer.ts';
import { diverged } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a configuration of type 2: its script in the sandbox, its commands as the configuration's caller. */
@Injectable()
export class RunScript {
  constructor(
    private readonly scripts: ScriptPool,
    private readonly calls: RunCalls,
    private readonly limits: ScriptLimitDefaults,
    private readonly surroundings: RunSurroundings,
  ) {}

  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    const { route } = run.admitted;
    const surroundings = await this.surroundings.of(run);
    const { verdict, logs, logsTruncated } = await this.execute(run, {
      programId: route.programId,
      ownerId: String(route.config.id),
      source: route.config.settings.executionCode ?? '',
      metaJson: run.metaJson,
      body: body.bytes,
      bodyKind: body.kind,
      ...(body.received && { rawBody: body.received }),
      limits: route.isAsync && !run.trial ? { ...this.limits, totalMs: ASYNC_TOTAL_MS } : this.limits,
      call: async (commandName, inputJson) => {
        const call = this.calls.call(run, commandName, inputJson);
        run.callAtHand = call.catch(() => undefined);
        const answer = await call;
        return surroundings.pinned ? answer : answer.envelopeJson;
      },
      ...surroundings,
    });
    // A script that was stopped waited for a command: its effect is on record before the run goes on without it.
    if (run.recordsCalls) await run.callAtHand;
    run.logs = logsTruncated
      ? [...logs, { level: 'warn', text: 'The rest was dropped: the log limit is reached' }]
      : logs;
    if (run.divergedAt !== null) {
      const failure = diverged(run.divergedAt);
      return { answer: failureAnswer(failure), failure, isDead: true };
    }
    if (verdict.kind === 'returned')
      return { answer: successAnswer(verdict.json), failure: null, resultJson: verdict.json };
    if (verdict.kind === 'responded') return { answer: respondedAnswer(verdict), failure: null };
    const failure = scriptFailure(verdict)!;
    return { answer: failureAnswer(failure), failure, isRejection: verdict.kind === 'unparsable-body' };
  }

  private execute(run: WebHookRun, request: ScriptRequest): Promise<ScriptOutcome> {
    const tracer = currentTracer();
    if (!tracer) return this.scripts.run(request);
    return tracer.within(scriptSpan(run), async (span) => {
      // Calls come back from another process, and belong to this script all the same.
      const here = tracer.here();
      const call: ScriptRequest['call'] = (...called) => here(() => request.call(...called));
      const outcome = await this.scripts.run({ ...request, call });
      const { verdict } = outcome;
      if (verdict.kind === 'limit') span.fail(verdict.limit);
      else if (verdict.kind !== 'returned' && verdict.kind !== 'responded') span.fail(verdict.kind);
      return outcome;
    });
  }
}
