/** One script text in an isolate of its own, and its runs. */
import ivm from 'isolated-vm';
import { HOST_FUNCTIONS, type RealmHost, type RunHost } from '../realm/host.ts';
import type { createRealm } from '../realm/realm.ts';
import { sharedHostFunctions } from './host-functions.ts';

/** As if V8 had aborted: what makes a host function throw is exhausted memory or stack. */
const EXHAUSTED = 134;

/** Nothing of the host's may be thrown into a script, and after a half-done host call nothing can be relied on. */
function unthrowing(work: (...values: never[]) => unknown): (...values: never[]) => unknown {
  return (...values) => {
    try {
      return work(...values);
    } catch {
      process.exit(EXHAUSTED);
    }
  };
}

/** The host as functions that an isolate can call. */
export function callbacksOf(runHost: RunHost): ivm.Callback[] {
  const host: RealmHost = { ...sharedHostFunctions, ...runHost };
  return HOST_FUNCTIONS.map((name) => new ivm.Callback(unthrowing(host[name]), { sync: true }));
}

/** What a run is given: texts and numbers only. */
export interface ProgramInput {
  metaJson: string;
  bodyText: string;
  bodyKind: number;
  logCharsMax: number;
  resultCharsMax: number;
  isTimePinned: boolean;
  backstopMs: number;
}

/** How the worker builds its programs. */
export interface ProgramSettings {
  realmSource: string;
  /** A new context for every run. */
  isFresh: boolean;
  /** Made by `callbacksOf`, once for all programs. */
  callbacks: ivm.Callback[];
}

/** An isolate with its compiled script; made at its first run, and again after it was thrown away. */
export class Program {
  readonly #source: string;
  readonly #memoryMb: number;
  readonly #settings: ProgramSettings;
  #isolate: ivm.Isolate | undefined;
  #realmScript: ivm.Script | undefined;
  #run: ivm.Reference | undefined;
  /** What the realm was told last. */
  #logCharsMax = NaN;
  #resultCharsMax = NaN;

  constructor(source: string, memoryMb: number, settings: ProgramSettings) {
    this.#source = source;
    this.#memoryMb = memoryMb;
    this.#settings = settings;
  }

  /** Does what is done once for all runs, so that a run's time is its own. */
  prepare(): void {
    if (!this.#settings.isFresh) this.#run ??= this.#build(this.#context());
  }

  /** Runs the script until nothing of it is left to do; throws when the isolate was thrown away under it. */
  run(input: ProgramInput): void {
    if (this.#settings.isFresh) this.#runFresh(input);
    else this.#apply((this.#run ??= this.#build(this.#context())), input);
  }

  /** Ends whatever runs in the isolate and forgets it. */
  dispose(): void {
    const isolate = this.#isolate;
    this.#isolate = this.#realmScript = this.#run = undefined;
    if (isolate !== undefined && !isolate.isDisposed) isolate.dispose();
  }

  #runFresh(input: ProgramInput): void {
    const context = this.#context();
    const run = this.#build(context);
    this.#apply(run, input);
    run.release();
    context.release();
  }

  #apply(run: ivm.Reference, input: ProgramInput): void {
    const { metaJson, bodyText, bodyKind, logCharsMax, resultCharsMax, isTimePinned } = input;
    const values: unknown[] = [metaJson, bodyText, bodyKind];
    const areLimitsKnown = this.#logCharsMax === logCharsMax && this.#resultCharsMax === resultCharsMax;
    if (isTimePinned || !areLimitsKnown) values.push(isTimePinned);
    if (!areLimitsKnown) values.push(logCharsMax, resultCharsMax);
    this.#logCharsMax = logCharsMax;
    this.#resultCharsMax = resultCharsMax;
    run.applySync(undefined, values, input.backstopMs === 0 ? undefined : { timeout: input.backstopMs });
  }

  #context(): ivm.Context {
    this.#isolate ??= new ivm.Isolate({ memoryLimit: this.#memoryMb });
    return this.#isolate.createContextSync();
  }

  #build(context: ivm.Context): ivm.Reference {
    this.#realmScript ??= this.#isolate!.compileScriptSync(this.#settings.realmSource, {
      filename: 'sandbox',
    });
    const make = this.#realmScript.runSync(context, { reference: true }) as ivm.Reference<typeof createRealm>;
    const { isFresh, callbacks } = this.#settings;
    const run = make.applySync(undefined, [this.#source, isFresh, ...callbacks], {
      result: { reference: true },
    }) as ivm.Reference;
    // Held, it would hold the whole context.
    make.release();
    this.#logCharsMax = this.#resultCharsMax = NaN;
    return run;
  }
}
