import { jsonHeaders, type WebHookAnswer } from '../webhook-router/index.ts';

/** What providers are told whose documents ask for no text of their own. */
export function jsonAnswer(status: number, message: string): WebHookAnswer {
  return { status, headers: { ...jsonHeaders }, body: JSON.stringify({ message }) };
}
