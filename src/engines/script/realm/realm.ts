/** The sandbox's realm, built inside the isolate. Runs as one text there; see `worker/realm-source.ts`. */
import { SETTLED, host, lendHost } from './host.ts';
import { TextDecoder, TextEncoder, base64Functions, cryptoFunctions } from './realm-bytes.ts';
import { freezeRealm, freezeSurface, removeForbidden } from './realm-freeze.ts';
import { thrownMessage } from './realm-format.ts';
import {
  consoleFunctions,
  createRun,
  doCmd,
  respond,
  secretsFunctions,
  type CompiledScript,
} from './realm-run.ts';
import { installTime } from './realm-time.ts';
import { URL, URLSearchParams } from './realm-url.ts';

function defineGlobals(): void {
  const globals: Record<string, unknown> = {
    doCmd,
    respond,
    console: consoleFunctions,
    crypto: cryptoFunctions,
    secrets: secretsFunctions,
    ...base64Functions,
    TextEncoder,
    TextDecoder,
    URL,
    URLSearchParams,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
}

/** Without one of these words, or an escape that may spell one, nothing in a script can be put off but by a text that it puts together itself. */
const PUTS_OFF = /await|async|promise|then|import|\\u/i;

/**
 * An async function of the context only where the script may put something off: a result that is there at once leaves the isolate with the
 * run, and not by a promise and a call of the host. A script's call took 98 µs of CPU and not 104, calls/s + 8 % (50 connections), 89 and
 * not 94, + 4 % (200; 4 starts).
 */
function compiledRun(source: string): ReturnType<typeof createRun> {
  const isAsync = PUTS_OFF.test(source);
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const Compiler = isAsync ? AsyncFunction : Function;
  // V8 refuses a body that closes the function ("Single function literal required"): nothing breaks out.
  return createRun(new Compiler('context', `"use strict";\n${source}\n`) as CompiledScript, isAsync);
}

/** Builds and freezes the realm, compiles the script in it, and returns the function of one run. */
export function createRealm(
  source: string,
  isFresh: boolean,
  ...functions: unknown[]
): ReturnType<typeof createRun> {
  lendHost(functions);
  removeForbidden();
  installTime();
  defineGlobals();
  if (isFresh) freezeSurface();
  else freezeRealm();
  try {
    return compiledRun(source);
  } catch (error) {
    const message = thrownMessage(error);
    return () => {
      host.settle(SETTLED.threw, message, '');
      return undefined;
    };
  }
}
