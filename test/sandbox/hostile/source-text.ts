import { REACH, ofKind } from './hostile-script.ts';

const refused = { refused: /compile/ };

/** Texts that try to be more than the body of one strict async function. */
export const sourceText = ofKind('source text that breaks out', [
  {
    name: 'closing the function and opening another is refused',
    source: `}); evil; (async () => {`,
    expect: refused,
  },
  {
    name: 'closing the function and running code at save or load is refused',
    source: `return 1; } ; globalThis.leaked = typeof process; for (;;); async function other() {`,
    expect: refused,
  },
  {
    name: 'closing it behind a comment, a template or an expression is refused',
    source: `/* */ } /* */ , function () { return process; } ) ( { //`,
    expect: refused,
  },
  { name: 'a parameter list in the text is refused', source: `}, a = process) => {`, expect: refused },
  { name: 'an open comment is refused', source: `return 1; /* the rest`, expect: refused },
  { name: 'an open template is refused', source: 'return `the rest', expect: refused },
  { name: 'a null byte in the text is refused', source: 'return 1;\0 return 2;', expect: refused },
  { name: 'import.meta is refused', source: `return import.meta.url;`, expect: refused },
  {
    name: 'static imports and exports are refused',
    source: `import fs from 'node:fs'; export { fs };`,
    expect: refused,
  },
  { name: 'with is refused', source: `with (context) { return body; }`, expect: refused },
  {
    name: 'octals and deletes of names are refused',
    source: `var x = 010; delete x; return x;`,
    expect: refused,
  },
  {
    name: 'a directive of the text’s own cannot end strictness',
    source: `"use sloppy"; 'no strict'; return [(function () { return this === undefined; })(), typeof undefinedName];`,
    expect: { returned: [true, 'undefined'] },
  },
  {
    name: 'comments in HTML’s style hide nothing',
    source: `let seen = 'start';\n<!-- seen = 'opened'; }); process.exit(); (() => {\n--> seen = 'closed';\nreturn seen;`,
    expect: { returned: 'start' },
  },
  {
    name: 'a last line comment does not swallow the end',
    source: `return 'kept' // })();`,
    expect: { returned: 'kept' },
  },
  {
    name: 'line separators end a comment and nothing more',
    source: `// hidden \u2028 return 'shown'; //\u2029`,
    expect: { returned: 'shown' },
  },
  {
    name: 'new.target, arguments and callee give no function away',
    source: `${REACH}
      let callee = 'kept'; try { callee = arguments.callee; } catch { callee = 'kept'; }
      return [typeof new.target, arguments.length, arguments[0] === context, callee, reach(() => arguments)];`,
    expect: { returned: ['undefined', 1, true, 'kept', 'contained'] },
  },
  {
    name: 'names written with escapes reach nothing more',
    source: `return [typeof pr\\u006fcess, typeof \\u0072equire, typeof globalThis['\\x70rocess'], typeof module, typeof __filename, typeof __dirname];`,
    expect: { returned: ['undefined', 'undefined', 'undefined', 'undefined', 'undefined', 'undefined'] },
  },
  {
    name: 'labels, static blocks and odd awaits leave the text within its function',
    source: `
      out: { class Odd { static { this.seen = typeof process; } static [await Promise.resolve('key')] = 1; } if (Odd.seen !== 'undefined') break out; return [Odd.seen, Odd.key]; }
      return 'escaped';`,
    expect: { returned: ['undefined', 1] },
  },
  {
    name: 'a function named like a global of ours does not replace it',
    source: `function doCmd() { return 'mine'; } var console = { log: () => 'mine' }; var respond = doCmd, JSON = { stringify: () => 'mine' }, Promise = null; return [doCmd(), console.log()];`,
    expect: { returned: ['mine', 'mine'] },
  },
  {
    name: 'brackets nested deeper than the parser’s stack are refused',
    source: `return ${'('.repeat(50_000)}1${')'.repeat(50_000)};`,
    expect: { refused: /./ },
  },
  {
    name: 'a text that is hard to parse does not hold the server',
    source: `return ${'(a='.repeat(300)}1${')'.repeat(300)} && ${'async ('.repeat(200)}1${')'.repeat(200)};`,
    expect: { oneOf: [{ refused: /./ }, { threw: /not defined/ }] },
  },
]);
