import { REACH, ofKind } from './hostile-script.ts';

const contained = { returned: 'contained' };

/** Ways from an object at hand to the `Function` of the host. */
export const constructorChains = ofKind('constructor and prototype chains', [
  {
    name: 'the constructor chain of a global leads to no process',
    source: `${REACH} return reach(() => console.log, () => console, () => doCmd, () => respond, () => crypto.hash);`,
    expect: contained,
  },
  {
    name: 'the constructor chain of the context and what is in it leads to no process',
    source: `${REACH} return reach(() => context, () => context.body, () => context.headers, () => context.query, () => context.body.list);`,
    body: { list: [1, { two: 2 }] },
    expect: contained,
  },
  {
    name: 'classes lent by the host bring none of its constructors',
    source: `${REACH}
      return reach(() => URL, () => new URL('http://a/').searchParams, () => TextEncoder, () => TextDecoder,
        () => new TextEncoder().encode('a'), () => new TextEncoder().encode('a').buffer, () => URL.prototype.toString);`,
    expect: contained,
  },
  {
    name: 'the envelope of doCmd is an object of the sandbox',
    source: `${REACH}
      const envelope = doCmd('NoSuchCommand', {});
      return reach(() => envelope, () => envelope.errors, () => Object.getPrototypeOf(envelope));`,
    expect: contained,
  },
  {
    name: 'an error made by a host function is an error of the sandbox',
    source: `${REACH}
      const caught = (work) => { try { work(); } catch (error) { return error; } };
      const errors = [caught(() => new URL('no')), caught(() => atob('*')), caught(() => crypto.hash('no', 'x')),
        caught(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))), caught(() => respond(1))];
      return reach(...errors.map((error) => () => error)) + errors.every((error) => error instanceof Error);`,
    expect: { returned: 'containedtrue' },
  },
  {
    name: 'an overflow of the stack inside a host function is no error of the host',
    source: `${REACH}
      let seen = 'contained';
      const works = [() => console.log({}), () => new URL('http://a/b'), () => doCmd('NoSuchCommand'), () => atob('YQ=='), () => crypto.hash('sha256', 'x'), () => new TextEncoder().encode('x')];
      for (const work of works) {
        const dive = () => { try { dive(); } catch {} try { work(); } catch (error) { try { const one = reach(() => error); if (one !== 'contained') seen = one; } catch {} } };
        try { dive(); } catch {}
      }
      return seen;`,
    expect: { oneOf: [contained, { limit: 'memory' }, { limit: 'calls' }, { limit: 'running-time' }] },
  },
  {
    name: 'a custom inspection is handed no function of the host',
    source: `${REACH}
      let seen = 'contained';
      const spy = (...values) => { const one = reach(...values.map((value) => () => value)); if (one !== 'contained') seen = one; return 'x'; };
      console.log({ [Symbol.for('nodejs.util.inspect.custom')]: spy }, '%o %s', { [Symbol.toPrimitive]: spy, toString: spy });
      return seen;`,
    expect: contained,
  },
  {
    name: 'callbacks and iterators of what the host lends bring nothing of its own',
    source: `${REACH}
      const params = new URL('http://a/?b=c').searchParams;
      const found = [params.entries(), params.keys(), params[Symbol.iterator](), new URLSearchParams({ a: 1 }), params.getAll('b')];
      params.forEach(function (...values) { found.push(...values, this); });
      new URLSearchParams({ [Symbol.iterator]() { return { next(...values) { found.push(...values, this); return { done: true }; } }; } });
      return reach(...found.map((value) => () => value));`,
    expect: contained,
  },
  {
    name: 'what is thrown by lent functions at odd arguments is of the sandbox',
    source: `${REACH}
      const caught = [];
      const odd = [Symbol('s'), 1n, null, {}, { toString: null }, Object.create(null), new Proxy({}, {}), () => {}];
      for (const value of odd) {
        for (const work of [() => crypto.hash(value, value), () => crypto.hmac('sha256', value, value), () => crypto.timingSafeEqual(value, value), () => new URL(value), () => new URLSearchParams([value]), () => atob(value), () => new TextDecoder(value), () => new TextDecoder().decode(value), () => secrets.get(value), () => respond(value), () => new TextEncoder().encodeInto('a', value)]) {
          try { work(); } catch (error) { caught.push(error); }
        }
      }
      return [reach(...caught.map((error) => () => error)), caught.length > 30, caught.every((error) => error instanceof Error)];`,
    expect: { returned: ['contained', true, true] },
  },
  {
    name: 'what a host function returns is of the sandbox',
    source: `${REACH}
      return reach(() => respond({ status: 200 }), () => doCmd('NoSuchCommand'), () => new URL('http://a/').origin, () => new TextEncoder().encodeInto('a', new Uint8Array(1)), () => Object.getOwnPropertyDescriptor(URL.prototype, 'href').get, () => URL.parse?.('http://a/'));`,
    expect: contained,
  },
  {
    name: 'an async function has no constructor of the host',
    source: `${REACH}
      const AsyncFunction = (async () => {}).constructor;
      const type = await AsyncFunction('return typeof process + typeof require + typeof module')();
      return reach(() => AsyncFunction, () => doCmd.call, () => (async () => {})()) + type;`,
    expect: { returned: 'containedundefinedundefinedundefined' },
  },
  {
    name: 'generator constructors build nothing outside the sandbox',
    source: `
      const Generator = (function* () {}).constructor;
      const AsyncGenerator = (async function* () {}).constructor;
      const first = Generator('yield typeof process')().next().value;
      const second = (await AsyncGenerator('yield typeof globalThis.process')().next()).value;
      return first + second;`,
    expect: { returned: 'undefinedundefined' },
  },
  {
    name: 'sloppy code does not get the host through its caller or its this',
    source: `${REACH}
      const sloppy = Function('return [this, arguments.callee.caller, typeof this.process]');
      const [self, caller, type] = console.error.call(null) ?? sloppy();
      return reach(() => self, () => caller, () => self.constructor) + type + (caller === null);`,
    expect: { returned: 'containedundefinedtrue' },
  },
  {
    name: 'lookups of accessors on what the host lends lead back to the sandbox',
    source: `${REACH}
      const getter = ({}).__lookupGetter__('__proto__');
      const climb = (value) => { let top = value; for (let next; (next = getter.call(top)) !== null; ) top = next; return top; };
      return reach(() => climb(console).constructor, () => climb(doCmd).constructor, () => climb(context).hasOwnProperty);`,
    expect: contained,
  },
  {
    name: 'an indirect eval sees no more than the script',
    source: `return (0, eval)('typeof process + typeof require + typeof globalThis.constructor.constructor("return process")') ;`,
    expect: { returned: 'undefinedundefinedfunction' },
  },
  {
    name: 'import finds no module',
    source: `
      const outcome = async (name) => { try { return typeof (await import(name)).default; } catch { return 'refused'; } };
      return [await outcome('node:fs'), await outcome('fs'), await outcome('data:text/javascript,export default 1')];`,
    expect: { returned: ['refused', 'refused', 'refused'] },
  },
  {
    name: 'import inside Function, eval and a getter of its options finds no module',
    source: `
      const tries = [() => Function('return import("node:child_process")')(), () => (0, eval)('import("node:os")'),
        () => import('node:fs', { get with() { return import('node:fs'); } })];
      const seen = [];
      for (const attempt of tries) { try { await attempt(); seen.push('module'); } catch { seen.push('refused'); } }
      return seen;`,
    expect: { returned: ['refused', 'refused', 'refused'] },
  },
]);
