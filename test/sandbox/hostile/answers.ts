import { ofKind } from './hostile-script.ts';

/** `respond` with what would break the message, the record or the browser. */
export const answers = ofKind('hostile answers', [
  {
    name: 'a header value with a line break is refused',
    source: `return respond({ status: 200, headers: { 'x-a': 'a\\r\\nSet-Cookie: owned=1' }, body: 'x' });`,
    expect: { threw: /forbidden character/ },
  },
  {
    name: 'a header name with a line break is refused',
    source: `return respond({ status: 200, headers: { 'x-a: 1\\r\\nset-cookie': 'owned=1' }, body: 'x' });`,
    expect: { threw: /forbidden character/ },
  },
  {
    name: 'cookies, lengths and connection headers of a script are dropped',
    source: `return respond({ status: 201, headers: { 'Set-Cookie': 'a=b', 'Content-Length': '1', 'Transfer-Encoding': 'chunked', Connection: 'upgrade', Upgrade: 'h2c', 'Keep-Alive': 'timeout=9999', Trailer: 'x', 'x-kept': 'yes' }, body: 'whole body' });`,
    expect: {
      responded: {
        status: 201,
        body: 'whole body',
        headers: {
          'set-cookie': null,
          'transfer-encoding': null,
          upgrade: null,
          trailer: null,
          'content-length': '10',
          'x-kept': 'yes',
        },
      },
    },
  },
  {
    name: 'the sandbox headers of an answer cannot be taken back',
    source: `return respond({ status: 200, headers: { 'Content-Security-Policy': "default-src *", 'X-Content-Type-Options': 'sniff', 'Content-Type': 'text/html' }, body: '<script>1</script>' });`,
    expect: {
      responded: {
        status: 200,
        headers: { 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' },
      },
    },
  },
  {
    name: 'statuses that would break the message are refused',
    source: `return [100, 101, 199, 600, 999, 1000, -1, 0, NaN, Infinity, 200.5, '200', null, 200n, {}, [200]].map((status) => { try { respond({ status }); return 'taken'; } catch { return 'refused'; } }).every((one) => one === 'refused');`,
    expect: { returned: true },
  },
  {
    name: 'a status that changes while it is read is read once',
    source: `let reads = 0; return respond({ get status() { reads += 1; return reads === 1 ? 202 : 42; }, body: 'once' });`,
    expect: { responded: { status: 202, body: 'once' } },
  },
  {
    name: 'a body for a status that has none does not confuse the connection',
    source: `return respond({ status: 204, headers: { 'x-kept': 'yes' }, body: 'HTTP/1.1 200 OK\\r\\n\\r\\nforged' });`,
    calls: 2,
    expect: { responded: { status: 204, body: '', headers: { 'x-kept': 'yes' } } },
  },
  {
    name: 'a header named __proto__ changes no object of the server',
    source: `return respond({ status: 200, headers: JSON.parse('{"__proto__":["polluted"],"constructor":"c","hasOwnProperty":"h"}'), body: 'ok' });`,
    expect: { responded: { status: 200, body: 'ok' } },
  },
  {
    name: 'the execution’s id cannot be forged',
    source: `return respond({ status: 200, headers: { 'X-Execution-Id': 'forged', 'X-Request-Id': 'forged' }, body: 'ok' });`,
    expect: { responded: { status: 200, body: 'ok' } },
  },
  {
    name: 'an answer by a proxy runs its traps in the sandbox only',
    source: `return respond(new Proxy({}, { get: (t, key) => key === 'status' ? 200 : key === 'headers' ? new Proxy({}, { ownKeys: () => ['x-a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: () => 'b' }) : 'proxied' }));`,
    expect: { responded: { status: 200, body: 'proxied', headers: { 'x-a': 'b' } } },
  },
  {
    name: 'an object that looks like an answer is only a result',
    source: `return { status: 500, headers: { a: 'b' }, body: 'x', statusCode: 500 };`,
    expect: { returned: { status: 500, headers: { a: 'b' }, body: 'x', statusCode: 500 } },
  },
  {
    name: 'a hundred thousand headers are refused',
    source: `return respond({ status: 200, headers: Object.fromEntries(Array.from({ length: 1e5 }, (_, index) => ['x-' + index, 'v'])) });`,
    expect: { threw: /more than 100 headers/ },
  },
  {
    name: 'headers of megabytes are refused or cut, and the caller gets an answer',
    source: `return respond({ status: 200, headers: { 'x-long': 'v'.repeat(900_000) }, body: 'ok' });`,
    expect: { oneOf: [{ responded: { status: 200, body: 'ok' } }, { threw: /./ }, { limit: 'result-size' }] },
  },
  {
    name: 'half characters in a body leave as text',
    source: `return respond({ status: 200, body: 'a\\ud800b' });`,
    expect: { responded: { status: 200, body: 'a\uFFFDb' } },
  },
]);
