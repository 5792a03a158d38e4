import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runClient } from './run-client.ts';

let fake: Server | null = null;
afterEach(() => {
  fake?.closeAllConnections();
  fake?.close();
  fake = null;
});

interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Something that answers at an address of its own and notes what it was asked. */
async function answering(
  answer: (seen: Seen, response: ServerResponse) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  fake = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      seen.push({ path: request.url!, headers: request.headers, body });
      answer(seen.at(-1)!, response);
    });
  });
  await new Promise<void>((resolve) => fake!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(fake.address() as AddressInfo).port}`, seen };
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const catalogue = { success: true, data: { items: [] }, message: 'ok' };
const list = ['cmd', '--list'];

describe('Who is asking', () => {
  it('can be an API key or a token', async () => {
    const { url, seen } = await answering((_, response) => json(response, 200, catalogue));
    await runClient(list, { env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'key-of-mine' } });
    await runClient(list, {
      env: { SIGNALBOX_URL: `${url}/behind/a/proxy`, SIGNALBOX_TOKEN: 'token-of-mine' },
    });
    expect(seen[0]).toMatchObject({ path: '/api/bpm/cmd', headers: { 'x-api-key': 'key-of-mine' } });
    expect(seen[1]).toMatchObject({
      path: '/behind/a/proxy/api/bpm/cmd',
      headers: { authorization: 'Bearer token-of-mine' },
    });
  });

  it('can be client credentials: a token is asked for with HTTP Basic, and once more when it is refused', async () => {
    let granted = 0;
    const { url, seen } = await answering(({ path, headers }, response) => {
      if (path === '/oauth/token') {
        granted++;
        return json(response, 200, { access_token: `t${granted}`, token_type: 'bearer', expires_in: 3600 });
      }
      const isGood = headers.authorization === 'Bearer t2';
      return json(
        response,
        isGood ? 200 : 401,
        isGood ? catalogue : { success: false, message: 'no', code: 'x.y' },
      );
    });
    const env = { SIGNALBOX_URL: url, SIGNALBOX_CLIENT_ID: 'cli_1', SIGNALBOX_CLIENT_SECRET: 'a:b%+&' };
    expect(await runClient(list, { env })).toMatchObject({ code: 0, stderr: '' });
    expect(seen.map(({ path }) => path)).toEqual([
      '/oauth/token',
      '/api/bpm/cmd',
      '/oauth/token',
      '/api/bpm/cmd',
    ]);
    expect(seen[0]).toMatchObject({
      body: 'grant_type=client_credentials',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        // RFC 6749 §2.3.1: form-encoded before they are joined.
        authorization: `Basic ${Buffer.from('cli_1:a%3Ab%25%2B%26').toString('base64')}`,
      },
    });
  });

  it('is told when the credentials are refused, without showing them', async () => {
    const { url } = await answering((_, response) =>
      json(response, 401, { error: 'invalid_client', error_description: 'Unknown client' }),
    );
    const env = {
      SIGNALBOX_URL: url,
      SIGNALBOX_CLIENT_ID: 'cli_1',
      SIGNALBOX_CLIENT_SECRET: 'hush-hush-hush',
    };
    const end = await runClient(list, { env });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(
      'No token for these client credentials (invalid_client)\n  Unknown client\n',
    );
    expect(end.stderr).not.toContain('hush');
  });

  it.each([
    [{}, 'Nobody is signed in'],
    [{ SIGNALBOX_CLIENT_ID: 'cli_1' }, 'are needed together'],
    [
      { SIGNALBOX_API_KEY: 'hush-hush', SIGNALBOX_TOKEN: 'hush-hush' },
      'Set only one of SIGNALBOX_API_KEY, SIGNALBOX_TOKEN',
    ],
    [{ SIGNALBOX_API_KEY: 'hush-hush\u00e4' }, 'SIGNALBOX_API_KEY has characters that cannot be sent'],
    [{ SIGNALBOX_API_KEY: 'hush-hush\r\nX: y' }, 'SIGNALBOX_API_KEY has characters that cannot be sent'],
    [{ SIGNALBOX_API_KEY: 'k', SIGNALBOX_URL: 'localhost:3000' }, 'SIGNALBOX_URL must be an address'],
    [{ SIGNALBOX_API_KEY: 'k', SIGNALBOX_URL: 'http://me:hush-hush@localhost' }, 'without credentials'],
  ])('is said clearly or not at all: %j', async (env, sentence) => {
    const end = await runClient(list, { env });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(sentence);
    expect(end.stderr).not.toContain('hush-hush');
  });
});

describe('The server', () => {
  const SIGNALBOX_API_KEY = 'key-of-mine';

  it('that does not answer ends the client with 3', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const end = await runClient(['--url', url, ...list], { env: { SIGNALBOX_API_KEY } });
    expect(end).toEqual({ code: 3, stdout: '', stderr: `${url} cannot be reached (ECONNREFUSED)\n` });
  });

  it('that is another one ends it with 3', async () => {
    const { url } = await answering((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    const end = await runClient([...list, '--url', url], { env: { SIGNALBOX_API_KEY } });
    expect(end).toMatchObject({ code: 3, stdout: '' });
    expect(end.stderr).toContain("answered 502 with something that is not Signalbox's");
  });

  it('that redirects gets no second request: the credentials are for the one that was named', async () => {
    const { url, seen } = await answering((_, response) =>
      response.writeHead(307, { location: 'http://elsewhere.example/' }).end(),
    );
    const end = await runClient(list, { env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY } });
    expect(end.code).toBe(3);
    expect(end.stderr).toContain('redirects to http://elsewhere.example/');
    expect(seen).toHaveLength(1);
  });

  it('is told of by name where the way to it can be listened to', async () => {
    const env = { SIGNALBOX_API_KEY, SIGNALBOX_URL: 'http://signalbox.invalid' };
    const { stderr } = await runClient(list, { env });
    expect(stderr).toContain('Careful: http sends the credentials to signalbox.invalid readably');
  });
});

describe('signalbox', () => {
  it('tells what it can do, and its version', async () => {
    expect((await runClient([])).stdout).toContain('signalbox cmd');
    for (const name of ['cmd', 'tail', 'replay', 'export', 'apply'])
      expect(await runClient([name, '--help'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`signalbox ${name}`),
      });
    expect((await runClient(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['aply'], 'Did you mean apply?'],
    [['tail', '--kee', 'x'], "Unknown option '--kee'"],
    [['tail', '--failed', '--status', 'dead'], 'exclude one another'],
    [['replay'], 'Which executions?'],
    [['replay', 'exe_1', '--key', 'x'], 'not both'],
    [['replay', '--from', 'yesterday'], '--from takes a time'],
    [['replay', '--key', 'x', '--limit', '0'], '--limit takes a whole number'],
  ])('says of %j what is wrong with it', async (args, sentence) => {
    const end = await runClient(args, { env: { SIGNALBOX_API_KEY: 'k' } });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(sentence);
  });
});
