import { REACH, ofKind } from './hostile-script.ts';

/** `doCmd` with what cannot be sent, too often, too deep, or from places where nobody expects it. */
export const hostCalls = ofKind('rejected host calls', [
  {
    name: 'a call that fails gives an envelope and rejects nothing',
    source: `const { success, data } = doCmd('NoSuchCommand', { a: 1 }); return { success, data };`,
    expect: { returned: { success: false, data: null } },
  },
  {
    name: 'names of inherited members are no commands',
    source: `return ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'then'].map((name) => doCmd(name, {}).success);`,
    expect: { returned: [false, false, false, false, false] },
  },
  {
    name: 'names that are no strings are no commands and are not asked to become some',
    source: `return [undefined, null, 1, {}, [], Symbol('s'), { toString() { for (;;); } }, ''].map((name) => doCmd(name, {}).success);`,
    expect: { returned: [false, false, false, false, false, false, false, false] },
  },
  {
    name: 'data that cannot be sent gives an envelope',
    source: `
      const ring = {}; ring.ring = ring;
      const { proxy, revoke } = Proxy.revocable({}, {}); revoke();
      return [ring, { n: 1n }, proxy, { get a() { throw new Error('no'); } }, 'text', [1], 7, () => {}].map((data) => doCmd('NoSuchCommand', data).success);`,
    expect: { returned: [false, false, false, false, false, false, false, false] },
  },
  {
    name: 'calls for ever end at their limit',
    source: `for (;;) doCmd('NoSuchCommand', {});`,
    expect: { limit: 'calls' },
  },
  {
    name: 'calls for ever cannot be caught at their limit',
    source: `for (let round = 0; round < 200; round += 1) { try { doCmd('NoSuchCommand', {}); } catch {} finally { continue; } } return 'survived';`,
    expect: { limit: 'calls' },
  },
  {
    name: 'calls from a toJSON within a call keep their order and their envelopes',
    source: `
      const seen = [];
      const outer = doCmd('NoSuchCommand', { toJSON() { seen.push(doCmd('NoSuchInner', {}).success); return {}; } });
      seen.push(outer.success);
      return seen;`,
    expect: { returned: [false, false] },
  },
  {
    name: 'calls from the serialising of the result count and end at their limit',
    source: `return { toJSON() { for (;;) doCmd('NoSuchCommand', {}); } };`,
    expect: { limit: 'calls' },
  },
  {
    name: 'a call with a field __proto__ changes no object of the server',
    source: `
      doCmd('GetWebHookConfigByIdQuery', JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"id":999999}'));
      const { data } = doCmd('GetWebHookConfigListQuery', { pageSize: 1 });
      return [({}).polluted ?? 'clean', data?.polluted ?? 'clean'];`,
    expect: { returned: ['clean', 'clean'] },
  },
  {
    name: 'a call cannot smuggle another command in its data',
    source: `
      const { success } = doCmd('GetWebHookConfigListQuery', { $type: 'DeleteWebHookConfigCommand', id: 1 });
      return [success, doCmd('GetWebHookConfigListQuery', { pageSize: 1 }).success];`,
    expect: { returned: [false, true] },
  },
  {
    name: 'the envelope is the script’s own and no other call sees it changed',
    source: `
      const first = doCmd('NoSuchCommand', {}); first.message = 'changed'; first.errors.push('changed');
      try { Object.getPrototypeOf(first).polluted = 1; } catch {}
      const second = doCmd('NoSuchCommand', {});
      return [second.message === 'changed', second.errors.length === first.errors.length, second.polluted ?? 'clean'];`,
    expect: { returned: [false, false, 'clean'] },
  },
  {
    name: 'data as deep as the sandbox can write it brings nobody down',
    source: `
      let sent = 0;
      for (const depth of [100, 900, 2000, 3000, 4000, 5000, 6000, 7000, 8000]) {
        let data = {}; for (let level = 0; level < depth; level += 1) data = { d: data };
        if (doCmd('NoSuchCommand', data).success === false) sent += 1;
      }
      return sent;`,
    expect: { returned: 9 },
  },
  {
    name: 'deep data to a command that takes any JSON gives an envelope',
    source: `
      let data = true; for (let level = 0; level < 4000; level += 1) data = { not: data };
      return doCmd('CreateWebHookConfigCommand', { key: 'deep', description: 'd', isEnabled: true, path: '/webhooks/deep', action: 'POST', executionType: 2, executionCode: 'return 1', bodySchema: data }).success;`,
    expect: { returned: false },
  },
  {
    name: 'calls at the end of the stack do not disturb what comes after',
    source: `
      let calls = 0; let good = 0;
      const dive = (depth) => { try { dive(depth + 1); } catch {} if (depth % 97 === 0 && calls < 40) { calls += 1; try { doCmd('NoSuchCommand', { depth }); } catch {} } };
      try { dive(1); } catch {}
      for (let round = 0; round < 5; round += 1) if (doCmd('NoSuchCommand', {}).success === false) good += 1;
      return good;`,
    calls: 3,
    expect: { returned: 5 },
  },
  {
    name: 'megabytes of input stay within the limits of a result',
    source: `return doCmd('NoSuchCommand', { text: 'x'.repeat(4e6) }).success;`,
    expect: { returned: false },
  },
  {
    name: 'a call in a rejected promise chain brings no rejection to the server',
    source: `${REACH}
      for (let round = 0; round < 20; round += 1) Promise.resolve().then(() => doCmd('NoSuchCommand', {})).then((envelope) => { throw envelope; });
      return reach(() => doCmd('NoSuchCommand').errors);`,
    expect: { returned: 'contained' },
  },
]);
