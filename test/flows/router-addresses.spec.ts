import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, type ReceivedAnswer, sendRequest } from './send-request.ts';

let signalbox: Signalbox;

/** What every script of this file returns: whose it is and what it saw of the address. */
const script = (name: string) =>
  `return { name: ${JSON.stringify(name)}, method: context.method, path: context.path, params: context.params, query: context.query };`;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  await make('orders', '/webhooks/orders/:id');
  await make('orders-new', '/webhooks/orders/new');
  await make('items', '/webhooks/orders/:order/items/:item');
  await make('items-fixed', '/webhooks/orders/new/items/:item/tail');
  await make('any-first', '/webhooks/:a/b/c');
  await make('literal-first', '/webhooks/a/:b/:c');
  await make('Case', '/webhooks/Case/Path');
  await make('dots.and_dashes-1', "/webhooks/a.b/~x!$&'()*+,;=@-_");
  await make('proto', '/webhooks/proto/:__proto__/:constructor');
  await make('get', '/webhooks/orders/:id', { action: 'GET' });
  await make('off', '/webhooks/off', { isEnabled: false });
  for (const action of ['PUT', 'PATCH', 'DELETE'])
    await make(action.toLowerCase(), '/webhooks/verbs', { action });
});

afterAll(() => signalbox.stop());

function make(key: string, path: string, fields: object = {}): Promise<Record<string, unknown>> {
  return signalbox.createConfig(key, { path, executionCode: script(key), ...fields });
}

function call(path: string, method = 'POST'): Promise<ReceivedAnswer> {
  return sendRequest(signalbox.url, { path, method });
}

/** An answer without what differs from one call to the next. */
function comparable({ status, headers, text }: ReceivedAnswer): string {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return JSON.stringify([status, rest, text]);
}

function expectNotFound(answer: ReceivedAnswer): void {
  expect(answer.status).toBe(404);
  expect(answer.json).toMatchObject({ success: false, data: null, code: 'webhook.not-found' });
  expect(answer.headers).not.toHaveProperty('x-execution-id');
}

async function must(type: string, fields: Record<string, unknown>): Promise<void> {
  expect((await signalbox.command(type, fields)).body).toMatchObject({ success: true });
}

describe('a webhook answers', () => {
  it.each([
    ['/api/webhooks/dynamic/orders', 'orders', {}],
    ['/api/webhooks/dynamic/Case', 'Case', {}],
    ['/api/webhooks/dynamic/dots.and_dashes-1', 'dots.and_dashes-1', {}],
    ['/api/webhooks/dynamic/%6frders', 'orders', {}],
    ['/api/webhooks/orders/7', 'orders', { id: '7' }],
    ['/api/webhooks/orders/a%20b%2Fc', 'orders', { id: 'a b/c' }],
    ['/api/webhooks/orders/%E2%82%AC', 'orders', { id: '€' }],
    ['/api/webhooks/orders/%2e%2e', 'orders', { id: '..' }],
    ['/api/webhooks/orders/a+b', 'orders', { id: 'a+b' }],
    ['/api/webhooks/orders/:id', 'orders', { id: ':id' }],
    ['/api/webhooks/orders/%00', 'orders', { id: '\0' }],
    ['/api/webhooks/orders/New', 'orders', { id: 'New' }],
    ['/api/webhooks/orders/new', 'orders-new', {}],
    ['/api/webhooks/orders/n%65w', 'orders-new', {}],
    ['/api/webhooks/orders/7/items/8', 'items', { order: '7', item: '8' }],
    ['/api/webhooks/orders/new/items/8', 'items', { order: 'new', item: '8' }],
    ['/api/webhooks/orders/new/items/8/tail', 'items-fixed', { item: '8' }],
    ['/api/webhooks/a/b/c', 'literal-first', { b: 'b', c: 'c' }],
    ['/api/webhooks/x/b/c', 'any-first', { a: 'x' }],
    ['/api/webhooks/Case/Path', 'Case', {}],
    ["/api/webhooks/a.b/~x!$&'()*+,;=@-_", 'dots.and_dashes-1', {}],
    ['/api/webhooks/proto/1/2', 'proto', JSON.parse('{"__proto__":"1","constructor":"2"}') as object],
  ])('at %s, the left-most literal first: %s %j', async (path, name, params) => {
    const answer = await call(path);
    const seen = dataOf<{ params: object }>(answer);
    expect(seen).toMatchObject({ name, path, method: 'POST', query: {} });
    expect(Object.entries(seen.params)).toEqual(Object.entries(params));
    expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('to its own method, by key and by path: %s', async (method) => {
    for (const path of [`/api/webhooks/dynamic/${method.toLowerCase()}`, '/api/webhooks/verbs'])
      expect(dataOf(await call(path, method))).toMatchObject({ name: method.toLowerCase(), method });
  });

  it('two methods at one path are two webhooks', async () => {
    expect(dataOf(await call('/api/webhooks/orders/7', 'GET'))).toMatchObject({ name: 'get' });
    expect(dataOf(await call('/api/webhooks/orders/7'))).toMatchObject({ name: 'orders' });
  });

  it('to the absolute form of its address too (RFC 9112 §3.2.2)', async () => {
    expect(dataOf(await call(`${signalbox.url}/api/webhooks/orders/7`))).toMatchObject({
      params: { id: '7' },
    });
  });

  it('a repeated query name with an array, and any other with text', async () => {
    const query =
      'a=1&a=2&a=&b=x+y%20z&c&=d&e=%E2%82%AC&f=%ff&g=%zz&__proto__=p&__proto__=q&constructor=r&h[]=1&i=a=b';
    for (const path of ['/api/webhooks/dynamic/orders', '/api/webhooks/orders/7']) {
      const seen = dataOf<{ path: string; query: object }>(await call(`${path}?${query}`));
      expect(seen.path).toBe(path);
      expect(Object.entries(seen.query)).toEqual([
        ['a', ['1', '2', '']],
        ['b', 'x y z'],
        ['c', ''],
        ['', 'd'],
        ['e', '€'],
        ['f', '\ufffd'],
        ['g', '%zz'],
        ['__proto__', ['p', 'q']],
        ['constructor', 'r'],
        ['h[]', '1'],
        ['i', 'a=b'],
      ]);
    }
    expect(dataOf(await call('/api/webhooks/orders/7?'))).toMatchObject({ query: {} });
    expect(dataOf(await call('/api/webhooks/orders/7?a?b=/c'))).toMatchObject({ query: { 'a?b': '/c' } });
  });
});

describe('nothing answers', () => {
  it.each([
    '/api/webhooks/dynamic/',
    '/api/webhooks/dynamic/none',
    '/api/webhooks/dynamic/Orders',
    '/api/webhooks/dynamic/case',
    '/api/webhooks/dynamic/orders/',
    '/api/webhooks/dynamic/orders/7',
    '/api/webhooks/dynamic//orders',
    '/api/webhooks/dynamic/orders%2F',
    '/api/webhooks/dynamic/orders%00',
    '/api/webhooks/dynamic/%20orders',
    '/api/webhooks/dynamic%2Forders',
    '/api/webhooks/dynamic/__proto__',
    '/api/webhooks/dynamic/constructor',
    '/api/webhooks/',
    '/api/webhooks/orders',
    '/api/webhooks/orders/',
    '/api/webhooks/orders/7/',
    '/api/webhooks/orders//',
    '/api/webhooks//orders/7',
    '/api/webhooks/orders//items/8',
    '/api/webhooks/orders%2F7',
    '/api/webhooks/Orders/7',
    '/api/webhooks/case/path',
    '/api/webhooks/orders/../orders/7',
    '/api/webhooks/./orders/7',
    '/api/webhooks/dynamic/../orders/7',
    '/api/webhooks/orders/7;a=1/x',
    '/api/webhooks/dynamic/orders#x',
  ])('at %s', async (path) => expectNotFound(await call(path)));

  it.each([
    '/api//webhooks/orders/7',
    '//api/webhooks/orders/7',
    '/api/webhooks',
    '/webhooks/orders/7',
    '/API/webhooks/orders/7',
  ])('at %s, which is not even ours', async (path) => {
    const answer = await call(path);
    expect(answer.status).toBe(404);
    expect(answer.headers).not.toHaveProperty('x-execution-id');
  });

  it.each(['%', '%zz', '%e2%82', '%c0%af', '%ff'])(
    'at an address with a broken escape: %s',
    async (garbage) => {
      const known = await call(`/api/webhooks/orders/${garbage}`);
      const unknown = await call(`/api/webhooks/nothing/${garbage}`);
      expect([400, 404]).toContain(known.status);
      expect(comparable(known)).toBe(comparable(unknown));
    },
  );

  it('to unknown, disabled and wrong-method calls with a single byte of difference', async () => {
    const unknown = comparable(await call('/api/webhooks/dynamic/unknown'));
    for (const [path, method] of [
      ['/api/webhooks/dynamic/off', 'POST'],
      ['/api/webhooks/off', 'POST'],
      ['/api/webhooks/dynamic/orders', 'GET'],
      ['/api/webhooks/dynamic/orders', 'PUT'],
      ['/api/webhooks/dynamic/get', 'POST'],
      ['/api/webhooks/orders/new', 'PATCH'],
      ['/api/webhooks/unknown/path', 'DELETE'],
    ] as const)
      expect(comparable(await call(path, method))).toBe(unknown);
  });

  it.each(['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'to %s, for known and unknown keys alike',
    async (method) => {
      const known = await call('/api/webhooks/dynamic/get', method);
      expect(known.status).toBe(404);
      expect(comparable(known)).toBe(comparable(await call('/api/webhooks/dynamic/unknown', method)));
    },
  );
});

describe('a change of a configuration holds for the next call', () => {
  it('created, moved, switched off and on, deleted and created anew', async () => {
    const { id } = await make('moving', '/webhooks/here/:x');
    expect(dataOf(await call('/api/webhooks/here/1'))).toMatchObject({ name: 'moving', params: { x: '1' } });
    const moved = {
      id,
      description: 'd',
      isEnabled: true,
      path: '/webhooks/there/:y',
      action: 'PUT',
      executionType: 2,
    };
    await must('UpdateWebHookConfigCommand', { ...moved, executionCode: script('moved') });
    expectNotFound(await call('/api/webhooks/here/1'));
    expectNotFound(await call('/api/webhooks/dynamic/moving'));
    expect(dataOf(await call('/api/webhooks/there/1', 'PUT'))).toMatchObject({
      name: 'moved',
      params: { y: '1' },
    });
    expect(dataOf(await call('/api/webhooks/dynamic/moving', 'PUT'))).toMatchObject({ name: 'moved' });
    await must('DeactivateWebHookConfigCommand', { id });
    expectNotFound(await call('/api/webhooks/there/1', 'PUT'));
    await must('ActivateWebHookConfigCommand', { id });
    expect(dataOf(await call('/api/webhooks/there/1', 'PUT'))).toMatchObject({ name: 'moved' });
    await must('DeleteWebHookConfigCommand', { id });
    expectNotFound(await call('/api/webhooks/there/1', 'PUT'));
    expectNotFound(await call('/api/webhooks/dynamic/moving', 'PUT'));
    const again = await make('moving', '/webhooks/there/:z', { action: 'PUT' });
    expect(again['id']).not.toBe(id);
    expect(dataOf(await call('/api/webhooks/there/1', 'PUT'))).toMatchObject({
      name: 'moving',
      params: { z: '1' },
    });
  });

  it('an address that was given up is free for another', async () => {
    const { id } = await make('first', '/webhooks/spot/:a');
    const fields = {
      description: 'd',
      isEnabled: true,
      action: 'POST',
      executionType: 2,
      executionCode: script('first'),
    };
    await must('UpdateWebHookConfigCommand', { id, ...fields, path: '/webhooks/other-spot' });
    await make('second', '/webhooks/spot/:b');
    expect(dataOf(await call('/api/webhooks/spot/1'))).toMatchObject({ name: 'second', params: { b: '1' } });
    await must('DeleteWebHookConfigCommand', { id });
    expect(dataOf(await call('/api/webhooks/spot/1'))).toMatchObject({ name: 'second' });
    expectNotFound(await call('/api/webhooks/other-spot'));
  });
});

describe('what is reserved', () => {
  it.each([
    ['mono', '/webhooks/mono/callback'],
    ['remita', '/webhooks/remita'],
    ['remita-collection', '/webhooks/remita/collection-notification'],
  ])('the key %s answers at no dynamic address', async (key, path) => {
    await make(key, path);
    expectNotFound(await call(`/api/webhooks/dynamic/${key}`));
    const answer = await call(`/api${path}`);
    expect(answer.text).not.toContain('"path"');
    expect(answer.headers).not.toHaveProperty('x-execution-id');
    const elsewhere = await signalbox.command('LookupWebHookByKeyCommand', { key });
    expect(elsewhere.body.data).toMatchObject({ key, isEnabled: true });
  });

  it.each([
    '/webhooks/dynamic',
    '/webhooks/dynamic/x',
    '/webhooks/mono/callback',
    '/webhooks/remita/:x',
    '/webhooks/results/1',
  ])(
    'the path %s belongs to no other key',
    async (path) => await expect(make('thief', path)).rejects.toThrow('reserved'),
  );

  it('a path that only begins alike is free', async () => {
    await make('monopoly', '/webhooks/monopoly');
    expect(dataOf(await call('/api/webhooks/monopoly'))).toMatchObject({ name: 'monopoly' });
  });
});
