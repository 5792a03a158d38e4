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
  const AsyncFunction = (async () => {}).constructor as new (
    parameter: string,
    body: string,
  ) => CompiledScript;
  try {
    // V8 refuses a body that closes the function ("Single function literal required"): nothing breaks out.
    return createRun(new AsyncFunction('context', `"use strict";\n${source}\n`));
  } catch (error) {
    const message = thrownMessage(error);
    return () => host.settle(SETTLED.threw, message, '');
  }
}
