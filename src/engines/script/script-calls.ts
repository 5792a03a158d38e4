/** Hands a script's `doCmd` to its owner. */
import type { CallOrder } from './frames-run.ts';
import type { ScriptRequest, TimedEnvelope } from './script-run.ts';

const CALL_FAILED = JSON.stringify({
  success: false,
  data: null,
  message: 'Something went wrong',
  errors: ['The command could not be called'],
  code: 'server.surprise',
});

/** The envelope's JSON text; a `call` that breaks its promise and rejects becomes a failure without detail. */
export async function answerCall(request: ScriptRequest, call: CallOrder): Promise<string> {
  try {
    const answer: unknown = await request.call(call.name, call.inputJson);
    if (!request.pinned) return typeof answer === 'string' ? answer : CALL_FAILED;
    const { recordedAt, envelopeJson } = answer as TimedEnvelope;
    return `${recordedAt}\n${envelopeJson}`;
  } catch {
    return request.pinned ? `0\n${CALL_FAILED}` : CALL_FAILED;
  }
}
