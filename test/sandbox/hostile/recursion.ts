import { ofKind } from './hostile-script.ts';

const overflow = { threw: /call stack/ };

/** What a script can make the host do; each is called with less and less stack left, down to none. */
const lent = {
  randomUUID: `crypto.randomUUID()`,
  hash: `crypto.hash('sha256', 'x')`,
  hmac: `crypto.hmac('sha256', 'k', 'x')`,
  timingSafeEqual: `crypto.timingSafeEqual('a', 'b')`,
  URL: `new URL('http://a/b?c')`,
  atob: `atob('YQ==')`,
  TextEncoder: `new TextEncoder().encode('x')`,
  TextDecoder: `new TextDecoder().decode(new Uint8Array([65]))`,
  rawBodyBase64: `context.rawBodyBase64`,
  'console.log': `console.log('x')`,
  doCmd: `doCmd('NoSuchCommand', {})`,
};

const atTheEndOfTheStack = Object.entries(lent).map(([name, work]) => ({
  name: `${name} at the end of the stack tells no file of the host`,
  source: `
      const told = new Set();
      const note = (error) => { const text = error.stack + error.message; if (/node:|[.][jt]s:|file:/.test(text)) told.add(text.slice(0, 400)); };
      const dive = () => { try { dive(); } catch {} try { ${work}; } catch (error) { try { note(error); } catch {} } };
      try { dive(); } catch {}
      return [...told];`,
  // A host function that ran out of stack half-way may take its worker with it.
  expect: { oneOf: [{ returned: [] }, { limit: 'memory' as const }, { limit: 'calls' as const }] },
}));

/** The end of the stack, in the script's frames and in V8's own. */
export const recursion = ofKind('deep recursion', [
  {
    name: 'plain recursion is the script’s own error',
    source: `const down = () => down() + 1; return down();`,
    expect: overflow,
  },
  {
    name: 'recursion that catches its own overflow is stopped',
    source: `const down = () => { try { down(); } catch { down(); } finally { down(); } }; down(); return 'survived';`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'recursion through getters of the result is the script’s own error',
    source: `const deep = () => ({ get deeper() { return deep(); } }); return deep();`,
    expect: { oneOf: [overflow, { limit: 'result-size' }] },
  },
  {
    name: 'recursion through toString is the script’s own error',
    source: `const odd = { toString() { return odd + ''; } }; return odd + '';`,
    expect: overflow,
  },
  {
    name: 'recursion through a sort’s comparator is the script’s own error',
    source: `const down = () => [2, 1].sort(down); return down();`,
    expect: overflow,
  },
  {
    name: 'recursion through replace callbacks is the script’s own error',
    source: `const down = () => 'x'.replace(/x/, down); return down();`,
    expect: overflow,
  },
  {
    name: 'recursion through console.log of a proxy ends',
    source: `const spy = new Proxy({}, { ownKeys() { console.log(spy); return []; } }); console.log(spy); return 'done';`,
    expect: { oneOf: [{ returned: 'done' }, { limit: 'running-time' }] },
  },
  ...atTheEndOfTheStack,
  {
    name: 'logs written at the end of the stack do not disturb what comes after',
    source: `
      const dive = () => { try { dive(); } catch {} try { console.log('x'); } catch {} };
      try { dive(); } catch {}
      return crypto.hash('sha256', 'abc').slice(0, 8);`,
    calls: 3,
    expect: { returned: 'ba7816bf' },
  },
  {
    name: 'the answer is settled although the stack ended in its serialising',
    source: `const dive = (left) => { if (left === 0) return; try { dive(left - 1); } catch {} }; dive(1e9); return { toJSON() { const down = () => down() + 1; return down(); } };`,
    expect: overflow,
  },
  {
    name: 'recursion in a class with private names and static blocks is the script’s own error',
    source: `const make = () => class extends make() { static { make(); } }; return make();`,
    expect: overflow,
  },
  {
    name: 'recursion by Function and eval is the script’s own error',
    source: `const text = 'return Function("text", text)(text)'; return Function('text', text)(text);`,
    expect: { oneOf: [overflow, { limit: 'running-time' }, { limit: 'memory' }] },
  },
]);
