import type {
  ExecutionOutcome,
  ExecutionRecorder,
  ReceivedExecution,
} from '../../src/features/executions/index.ts';
import { newId } from '../../src/platform/ids.ts';

/** How a call ended well. */
export const ended: Omit<ExecutionOutcome, 'finishedAt'> = {
  status: 'succeeded',
  code: null,
  answerStatus: 200,
  durationMs: 1,
  steps: null,
  logs: null,
  errors: null,
  answerHeaders: null,
  answerBody: '{"done":true}',
  exactAnswer: null,
  attempts: null,
};

/** A call as it came in, with a body of its own. */
export function received(fields: Partial<ReceivedExecution> = {}, body?: string): ReceivedExecution {
  const id = newId('exe');
  return {
    id,
    accountId: 'default',
    configId: 1,
    configVersion: 1,
    key: 'k',
    method: 'POST',
    path: '/p',
    ip: '::1',
    receivedAt: Date.now(),
    attempt: 1,
    idempotencyKey: null,
    replayOf: null,
    isDurable: false,
    request: {
      metaJson: '{"headers":{},"query":{}}',
      body: Buffer.from(body ?? `body of ${id}`),
      credentials: [],
      rawQuery: null,
      terms: null,
      verdict: null,
    },
    ...fields,
  };
}

/** Puts its end on record, by itself. */
export function recordEnd(
  recorder: ExecutionRecorder,
  execution: ReceivedExecution,
  outcome: Partial<ExecutionOutcome> = {},
): Promise<void> {
  return recorder.append(recorder.endRows(execution, { ...ended, finishedAt: Date.now(), ...outcome }));
}
