import { describe, expect, it } from 'vitest';
import type { RecordedCall } from '../executions/index.ts';
import type { CallChainCommand, ChainRun } from './call-chain-command.ts';
import type { ChainJournal } from './chain-journal.ts';
import type { ChainStep } from './command-chain.ts';
import type { CompensateChain } from './compensate-chain.ts';
import type { RequestBody } from './request-body.ts';
import { RunChain } from './run-chain.ts';
import type { ScriptLimitDefaults } from './script-limit-defaults.ts';
import type { WebHookRun } from './webhook-run.ts';

const step = (name: string) => ({
  name,
  commandName: 'Do',
  goesOnAnyway: false,
  compensation: null,
});

/** A run of two steps that began so long ago, of which the first may be on record. */
function runSince(ms: number, isAsync: boolean, recordedCalls: Partial<RecordedCall>[] = []): WebHookRun {
  const route = { chain: { steps: [step('a'), step('b')] }, isAsync, config: { settings: {} } };
  return {
    admitted: { route },
    begunAt: performance.now() - ms,
    attempt: 1,
    calls: [],
    recordedCalls,
    divergedAt: null,
    addStep: () => undefined,
    end: () => ({ finishedAt: 0, durationMs: 0 }),
  } as unknown as WebHookRun;
}

/** A chain whose commands all succeed; it notes those that it calls. */
function chainInto(called: string[]): RunChain {
  const command = {
    call: ({ run }: ChainRun, { name }: ChainStep) => {
      called.push(name);
      run.calls.push({} as RecordedCall);
      const envelope = { success: true, data: name, message: 'Done' };
      return Promise.resolve({ envelope, failure: null, durationMs: 1 });
    },
  } as unknown as CallChainCommand;
  const limits = { totalMs: 60_000 } as ScriptLimitDefaults;
  return new RunChain(command, {} as CompensateChain, {} as ChainJournal, limits);
}

describe('a chain', () => {
  it.each([
    [false, 50_000, null],
    [false, 60_001, 'The chain took longer than 60 s in all'],
    [true, 60_001, null],
    [true, 900_001, 'The chain took longer than 900 s in all'],
  ])('may take its time in all (asynchronous: %j), %i ms: %s', async (isAsync, ms, sentence) => {
    const called: string[] = [];
    const end = await chainInto(called).run(runSince(ms, isAsync), {} as RequestBody);
    expect(called).toEqual(sentence === null ? ['a', 'b'] : []);
    expect(end.failure?.details[0] ?? null).toBe(sentence);
    if (sentence !== null) {
      expect(end.answer.status).toBe(504);
      expect(end.failure?.code).toBe('chain.limit-total-time');
    }
  });

  it('takes what is on record however late it is', async () => {
    const called: string[] = [];
    const run = runSince(60_001, false, [{ inputJson: '{}', inputHash: 'x' }]);
    const end = await chainInto(called).run(run, {} as RequestBody);
    expect(called).toEqual(['a']);
    expect(end.failure?.code).toBe('chain.limit-total-time');
  });
});
