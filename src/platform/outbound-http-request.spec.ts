import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { OutboundHttp, type OutboundRequest } from './outbound-http.ts';
import { parseAddressRules } from './network-addresses.ts';

function outboundAllowing(networks: string): { http: OutboundHttp; lookups: string[] } {
  const parsed = parseAddressRules(networks);
  if ('errors' in parsed) throw new Error(parsed.errors.join(' '));
  const lookups: string[] = [];
  const lookup = (host: string) => {
    lookups.push(host);
    return Promise.reject(new Error('No test may resolve a name here.'));
  };
  return { http: new OutboundHttp({ allowedNetworks: parsed.rules, lookup }), lookups };
}

// A guard that fails must fail here, not call a stranger.
const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
  throw new Error('No test may connect here.');
});
const { http, lookups } = outboundAllowing('');

async function refusalOf(request: Partial<OutboundRequest>): Promise<string> {
  const result = await http.send({ method: 'POST', url: 'http://example.test/', timeoutMs: 300, ...request });
  expect(lookups).toEqual([]);
  expect(connect).not.toHaveBeenCalled();
  return result.kind === 'refused' ? result.reason : `not refused but ${result.kind}`;
}

describe('a destination', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://127.0.1:8080/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://0/',
    'http://0x0/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]:80/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'https://[ff02::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'https://192.168.1.1/',
    'http://100.64.0.1/',
    'http://255.255.255.255/',
    'http:\\\\127.0.0.1\\',
    'http:127.0.0.1/',
    'http:///127.0.0.1/',
    'HTTP://127.0.0.1',
    'http://0xa9fea9fe/',
    'http://168.63.129.16/',
    'http://localhost/',
    'http://LOCALHOST:3000/',
    'http://localhost./',
    'http://a.localhost/',
    'http://ｌocalhost/',
  ])('%s is refused before anything is connected, resolved or saved', async (url) => {
    expect(http.judgeUrl(url)).toContain('special-purpose address');
    expect(await refusalOf({ url })).toBe(http.judgeUrl(url));
  });

  it.each([
    ['', 'cannot be read'],
    ['example.test', 'cannot be read'],
    ['/path', 'cannot be read'],
    ['//example.test/', 'cannot be read'],
    ['http://', 'cannot be read'],
    ['http://1.2.3.256/', 'cannot be read'],
    ['http://[fe80::1%25eth0]/', 'cannot be read'],
    ['http://example.test:65536/', 'cannot be read'],
    ['http://a b/', 'white space'],
    [' http://example.test/', 'white space'],
    ['http://exam\nple.test/', 'white space'],
    ['ht\ttp://example.test/', 'white space'],
    ['http://example.test/\r\nX-Injected: 1', 'white space'],
    ['http://example.test:0/', 'port 0'],
    ['http://user:secret@example.test/', 'user name or password'],
    ['http://user@example.test/', 'user name or password'],
    ['http://:secret@example.test/', 'user name or password'],
    ['http://8.8.8.8@127.0.0.1/', 'user name or password'],
    ['data:text/plain,hello', 'http or https'],
    ['file:///etc/passwd', 'http or https'],
    ['ftp://example.test/', 'http or https'],
    ['javascript:alert(1)', 'http or https'],
    ['unix:/var/run/docker.sock', 'http or https'],
    ['ws://example.test/', 'http or https'],
    [`http://example.test/${'a'.repeat(8_192)}`, 'longer than 8192'],
  ])('%j is refused: %s', async (url, reason) => {
    expect(http.judgeUrl(url)).toContain(reason);
    expect(await refusalOf({ url })).toBe(http.judgeUrl(url));
  });

  it.each([
    'http://example.test/',
    'HTTPS://Example.test:8443/a?b#c',
    'http://8.8.8.8/',
    'https://[2606:4700::1111]/x',
  ])('%s is not refused when it is saved', (url) => {
    expect(http.judgeUrl(url)).toBeNull();
  });

  it('may be a special address inside the allowed networks, and only there', () => {
    const { http } = outboundAllowing('127.0.0.0/8, fd00::/8');
    expect(http.judgeUrl('http://127.0.0.1:3000/')).toBeNull();
    expect(http.judgeUrl('http://[::ffff:127.0.0.1]/')).toBeNull();
    expect(http.judgeUrl('http://localhost:3000/')).toBeNull();
    expect(http.judgeUrl('http://[fd00::1]/')).toBeNull();
    expect(http.judgeUrl('http://0.0.0.0/')).not.toBeNull();
    expect(http.judgeUrl('http://[::1]/')).not.toBeNull();
    expect(http.judgeUrl('http://10.0.0.1/')).not.toBeNull();
  });
});

describe('a request', () => {
  it.each(['GET /', 'CONNECT', 'TRACE', 'OPTIONS', 'get', ''])(
    'with the method %j is refused',
    async (method) => {
      expect(await refusalOf({ method: method as OutboundRequest['method'] })).toContain('method');
    },
  );

  it.each([
    ['X-A', 'b\r\nX-Injected: 1'],
    ['X-A', 'b\nc'],
    ['X-A', 'b\rc'],
    ['X-A', 'b\0c'],
    ['X-A', 'snowman \u2603'],
    ['X-A\r\nX-Injected', '1'],
    ['X A', '1'],
    ['X:A', '1'],
    ['', '1'],
    ['X-\u00e4', '1'],
  ])('with the header %j: %j is refused, so that no header can carry another', async (name, value) => {
    expect(await refusalOf({ headers: { [name]: value } })).toContain(
      'name or value that HTTP does not allow',
    );
  });

  it('with a header value that is no text is refused', async () => {
    const headers = { 'X-A': ['1', '2'] } as unknown as Record<string, string>;
    expect(await refusalOf({ headers })).toContain('name or value that HTTP does not allow');
  });

  it.each([
    'Host',
    'host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'HTTP2-Settings',
    'Proxy-Authorization',
    'proxy-connection',
  ])('cannot set %s, which belongs to the connection', async (name) => {
    expect(await refusalOf({ headers: { [name]: '1' } })).toBe(
      `The header "${name}" cannot be set by a request.`,
    );
  });

  it('cannot give one header in two spellings', async () => {
    expect(await refusalOf({ headers: { 'X-A': '1', 'x-a': '2' } })).toBe('The header "x-a" is given twice.');
  });
});
