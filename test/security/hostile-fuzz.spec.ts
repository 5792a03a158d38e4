import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { repeatableNumbers } from '../support/repeatable-random.ts';

const BODIES = 1500;
const AT_ONCE = 8;

const contentTypes = [
  ...Array<string>(12).fill('application/json'),
  'application/json; charset=utf-8',
  'application/x+json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/octet-stream',
];

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  await signalbox.createConfig('script', {
    executionCode:
      'return Object.entries(Object(context.body)).map(([name, value]) => [name, typeof value]);',
  });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
});

afterAll(() => signalbox.stop());

const tokens = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\\u',
  '\\ud800',
  '\0',
  '\u{feff}',
  ' ',
  '\n',
  '&',
  '=',
  '%',
  '+',

  'null',
  'true',
  '1e400',
  '-0',
  '0x1',
  '99999999999999999999',
  '"$type":',
  '"__proto__":{',
  '"constructor":',

  '"$type":"DeleteWebHookConfigCommand","id":1,',
  '"id":1,',
  '"pageSize":1e9,',
  '[[[[[[[[[[[[[[[[[[',
  '{"a":'.repeat(70),
].map((text) => Buffer.from(text));

const bases = [
  {
    $type: 'GetWebHookConfigListQuery',
    pageNumber: 1,
    pageSize: 10,
    search: 'sé',
    isEnabled: true,
    sortBy: 'key',
  },
  {
    $type: 'GetWebHookExecutionListQuery',
    key: 'script',
    from: '2026-01-01T00:00:00Z',
    pageSize: 1,
    cursor: 'exe_0',
  },
  { $type: 'GetWebHookConfigByIdQuery', id: 1 },
  { $type: 'DeactivateWebHookConfigCommand', id: 999_999_999 },
  {
    $type: 'SendHttpRequestCommand',
    method: 'GET',
    url: 'http://127.0.0.1:1/',
    headers: { 'X-A': 'b' },
    body: [1],
  },
].map((base) => Buffer.from(JSON.stringify(base)));

function mutated(random: (below: number) => number): Buffer {
  let bytes = Buffer.from(bases[random(bases.length)]!);
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    const at = random(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + random(30));
    const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    const kind = random(6);
    if (kind === 0) bytes = Buffer.concat([head, tail]);
    else if (kind === 1) bytes = Buffer.concat([head, middle, middle, tail]);
    else if (kind === 2) bytes = Buffer.concat([head, tokens[random(tokens.length)]!, middle, tail]);
    else if (kind === 3) bytes = Buffer.concat([head, Buffer.from([random(256)]), middle.subarray(1), tail]);
    else if (kind === 4) bytes = Buffer.concat([head, bases[random(bases.length)]!, tail]);
    else bytes = Buffer.from(head);
  }
  return bytes;
}

async function configs(): Promise<unknown> {
  return (await signalbox.command('GetWebHookConfigListQuery')).body.data;
}

/** Sends them all, a few at a time; answers those that were taken amiss. */
async function amiss(path: string, seed: number, headers: Record<string, string>): Promise<string[]> {
  const random = repeatableNumbers(seed);
  const bodies = Array.from({ length: BODIES }, () => ({
    body: mutated(random),
    contentType: contentTypes[random(contentTypes.length)]!,
  }));
  const found: string[] = [];
  const send = async (): Promise<void> => {
    for (let next = bodies.pop(); next; next = bodies.pop()) {
      const { body, contentType } = next;
      const response = await fetch(signalbox.url + path, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': contentType },
        body: new Uint8Array(body),
      });
      const text = await response.text();
      const isEnvelope = typeof (JSON.parse(text) as { success?: unknown }).success === 'boolean';
      // Calling out to where nobody listens is the one failure that is nobody's fault here.
      const isFine = response.status < 500 || text.includes('"http-request.');
      if (!isEnvelope || !isFine)
        found.push(`${response.status} ${text} to ${contentType} ${body.toString('base64')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return found;
}

describe(`of ${BODIES} mutated bodies`, () => {
  it.each([1, 2])(
    'none surprises the command endpoint or has another command run (seed %i)',
    async (seed) => {
      const before = await configs();
      expect(await amiss('/api/bpm/cmd', seed, { 'X-API-Key': signalbox.apiKey })).toEqual([]);
      expect(await configs()).toEqual(before);
    },
    120_000,
  );

  it.each(['script', 'native'])(
    'none surprises a %s webhook',
    async (key) => {
      const before = await configs();
      expect(await amiss(`/api/webhooks/dynamic/${key}`, 3, {})).toEqual([]);
      expect(await configs()).toEqual(before);
      expect(signalbox.child.exitCode).toBeNull();
    },
    120_000,
  );
});
