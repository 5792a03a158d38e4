import { REACH, ofKind } from './hostile-script.ts';

/** V8 hands call sites, and with them functions and `this` values, to whoever sets `prepareStackTrace`. */
export const prepareStackTrace = ofKind('prepareStackTrace', [
  {
    name: 'call sites of an own prepareStackTrace give nobody’s this or function away',
    source: `${REACH}
      let sites = [];
      try { Error.prepareStackTrace = (error, given) => (sites = given); } catch {}
      const stack = new Error('x').stack;
      return reach(...[...sites, ...(Array.isArray(stack) ? stack : [])].flatMap((site) => [() => site, () => site.getThis(), () => site.getFunction(), () => site.getPromiseIndex]));`,
    expect: { returned: 'contained' },
  },
  {
    name: 'prepareStackTrace set through defineProperty and subclasses stays without effect',
    source: `
      let called = 0;
      const note = () => { called += 1; return 'mine'; };
      for (const target of [Error, TypeError, Function.prototype, Object.prototype, globalThis]) {
        try { Object.defineProperty(target, 'prepareStackTrace', { value: note }); } catch {}
      }
      class Own extends Error { static prepareStackTrace = note; }
      String(new Own('x').stack); String(new TypeError('y').stack);
      return called;`,
    expect: { returned: 0 },
  },
  {
    name: 'a host function that fails does not call the script’s prepareStackTrace',
    source: `${REACH}
      let found = 'contained';
      try { Error.prepareStackTrace = (error, sites) => { for (const site of sites) { const one = reach(() => site.getThis(), () => site.getFunction(), () => error); if (one !== 'contained') found = one; } return ''; }; } catch {}
      for (const work of [() => new URL('no'), () => atob('*'), () => crypto.hash('no', ''), () => doCmd(Symbol()), () => console.log({ get a() { throw new Error(); } })]) {
        try { work(); } catch (error) { String(error.stack); }
      }
      return found;`,
    expect: { returned: 'contained' },
  },
  {
    name: 'a stack overflow inside a host function gives no call sites',
    source: `${REACH}
      let found = 'contained';
      try { Error.prepareStackTrace = (error, sites) => { for (const site of sites) found = reach(() => site.getFunction(), () => site.getThis(), () => site) === 'contained' ? found : 'escaped'; return ''; }; } catch {}
      const dive = () => { try { dive(); } catch (error) { String(error.stack); } try { new URL('http://a/b'); } catch (error) { String(error.stack); } };
      let depth = 0;
      const once = () => { depth += 1; if (depth < 2000) once(); else dive; };
      try { once(); } catch {}
      try { (function deep() { crypto.randomUUID(); deep(); })(); } catch (error) { String(error.stack); }
      return found;`,
    expect: { returned: 'contained' },
  },
  {
    name: 'captureStackTrace writes on the script’s own objects only',
    source: `
      const outcome = (target) => { try { Error.captureStackTrace(target); return Object.hasOwn(target, 'stack'); } catch { return false; } };
      return [outcome(console), outcome(Object.prototype), outcome(globalThis), outcome(context), outcome({})];`,
    expect: { returned: [false, false, false, false, true] },
  },
  {
    name: 'stackTraceLimit is the same for the next run',
    source: `
      const before = Error.stackTraceLimit;
      try { Error.stackTraceLimit = 1e9; } catch {}
      try { Object.defineProperty(Error, 'stackTraceLimit', { get() { for (;;); } }); } catch {}
      return before;`,
    calls: 4,
    expect: { returned: 10 },
  },
]);
