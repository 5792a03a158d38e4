/** Says whether a text compiles as a script, without running any of it. */
import ivm from 'isolated-vm';

const MEMORY_MB = 64;
const POSITION = / \[script:(\d+):(\d+)\]$/;

const COMPILE = `(source) => {
  try {
    new (async () => {}).constructor('context', '"use strict";\\n' + source + '\\n');
    return undefined;
  } catch (error) {
    return String(error.message);
  }
}`;

function positioned(isolate: ivm.Isolate, source: string, message: string): string {
  try {
    // Compiled, not run: this text can be broken out of, which the other compilation has just refused.
    isolate.compileScriptSync(`(async function (context) { "use strict";\n${source}\n})`, {
      filename: 'script',
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : message;
    const position = POSITION.exec(text);
    if (position === null) return text;
    const line = Number(position[1]) - 1;
    // What stands after its last line is ours.
    if (line > source.split('\n').length)
      return 'The script ends too early: something is not closed or not finished';
    return `${text.slice(0, position.index)} (line ${line}, column ${position[2]})`;
  }
  return message === 'Single function literal required'
    ? 'The script closes more brackets than it opens'
    : message;
}

/** The first syntax error with its place, or nothing when the text compiles as the body of a strict async function. */
export function syntaxError(source: string): string {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MB });
  try {
    const compile = isolate.createContextSync().evalSync(COMPILE, { reference: true }) as ivm.Reference;
    const message = compile.applySync(undefined, [source]) as string | undefined;
    return message === undefined ? '' : positioned(isolate, source, message);
  } finally {
    isolate.dispose();
  }
}
