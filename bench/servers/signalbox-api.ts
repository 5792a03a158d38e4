import { setTimeout as sleep } from 'node:timers/promises';
import { configKey, freshPrefix, freshText } from '../workload.ts';
import { inTurn } from './server.ts';
import type { Target } from './server.ts';

/** How to reach a server of ours as its administrator. */
export interface Api {
  url: string;
  key: string;
}

interface ExecutionPage {
  items: { id: string; status: string }[];
  nextCursor?: string | null;
}

const pagesMax = 5;
const callers = 25;
const callsPerCaller = 20;
const knownMsMax = 5_000;

/** An answered call. */
export interface NotedCall {
  /** Which of the target's addresses it went to. */
  turn: number;
  executionId: string;
  /** Of the ticket that gives the result later. */
  location: string | null;
}

/** Sends one `$type` and answers its data. */
export async function callCommand(
  api: Api,
  $type: string,
  fields: Record<string, unknown>,
): Promise<unknown> {
  const response = await fetch(`${api.url}/api/bpm/cmd`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': api.key },
    body: JSON.stringify({ $type, ...fields }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${$type}: ${response.status} ${text.slice(0, 500)}`);
  return (JSON.parse(text) as { data: unknown }).data;
}

/** Waits until an instance knows a config that another has created: it looks one up where it looks up a call's. */
export async function untilKnown(api: Api, key: string): Promise<void> {
  const end = performance.now() + knownMsMax;
  for (;;) {
    try {
      await callCommand(api, 'LookupWebHookByKeyCommand', { key });
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}

/** Makes calls one by one on some connections and answers what tells of their executions. */
export async function callNoted(target: Target): Promise<NotedCall[]> {
  const { status, exchange } = target;
  const noted: NotedCall[] = [];
  let calls = 0;
  const { body, standIn } = exchange;
  const prefix = freshPrefix();
  let sent = 0;
  const nextBody = (): string =>
    standIn === undefined ? body : body.replace(standIn, freshText(standIn, prefix, (sent += 1)));
  const caller = async (): Promise<void> => {
    for (let call = 0; call < callsPerCaller; call += 1) {
      const headers = { 'content-type': 'application/json' };
      const turn = (calls += 1);
      const response = await fetch(inTurn(target.urls, turn), { method: 'POST', headers, body: nextBody() });
      const text = await response.text();
      const id = response.headers.get('x-execution-id');
      if (response.status !== status || id === null) {
        throw new Error(`Wrong answer: ${response.status}, execution ${String(id)}, ${text.slice(0, 500)}`);
      }
      noted.push({ turn, executionId: id, location: response.headers.get('location') });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return noted;
}

/** Reads the newest pages of executions, one at each in turn, and one execution whole; answers how many it saw, all succeeded. */
export async function sampleExecutions(apis: Api[], answered: number): Promise<number> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const fields = cursor === undefined ? { key: configKey } : { key: configKey, cursor };
    const { items, nextCursor } = (await callCommand(
      inTurn(apis, page),
      'GetWebHookExecutionListQuery',
      fields,
    )) as ExecutionPage;
    for (const { id, status } of items) {
      if (status !== 'succeeded') throw new Error(`Execution ${id} is ${status}`);
      if (seen.has(id)) throw new Error(`Execution ${id} is listed twice`);
      seen.add(id);
    }
    if (nextCursor === undefined || nextCursor === null) break;
    cursor = nextCursor;
  }
  if (cursor === undefined && seen.size < answered) {
    throw new Error(`${seen.size} executions are listed for ${answered} answers`);
  }
  const [newest] = seen;
  if (newest !== undefined)
    await callCommand(inTurn(apis, 0), 'GetWebHookExecutionByIdQuery', { id: newest });
  return seen.size;
}

/** Follows the tickets of accepted calls, each at the address after that which gave it, and compares what each gives. */
export async function compareResults(target: Target, noted: NotedCall[], expect: string): Promise<void> {
  for (const { turn, executionId, location } of noted) {
    const response = await fetch(new URL(location ?? '', inTurn(target.urls, turn + 1)));
    const text = await response.text();
    if (response.status !== 200 || !text.includes(expect)) {
      throw new Error(`Execution ${executionId} gave ${response.status} ${text.slice(0, 500)}`);
    }
  }
}
