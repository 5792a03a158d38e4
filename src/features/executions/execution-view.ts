import { isoTime } from '../../platform/clock.ts';
import type { ExecutionStep } from './execution-recorder.ts';
import type { ExecutionEntity } from './execution.entity.ts';
import type { OpenedPayload } from './execution-payload.rules.ts';
import { parseJson } from '../../platform/json-text.ts';
import { maskedJson } from '../../platform/masking.rules.ts';
import { shownBody } from './shown-body.ts';
import { maskedMeta, type OpenedRequest, type ReplayTerms, takenFields } from './recorded-request.ts';

/** All of an execution but what is large. */
export type SummarizedExecution = Omit<ExecutionEntity, 'payload' | 'processId'>;

/** An execution as lists show it; times are ISO 8601 UTC. */
export function executionSummary(execution: SummarizedExecution) {
  return {
    id: execution.id,
    configId: execution.configId,
    configVersion: execution.configVersion,
    key: execution.key,
    method: execution.method,
    path: execution.path,
    ip: execution.ip,
    status: execution.status,
    code: execution.code,
    answerStatus: execution.answerStatus,
    receivedAt: isoTime(execution.receivedAt),
    finishedAt: execution.finishedAt === null ? null : isoTime(execution.finishedAt),
    durationMs: execution.durationMs,
    attempt: execution.attempt,
    nextAttemptAt: execution.nextAttemptAt === null ? null : isoTime(execution.nextAttemptAt),
    idempotencyKey: execution.idempotencyKey,
    replayOf: execution.replayOf,
  };
}

/** Characters of a body that are shown; what is kept for a replay is whole. */
const SHOWN_LENGTH_MAX = 2_097_152;

/** An execution whole: the request as it came (credentials masked), whether it was proven to come from its sender, its steps, logs and answer; after a purge, no more than its row. */
export async function executionView(execution: ExecutionEntity, payload: OpenedPayload) {
  const { request } = payload;
  return {
    ...executionSummary(execution),
    isPurged: execution.payload === null,
    request: request && (await requestView(request)),
    verification: payload.verdict,
    replay: payload.terms && replayView(payload.terms),
    steps: stepsView(payload.steps, request),
    logs: parsed(payload.logs) ?? [],
    errors: parsed(payload.errors) ?? [],
    attempts: parsed(payload.attempts) ?? [],
    answer: execution.answerStatus === null ? null : answerView(execution.answerStatus, payload),
  };
}

/** Steps as they are shown, of their JSON text. */
export function stepsView(stepsJson: string | null, request: OpenedRequest | null) {
  return ((parsed(stepsJson) ?? []) as ExecutionStep[]).map((step) => stepView(step, request));
}

function replayView({ startedBy, runs, bodyBy }: ReplayTerms) {
  return { startedBy, runs, isBodyEdited: bodyBy !== null };
}

function stepView({ startedAtMs, inputFields, ...step }: ExecutionStep, request: OpenedRequest | null) {
  const { name, ...rest } = step;
  const input = inputFields && request ? inputOf(request, inputFields) : undefined;
  return { name, ...(input !== undefined && { input }), ...rest, startedAt: isoTime(startedAtMs) };
}

/** The fields that a command took out of the body; none where there was no JSON object to take them from. */
function inputOf({ body, credentials }: OpenedRequest, fields: readonly string[]): unknown {
  if (fields.length === 0) return {};
  const input = takenFields(parseJson(body.toString('utf8').replace(/^\uFEFF/, '')) as object, fields);
  return JSON.parse(maskedJson(input, credentials));
}

async function requestView(request: OpenedRequest) {
  // Masked before it is cut: a cut through a credential would leave a part of it.
  const { isText, text } = await shownBody(request);
  return {
    ...maskedMeta(request),
    body: isText ? shown(text) : null,
    bodyBase64: isText ? null : shown(text),
    bodyBytes: request.body.length,
    isBodyCut: text.length > SHOWN_LENGTH_MAX,
  };
}

function answerView(status: number, payload: OpenedPayload) {
  const { answerBody: body } = payload;
  return {
    status,
    headers: parsed(payload.answerHeaders) ?? {},
    body: body === null ? null : shown(body),
    isBodyCut: (body?.length ?? 0) > SHOWN_LENGTH_MAX,
  };
}

/** A multiple of four, so that Base64 that was cut is still Base64. */
function shown(text: string): string {
  return text.slice(0, SHOWN_LENGTH_MAX);
}

function parsed(json: string | null): unknown {
  return json ? JSON.parse(json) : null;
}
