import type { Signalbox } from '../support/signalbox.ts';
import { HOST_TRACE, type HostileScript, type Seen, faultOf } from './hostile/hostile-script.ts';

/** The product as an attack sees it. */
export type Target = Pick<Signalbox, 'url' | 'command' | 'execution' | 'dataFolder' | 'apiKey'>;

/** What the attacks may not change or learn. */
export interface Canary {
  path: string;
  /** Texts that may appear nowhere. */
  secrets: string[];
}

interface Recorded {
  status: string;
  code: string | null;
  answerStatus: number;
  steps: unknown;
  logs: { level: string; text: string }[];
  errors: unknown;
  answer: { body: string } | null;
}

interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
}

const ANSWER_MS_MAX = 30_000;
/** A neighbour that is called beside an attack of this length must be answered before the attack is. */
export const LONG_ATTACK_MS = 900;

/** Saves the script as a configuration; the fault as the product tells it, or null. */
export async function save(
  target: Pick<Target, 'command'>,
  key: string,
  source: string,
): Promise<string | null> {
  const answer = await target.command('CreateWebHookConfigCommand', {
    key,
    description: 'Hostile',
    isEnabled: true,
    path: `/webhooks/${key}`,
    action: 'POST',
    executionType: 2,
    executionCode: source,
  });
  if (answer.status === 200) return null;
  return `${answer.status} ${answer.body.errors?.join('; ')}`;
}

/** The body's text with the path of the canary in it. */
export function bodyOf(script: HostileScript, canaryPath: string): string {
  return script.bodyText ?? JSON.stringify({ canary: canaryPath, ...script.body });
}

/** Saves, calls and reads the records of one attack; gives what is wrong with what was seen. */
export async function attack(
  target: Target,
  key: string,
  script: HostileScript,
  canary: Canary,
): Promise<string[]> {
  const keys = script.thenSource === undefined ? [key] : [key, `${key}-then`];
  const sources = [script.source, script.thenSource ?? ''];
  for (const [index, oneKey] of keys.entries()) {
    const refusal = await save(target, oneKey, sources[index]!);
    if (refusal === null) continue;
    const fault = faultOf(script, { kind: 'refused', message: refusal, logs: [] });
    return [...faultsOf(fault), ...secrecyFaults(refusal, canary)];
  }
  const faults: string[] = [];
  for (let call = 0; call < (script.calls ?? 1); call += 1) {
    for (const oneKey of keys) faults.push(...(await attackOnce(target, oneKey, script, canary)));
  }
  return faults;
}

async function attackOnce(
  target: Target,
  key: string,
  script: HostileScript,
  canary: Canary,
): Promise<string[]> {
  const answered = await call(target, key, bodyOf(script, canary.path));
  const id = answered.headers['x-execution-id'] ?? null;
  if (id === null || id === 'forged')
    return [`no execution behind the answer ${answered.status} ${answered.text}`];
  const recorded = await target.execution<Recorded>(id);
  const seen = seenOf(answered, recorded);
  const { logs, errors, steps, answer } = recorded;
  const shown = [
    answered.text,
    JSON.stringify(answered.headers),
    JSON.stringify([logs, errors, answer]),
  ].join('\n');
  return [
    ...faultsOf(faultOf(script, seen)),
    ...recordFaults(answered, recorded, seen),
    ...traceFaults(shown),
    ...secrecyFaults(shown + JSON.stringify(steps), canary),
  ];
}

async function call(target: Target, key: string, body: string): Promise<Answered> {
  const response = await fetch(`${target.url}/api/webhooks/dynamic/${key}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
}

interface Envelope {
  success?: boolean;
  data?: unknown;
  message?: string;
  errors?: string[];
  code?: string;
}

function envelopeOf(text: string): Envelope {
  try {
    return (JSON.parse(text) ?? {}) as Envelope;
  } catch {
    return {};
  }
}

function seenOf(answered: Answered, recorded: Recorded): Seen {
  const logs = recorded.logs.map(({ text }) => text);
  const { success, data, message, errors, code } = envelopeOf(answered.text);
  const told = errors?.join('; ') ?? '';
  if (success === true && message === 'Webhook processed successfully')
    return { kind: 'returned', data, logs };
  if (code === 'script.threw') return { kind: 'threw', message: told, logs };
  if (code === 'webhook.malformed-body') return { kind: 'rejected', message: told, logs };
  if (code?.startsWith('script.limit-'))
    return { kind: 'limit', limit: code.slice('script.limit-'.length), logs };
  if (code !== undefined) return { kind: 'died', message: answered.text, logs };
  return { kind: 'responded', status: answered.status, body: answered.text, headers: answered.headers, logs };
}

/** What the record and the answer's status must be for what was seen. */
function expectedRecord(seen: Seen): { status: string; code: string | null; answerStatus?: number } {
  if (seen.kind === 'threw') return { status: 'failed', code: 'script.threw', answerStatus: 500 };
  if (seen.kind === 'rejected')
    return { status: 'rejected', code: 'webhook.malformed-body', answerStatus: 400 };
  if (seen.kind !== 'limit') return { status: 'succeeded', code: null };
  const answerStatus = seen.limit.endsWith('-time') ? 504 : 500;
  return { status: 'failed', code: `script.limit-${seen.limit}`, answerStatus };
}

function recordFaults(answered: Answered, recorded: Recorded, seen: Seen): string[] {
  const { status, code, answerStatus = answered.status } = expectedRecord(seen);
  const isRight =
    recorded.status === status &&
    recorded.code === code &&
    recorded.answerStatus === answerStatus &&
    answered.status === answerStatus;
  if (isRight) return [];
  const { status: wasStatus, code: wasCode, answerStatus: wasAnswered } = recorded;
  return [
    `answered ${answered.status}, recorded ${wasStatus} ${wasCode} ${wasAnswered}, must be ${status} ${code}`,
  ];
}

function traceFaults(text: string): string[] {
  const trace = HOST_TRACE.exec(text) ?? (text.includes(process.cwd()) ? [process.cwd()] : null);
  return trace === null ? [] : [`tells of the host: ${trace[0].slice(0, 200)}`];
}

function secrecyFaults(text: string, canary: Canary): string[] {
  return canary.secrets.filter((secret) => text.includes(secret)).map(() => 'tells a secret of the server');
}

function faultsOf(fault: string | null): string[] {
  return fault === null ? [] : [fault];
}
