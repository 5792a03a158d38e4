import { malformed, type WebHookAnswer, jsonHeaders } from '../webhook-router/index.ts';
import { parseJson } from '../../platform/json-text.ts';

/** A body as a value; its depth has been checked. @throws AppError 400. */
export function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    throw malformed('The body is not valid JSON');
  }
}

/** What providers are told whose documents ask for no text of their own. */
export function jsonAnswer(status: number, message: string): WebHookAnswer {
  return { status, headers: { ...jsonHeaders }, body: JSON.stringify({ message }) };
}
