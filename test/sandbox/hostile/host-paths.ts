import { ofKind } from './hostile-script.ts';

/** A path of the machine, a frame of the host, or the name of one of its files. */
const foreign = `
const foreign = (text) => /node:|file:\\/\\/|node_modules|isolated|\\.[cm]?[jt]s\\b|\\/(?:root|home|usr|opt|tmp|var|work|app|srv)\\b/.test(String(text));
const caught = (work) => { try { work(); return ''; } catch (error) { return error.stack + error.message + String(error.cause?.stack); } };
`;

/** What stacks and messages tell about the machine. */
export const hostPaths = ofKind('host paths in stacks', [
  {
    name: 'the stack of an own error names no file of the host',
    source: `${foreign} const deep = (left) => left === 0 ? new Error('x').stack : deep(left - 1); return foreign(new Error('x').stack) || foreign(deep(3));`,
    expect: { returned: false },
  },
  {
    name: 'the stack of a host function’s error names no file of the host',
    source: `${foreign}
      const works = [() => new URL('::'), () => atob('%'), () => btoa('€'), () => crypto.hash('nope', 'x'), () => crypto.hmac('nope', 'k', 'x'), () => crypto.hash('sha256', 5),
        () => new TextDecoder('latin1'), () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])), () => secrets.get('none'), () => respond({ status: 1 }), () => respond({ headers: { a: Symbol() } })];
      return works.map(caught).filter(foreign);`,
    expect: { returned: [] },
  },
  {
    name: 'an error’s stack thrown as its message is the sandbox’s own',
    source: `${foreign} throw new Error(foreign(new Error('x').stack) ? 'told' : 'kept');`,
    expect: { threw: /^kept$/ },
  },
  {
    name: 'a thrown error is answered without its stack',
    source: `const error = new TypeError('just this'); error.stack = 'TypeError: just this\\n    at secret (/etc/passwd:1:1)'; throw error;`,
    expect: { threw: /^just this$/ },
  },
  {
    name: 'a logged error is kept without its stack',
    source: `console.error(new Error('just this'), { nested: new TypeError('and that') }); return 'done';`,
    expect: { returned: 'done' },
    logs: (lines) =>
      lines.length === 1 && /just this/.test(lines[0] ?? '') && !/\n|\bat /.test(lines[0] ?? ''),
  },
  {
    name: 'a stack overflow tells no frames of the host',
    source: `${foreign}
      const seen = [];
      const down = () => { try { return down(); } catch (error) { if (seen.length < 3) seen.push(error.stack); throw error; } };
      try { down(); } catch {}
      return seen.some(foreign);`,
    expect: { returned: false },
  },
  {
    name: 'views of odd kinds do not make a host function fail with its own stack',
    source: `${foreign}
      class Wider extends Uint8Array { static get [Symbol.species]() { return Float64Array; } }
      class Narrow extends Float64Array { static get [Symbol.species]() { return Uint8Array; } }
      const gone = new Uint8Array(8); gone.buffer.transfer();
      const growing = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }));
      const odd = [new Wider(4), new Narrow(4), gone, growing, new DataView(new ArrayBuffer(4)), new ArrayBuffer(4), Object.create(Uint8Array.prototype), new Proxy(new Uint8Array(4), {}), new BigInt64Array(1), new Uint8Array(0)];
      const works = odd.flatMap((left) => odd.flatMap((right) => [() => crypto.timingSafeEqual(left, right), () => crypto.hmac('sha256', left, right)]));
      works.push(...odd.flatMap((one) => [() => crypto.hash('sha256', one), () => new TextDecoder().decode(one), () => console.log(one)]));
      return works.map(caught).filter(foreign).slice(0, 2);`,
    expect: { returned: [] },
  },
  {
    name: 'rejections of import and compile errors name no file of the host',
    source: `${foreign}
      const seen = [];
      for (const attempt of [() => import('./x.js'), () => import('/etc/passwd'), () => Function('return import("x")')(), () => new Function('}{'), () => (0, eval)('}{'), () => new RegExp('(')]) { try { await attempt(); } catch (error) { seen.push(error.stack + error.message); } }
      return [seen.length, seen.filter(foreign)];`,
    expect: { returned: [6, []] },
  },
  {
    name: 'functions lent by the host show no source of the host',
    source: `${foreign} return [doCmd, respond, console.log, crypto.hash, crypto.randomUUID, secrets.get, URL, TextDecoder, atob, Object.getOwnPropertyDescriptor(context, 'rawBodyBase64')?.get].map((one) => foreign(Function.prototype.toString.call(one ?? (() => {}))) || /\\b(?:require|process|Buffer)\\b/.test(String(one))).includes(true);`,
    expect: { returned: false },
  },
]);
