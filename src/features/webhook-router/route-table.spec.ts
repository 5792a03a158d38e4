import { randomBytes } from 'node:crypto';
import { Sealer } from '../../platform/sealing.ts';
import { describe, expect, it } from 'vitest';
import { WebHookConfigEntity } from '../webhook-configs/index.ts';
import { RouteTable } from './route-table.ts';

const sealer = new Sealer(randomBytes(32));

let lastId = 0;

function configOf(fields: Partial<WebHookConfigEntity>): WebHookConfigEntity {
  const id = fields.id ?? ++lastId;
  const settings = { executionCode: 'return 1;' };
  const plain = {
    id,
    key: `key-${id}`,
    action: 'POST',
    isEnabled: true,
    version: 1,
    executionType: 2,
    settings,
  };
  return Object.assign(new WebHookConfigEntity(), plain, fields);
}

/** A table with one configuration for each path; its key is the path itself. */
function tableOf(...paths: string[]): RouteTable {
  const table = new RouteTable(sealer);
  for (const path of paths) {
    const config = configOf({ path, key: path });
    table.set(config.id, config);
  }
  return table;
}

/** The key and the parameters of what an address leads to; null for nothing. */
function found(table: RouteTable, url: string, method = 'POST'): [string, Record<string, string>] | null {
  const match = table.match(method, url);
  return match && [match.route.config.key, { ...match.params }];
}

describe('An address by path', () => {
  it('leads to its configuration, whatever the query', () => {
    const table = tableOf('/webhooks/a', '/webhooks/a/b');
    expect(found(table, '/api/webhooks/a')).toStrictEqual(['/webhooks/a', {}]);
    expect(found(table, '/api/webhooks/a/b?x=/c&y=?')).toStrictEqual(['/webhooks/a/b', {}]);
    expect(found(table, '/api/webhooks/a?')).toStrictEqual(['/webhooks/a', {}]);
  });

  it.each([
    '/api/webhooks/A',
    '/api/webhooks/a/',
    '/api/webhooks//a',
    '/api/webhooks/a/b',
    '/api/webhooks/',
    '/api/webhooks',
    '/webhooks/a',
    '/API/webhooks/a',
    '/api/webhooks/a%',
    '/api/webhooks/%ff',
    '/api/webhooks/a%2F',
    '/api/webhooks/x/../a',
    '/api/webhooks/__proto__',
    '',
  ])('is exact: %s is none of /webhooks/a', (url) => {
    expect(found(tableOf('/webhooks/a'), url)).toBeNull();
  });

  it('gives parameters their values, decoded', () => {
    const table = tableOf('/webhooks/shops/:shop/orders/:order');
    expect(found(table, '/api/webhooks/shops/n%C3%B6rd/orders/7')?.[1]).toStrictEqual({
      shop: 'nörd',
      order: '7',
    });
    expect(found(table, '/api/webhooks/shops/a+b/orders/x%20y')?.[1]).toStrictEqual({
      shop: 'a+b',
      order: 'x y',
    });
  });

  it('takes an encoded slash for a part of the value and never for a border of segments', () => {
    const table = tableOf('/webhooks/files/:name', '/webhooks/files/:folder/:name');
    expect(found(table, '/api/webhooks/files/a%2Fb')).toStrictEqual([
      '/webhooks/files/:name',
      { name: 'a/b' },
    ]);
    expect(found(table, '/api/webhooks/files/a/b')?.[0]).toBe('/webhooks/files/:folder/:name');
    expect(found(table, '/api/webhooks/files%2Fa')).toBeNull();
  });

  it('is the same address when its letters are encoded', () => {
    expect(found(tableOf('/webhooks/abc'), '/api/webhooks/%61b%63')?.[0]).toBe('/webhooks/abc');
  });

  it('decodes once: %2561 is the text %61', () => {
    expect(found(tableOf('/webhooks/:x'), '/api/webhooks/%2561')?.[1]).toStrictEqual({ x: '%61' });
    expect(found(tableOf('/webhooks/a'), '/api/webhooks/%2561')).toBeNull();
  });

  it('has no empty parameter', () => {
    const table = tableOf('/webhooks/a/:x', '/webhooks/a/:x/b');
    expect(found(table, '/api/webhooks/a/')).toBeNull();
    expect(found(table, '/api/webhooks/a//b')).toBeNull();
  });

  it('may name a parameter like anything', () => {
    const table = tableOf('/webhooks/p/:__proto__/:constructor');
    const params = table.match('POST', '/api/webhooks/p/1/2')?.params;
    expect(Object.entries(params ?? {})).toStrictEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  it('belongs to its method only', () => {
    const table = tableOf('/webhooks/a');
    const get = configOf({ path: '/webhooks/a', key: 'get', action: 'GET' });
    table.set(get.id, get);
    expect(found(table, '/api/webhooks/a', 'GET')?.[0]).toBe('get');
    expect(found(table, '/api/webhooks/a', 'POST')?.[0]).toBe('/webhooks/a');
    for (const method of ['PUT', 'HEAD', 'OPTIONS', 'post', ''])
      expect(found(table, '/api/webhooks/a', method)).toBeNull();
  });
});

describe('Of several paths', () => {
  it('the left-most literal wins', () => {
    const table = tableOf('/webhooks/:a/:b', '/webhooks/:a/x', '/webhooks/x/:b', '/webhooks/x/y');
    expect(found(table, '/api/webhooks/x/y')?.[0]).toBe('/webhooks/x/y');
    expect(found(table, '/api/webhooks/x/x')?.[0]).toBe('/webhooks/x/:b');
    expect(found(table, '/api/webhooks/q/x')?.[0]).toBe('/webhooks/:a/x');
    expect(found(table, '/api/webhooks/q/q')?.[0]).toBe('/webhooks/:a/:b');
  });

  it('a parameter has its turn where the literal leads nowhere, with clean values', () => {
    const table = tableOf('/webhooks/a/:x/c', '/webhooks/:p/b/:q', '/webhooks/:p/:q/:r/:s');
    expect(found(table, '/api/webhooks/a/b/d')).toStrictEqual(['/webhooks/:p/b/:q', { p: 'a', q: 'd' }]);
    expect(found(table, '/api/webhooks/a/b/c')).toStrictEqual(['/webhooks/a/:x/c', { x: 'b' }]);
    expect(found(table, '/api/webhooks/a/b/c/d')?.[1]).toStrictEqual({ p: 'a', q: 'b', r: 'c', s: 'd' });
    expect(found(table, '/api/webhooks/a/z/d')).toBeNull();
  });

  it('none answers a part of an address', () => {
    const table = tableOf('/webhooks/a/b/c');
    for (const url of ['/api/webhooks/a', '/api/webhooks/a/b', '/api/webhooks/a/b/c/d'])
      expect(found(table, url)).toBeNull();
  });

  it('the choice takes no time worth attacking, however many paths there are', () => {
    const letters = Array.from({ length: 12 }, (_, bit) => bit);
    const paths = Array.from({ length: 4096 }, (_, n) =>
      letters.map((bit) => ((n >> bit) & 1 ? 'a' : `:p${bit}`)).join('/'),
    );
    const table = tableOf(...paths.map((path) => `/webhooks/${path}/end`));
    const began = performance.now();
    expect(found(table, `/api/webhooks/${'a/'.repeat(12)}none`)).toBeNull();
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('An address by key', () => {
  it('leads to its configuration with its method only, and has no parameters', () => {
    const table = new RouteTable(sealer);
    const config = configOf({ key: 'my.key_1-x', path: '/webhooks/a/:x', action: 'PUT' });
    table.set(config.id, config);
    expect(found(table, '/api/webhooks/dynamic/my.key_1-x?a=1', 'PUT')).toStrictEqual(['my.key_1-x', {}]);
    expect(found(table, '/api/webhooks/dynamic/my%2Ekey_1-x', 'PUT')?.[0]).toBe('my.key_1-x');
    expect(found(table, '/api/webhooks/dynamic/my.key_1-x', 'POST')).toBeNull();
  });

  it.each(['My-Key', 'my-key/', 'my-key/x', '', '%', 'my-key%2F', '__proto__', 'constructor'])(
    'is exact: "%s" is not my-key',
    (segment) => {
      const table = new RouteTable(sealer);
      const config = configOf({ key: 'my-key', path: '/webhooks/a' });
      table.set(config.id, config);
      expect(found(table, `/api/webhooks/dynamic/${segment}`)).toBeNull();
    },
  );

  it.each([
    ['mono', '/webhooks/mono/callback'],
    ['remita', '/webhooks/remita'],
    ['remita-collection', '/webhooks/remita/collection-notification'],
  ])('is none for %s, which belongs to a fixed endpoint, and neither is its path', (key, path) => {
    const table = new RouteTable(sealer);
    const config = configOf({ key, path });
    table.set(config.id, config);
    expect(found(table, `/api/webhooks/dynamic/${key}`)).toBeNull();
    expect(found(table, `/api${path}`)).toBeNull();
  });
});

describe('A change', () => {
  it('of a configuration to disabled makes it unknown, and back', () => {
    const table = new RouteTable(sealer);
    const config = configOf({ id: 900, key: 'k', path: '/webhooks/k' });
    table.set(900, config);
    table.set(900, configOf({ id: 900, key: 'k', path: '/webhooks/k', isEnabled: false }));
    expect(found(table, '/api/webhooks/k')).toBeNull();
    expect(found(table, '/api/webhooks/dynamic/k')).toBeNull();
    table.set(900, config);
    expect(found(table, '/api/webhooks/k')?.[0]).toBe('k');
  });

  it('of path and method leaves nothing at the old address', () => {
    const table = new RouteTable(sealer);
    table.set(901, configOf({ id: 901, key: 'k', path: '/webhooks/old/:x' }));
    table.set(901, configOf({ id: 901, key: 'k', path: '/webhooks/new', action: 'GET' }));
    expect(found(table, '/api/webhooks/old/1')).toBeNull();
    expect(found(table, '/api/webhooks/new')).toBeNull();
    expect(found(table, '/api/webhooks/new', 'GET')?.[0]).toBe('k');
    expect(found(table, '/api/webhooks/dynamic/k')).toBeNull();
    expect(found(table, '/api/webhooks/dynamic/k', 'GET')?.[0]).toBe('k');
  });

  it('counts for the next call with the new version', () => {
    const table = new RouteTable(sealer);
    table.set(902, configOf({ id: 902, key: 'k', path: '/webhooks/k' }));
    table.set(902, configOf({ id: 902, key: 'k', path: '/webhooks/k', version: 2 }));
    expect(table.match('POST', '/api/webhooks/k')?.route.config.version).toBe(2);
    expect(table.match('POST', '/api/webhooks/dynamic/k')?.route.config.version).toBe(2);
  });

  it('hands an address over to its heir, whoever is told of first', () => {
    const table = new RouteTable(sealer);
    table.set(903, configOf({ id: 903, key: 'one', path: '/webhooks/shared/:x' }));
    table.set(904, configOf({ id: 904, key: 'two', path: '/webhooks/shared/:y' }));
    table.set(903, null);
    expect(found(table, '/api/webhooks/shared/5')).toStrictEqual(['two', { y: '5' }]);
  });

  it('that removes what was never there changes nothing', () => {
    const table = tableOf('/webhooks/a');
    table.set(999_999, null);
    expect(found(table, '/api/webhooks/a')?.[0]).toBe('/webhooks/a');
  });
});
