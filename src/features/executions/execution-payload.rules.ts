import type { Payload } from '../../platform/db/index.ts';
import type { ExecutionOutcome } from './execution-recorder.ts';
import {
  type OpenedRequest,
  openRequest,
  type RecordedRequest,
  type RecordedVerdict,
  type ReplayTerms,
} from './recorded-request.ts';

/** The large parts of an execution, in the order in which they are kept; the outcome's may come later. */
export function executionPayload(
  request: RecordedRequest | null,
  outcome: Partial<ExecutionOutcome> | null,
): Payload {
  return [
    request?.metaJson ?? null,
    request?.body ?? null,
    outcome?.steps ?? null,
    outcome?.logs ?? null,
    outcome?.errors ?? null,
    outcome?.answerHeaders ?? null,
    outcome?.answerBody ?? null,
    request?.credentials.length ? JSON.stringify(request.credentials) : null,
    request?.rawQuery ?? null,
    outcome?.exactAnswer ?? null,
    outcome?.attempts ?? null,
    request?.terms ? JSON.stringify(request.terms) : null,
    request?.verdict ? JSON.stringify(request.verdict) : null,
  ];
}

/** The same, read back. Texts of JSON are as they were stored. */
export interface OpenedPayload {
  request: OpenedRequest | null;
  steps: string | null;
  logs: string | null;
  errors: string | null;
  answerHeaders: string | null;
  answerBody: string | null;
  exactAnswer: string | null;
  attempts: string | null;
  /** Null where it is no replay. */
  terms: ReplayTerms | null;
  /** Null where nothing was to be proven. */
  verdict: RecordedVerdict | null;
}

export function openPayload(parts: readonly (Buffer | null)[]): OpenedPayload {
  const [meta, body, ...texts] = parts;
  const [
    steps,
    logs,
    errors,
    answerHeaders,
    answerBody,
    credentials,
    rawQuery,
    exactAnswer,
    attempts,
    terms,
    verdict,
  ] = texts.map((part) => part?.toString('utf8') ?? null);
  return {
    request:
      meta && body
        ? openRequest(meta, body, { credentials: credentials ?? null, rawQuery: rawQuery ?? null })
        : null,
    steps: steps ?? null,
    logs: logs ?? null,
    errors: errors ?? null,
    answerHeaders: answerHeaders ?? null,
    answerBody: answerBody ?? null,
    exactAnswer: exactAnswer ?? null,
    attempts: attempts ?? null,
    terms: terms ? (JSON.parse(terms) as ReplayTerms) : null,
    verdict: verdict ? (JSON.parse(verdict) as RecordedVerdict) : null,
  };
}
