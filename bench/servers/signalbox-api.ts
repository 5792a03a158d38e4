import { configKey, freshPrefix, freshText } from '../workload.ts';
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

/** An answered call. */
export interface NotedCall {
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

/** Makes calls one by one on some connections and answers what tells of their executions. */
export async function callNoted({ url, status, exchange }: Target): Promise<NotedCall[]> {
  const noted: NotedCall[] = [];
  const { body, standIn } = exchange;
  const prefix = freshPrefix();
  let sent = 0;
  const nextBody = (): string =>
    standIn === undefined ? body : body.replace(standIn, freshText(standIn, prefix, (sent += 1)));
  const caller = async (): Promise<void> => {
    for (let call = 0; call < callsPerCaller; call += 1) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: nextBody() });
      const text = await response.text();
      const id = response.headers.get('x-execution-id');
      if (response.status !== status || id === null) {
        throw new Error(`Wrong answer: ${response.status}, execution ${String(id)}, ${text.slice(0, 500)}`);
      }
      noted.push({ executionId: id, location: response.headers.get('location') });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return noted;
}

/** Reads the newest pages of executions and one execution whole; answers how many it saw, all succeeded. */
export async function sampleExecutions(api: Api, answered: number): Promise<number> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const fields = cursor === undefined ? { key: configKey } : { key: configKey, cursor };
    const { items, nextCursor } = (await callCommand(
      api,
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
  if (newest !== undefined) await callCommand(api, 'GetWebHookExecutionByIdQuery', { id: newest });
  return seen.size;
}

/** Follows the tickets of accepted calls and compares what each gives. */
export async function compareResults(api: Api, noted: NotedCall[], expect: string): Promise<void> {
  for (const { executionId, location } of noted) {
    const response = await fetch(new URL(location ?? '', api.url));
    const text = await response.text();
    if (response.status !== 200 || !text.includes(expect)) {
      throw new Error(`Execution ${executionId} gave ${response.status} ${text.slice(0, 500)}`);
    }
  }
}
