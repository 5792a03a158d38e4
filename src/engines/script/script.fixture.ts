/** What the engine's specs share: a request with every default, and the process table. */
import { readFileSync } from 'node:fs';
import type { ScriptLimits, ScriptRequest } from './script-run.ts';

const LIMITS: ScriptLimits = {
  runningMs: 1000,
  totalMs: 20_000,
  memoryMb: 64,
  callsMax: 50,
  logBytesMax: 65_536,
  resultBytesMax: 1_048_576,
};

/** A request for `source`; each source is a program of its own. */
export function scriptRequest(
  source: string,
  changes: Partial<Omit<ScriptRequest, 'limits'>> & { limits?: Partial<ScriptLimits> } = {},
): ScriptRequest {
  const { limits, ...rest } = changes;
  return {
    programId: source,
    ownerId: 'owner',
    source,
    metaJson: '{"method":"POST","path":"/p","params":{},"query":{},"headers":{},"ip":"10.0.0.1"}',
    body: Buffer.from('{"id":"evt_1","items":[{"price":2,"count":3},{"price":5,"count":1}]}'),
    bodyKind: 'json',
    call: async (name, inputJson) =>
      JSON.stringify({
        success: true,
        data: { name, input: JSON.parse(inputJson) as unknown },
        message: 'Done',
      }),
    ...rest,
    limits: { ...LIMITS, ...limits },
  };
}

/** Process ids of this process's children. */
export function childPids(): number[] {
  const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
