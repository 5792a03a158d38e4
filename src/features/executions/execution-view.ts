import { isoTime } from '../../platform/clock.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { ExecutionStep } from './execution-recorder.ts';
import type { ExecutionEntity } from './execution.entity.ts';
import type { ExecutionPayloadEntity } from './execution-payload.entity.ts';
import { withoutCredentials } from '../../platform/masking.rules.ts';
import { credentialsOf, maskedMeta, openRequest } from './recorded-request.ts';

/** An execution as lists show it; times are ISO 8601 UTC. */
export function executionSummary(execution: ExecutionEntity) {
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
  };
}

/** An execution whole: the request as it came (credentials masked), its steps, logs and answer. */
export function executionView(
  execution: ExecutionEntity,
  payload: ExecutionPayloadEntity | null,
  sealer: Sealer,
) {
  return {
    ...executionSummary(execution),
    request: payload && requestView(sealer, payload),
    steps: ((parsed(payload?.steps) ?? []) as ExecutionStep[]).map(stepView),
    logs: parsed(payload?.logs) ?? [],
    errors: parsed(payload?.errors) ?? [],
    answer: payload && execution.answerStatus !== null ? answerView(execution.answerStatus, payload) : null,
  };
}

function stepView({ startedAtMs, ...step }: ExecutionStep) {
  return { ...step, startedAt: isoTime(startedAtMs) };
}

function requestView(sealer: Sealer, payload: ExecutionPayloadEntity) {
  const { meta, body } = openRequest(sealer, payload.sealedRequest);
  const credentials = credentialsOf(meta);
  const isText = !body.includes(0) && Buffer.from(body.toString('utf8')).equals(body);
  return {
    ...maskedMeta(meta),
    body: isText ? withoutCredentials(body.toString('utf8'), credentials) : null,
    bodyBase64: isText ? null : body.toString('base64'),
  };
}

function answerView(status: number, payload: ExecutionPayloadEntity) {
  return { status, headers: parsed(payload.answerHeaders) ?? {}, body: payload.answerBody };
}

function parsed(json: string | null | undefined): unknown {
  return json ? JSON.parse(json) : null;
}
