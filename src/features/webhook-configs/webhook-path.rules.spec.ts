import { describe, expect, it } from 'vitest';
import { pathFault, pathShape } from './webhook-path.rules.ts';

describe('A path', () => {
  it.each([
    '/webhooks/a',
    '/webhooks/a/b/c/d/e',
    '/webhooks/:id',
    '/webhooks/shops/:shop/orders/:order',
    '/webhooks/_x/:_y',
    "/webhooks/a-b_c.d~!$&'()*+,;=@",
    '/webhooks/A',
    '/webhooks/...',
    '/webhooks/:constructor/:__proto__',
    `/webhooks/${'x'.repeat(502)}`,
  ])('may be %s', (path) => {
    expect(pathFault(path, 'any')).toBeNull();
  });

  it.each([
    ['/hooks/a', 'must start with /webhooks/'],
    ['webhooks/a', 'must start with /webhooks/'],
    ['/Webhooks/a', 'must start with /webhooks/'],
    ['/webhooks', 'must start with /webhooks/'],
    ['/api/webhooks/a', 'must start with /webhooks/'],
    ['/webhooks/', 'must not end with a slash'],
    ['/webhooks/a/', 'must not end with a slash'],
    ['/webhooks/a/./b', 'must not have the segments . and ..'],
    ['/webhooks/a/..', 'must not have the segments . and ..'],
    ['/webhooks/:a/b/:a', 'has the parameter :a twice'],
    [`/webhooks/${'x'.repeat(503)}`, 'must be at most 512 characters long'],
  ])('%s %s', (path, fault) => {
    expect(pathFault(path, 'any')).toBe(fault);
  });

  it.each(['a b', 'a:b', 'a%20b', 'é', 'a?b', 'a#b', 'a\\b', 'a\nb', '*{x}', 'a"b', '<a>', ''])(
    'has no segment "%s"',
    (segment) => {
      expect(pathFault(`/webhooks/${segment}/z`, 'any')).toMatch(/^has a bad segment /);
    },
  );

  it.each([':', ':1a', ':a-b', ':a.b', ':é', '::a', ':a:b', `:${'a'.repeat(65)}`])(
    'has no parameter "%s"',
    (segment) => {
      expect(pathFault(`/webhooks/x/${segment}`, 'any')).toBe(
        `has a bad parameter "${segment}": a colon, then letters, digits and _`,
      );
    },
  );
});

describe('A reserved address', () => {
  const roots = [
    '/webhooks/dynamic',
    '/webhooks/mono',
    '/webhooks/paystack',
    '/webhooks/remita',
    '/webhooks/results',
  ];

  it.each(roots)('is %s and all below it', (root) => {
    const fault = `must not lie under ${root}: that address is reserved`;
    expect(pathFault(root, 'any')).toBe(fault);
    expect(pathFault(`${root}/x`, 'any')).toBe(fault);
    expect(pathFault(`${root}/:x/y`, 'any')).toBe(fault);
  });

  it.each(roots)('ends with the segment: %spoly is free', (root) => {
    expect(pathFault(`${root}poly`, 'any')).toBeNull();
    expect(pathFault(`${root}-x/callback`, 'any')).toBeNull();
    expect(pathFault(root.toUpperCase().replace('/WEBHOOKS', '/webhooks'), 'any')).toBeNull();
    expect(pathFault(root.replace('/webhooks/', '/webhooks/a/'), 'any')).toBeNull();
  });

  it.each([
    ['mono', '/webhooks/mono/callback'],
    ['remita', '/webhooks/remita'],
    ['remita-collection', '/webhooks/remita/collection-notification'],
    ['paystack', '/webhooks/paystack'],
  ])('belongs to its key: %s has %s and no other path', (key, path) => {
    expect(pathFault(path, key)).toBeNull();
    expect(pathFault('/webhooks/free', key)).toBe(`must be ${path}: the key ${key} belongs to that endpoint`);
    expect(pathFault(path, 'other')).toMatch(/^must not lie under /);
    expect(pathFault(path, key.toUpperCase())).toMatch(/^must not lie under /);
  });

  it.each(['constructor', '__proto__', 'toString'])('has nothing to do with a key like %s', (key) => {
    expect(pathFault('/webhooks/free', key)).toBeNull();
  });
});

describe('The shape of a path', () => {
  it.each([
    ['/webhooks/a/b', '/webhooks/a/b'],
    ['/webhooks/a/:x', '/webhooks/a/:'],
    ['/webhooks/:x/:y/z', '/webhooks/:/:/z'],
    ['/webhooks/a/b:c', '/webhooks/a/b:c'],
  ])('of %s is %s', (path, shape) => {
    expect(pathShape(path)).toBe(shape);
  });

  it('is the same for paths that differ in the names of parameters only', () => {
    expect(pathShape('/webhooks/a/:x/b/:y')).toBe(pathShape('/webhooks/a/:y/b/:x'));
    expect(pathShape('/webhooks/a/:x')).not.toBe(pathShape('/webhooks/a/x'));
    expect(pathShape('/webhooks/a/:x')).not.toBe(pathShape('/webhooks/A/:x'));
  });
});
