/** One script text in an isolate of its own, and its runs. */
import ivm from 'isolated-vm';
import { HOST_FUNCTIONS, runShape, type RealmHost, type RunHost } from '../realm/host.ts';
import type { createRealm } from '../realm/realm.ts';
import { sharedHostFunctions } from './host-functions.ts';

/**
 * isolated-vm copies texts of less than 1,024 bytes into an isolate. Larger ones stay outside: each costs memory that is freed by the
 * isolate's next collection, a look at its heap, and now and then a full collection. In parts a script's call with 1 KiB took 104 µs of
 * CPU and not 113, calls/s + 5 % (50 connections), 94 and not 101, + 7 % (200; 4 starts; with it values frozen without a list, and
 * brackets counted before depth is).
 */
const ASCII_PART_CHARS = 1023;
const PART_CHARS = 511;
/** Parts of 12 KiB still cost less than the whole. */
const PARTS_MAX = 16;

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
  /** As far as its length tells: only speed depends on it. */
  isBodyAscii: boolean;
  bodyKind: number;
  logCharsMax: number;
  resultCharsMax: number;
  isTimePinned: boolean;
  backstopMs: number;
}

/** The text in parts that are copied, or whole. */
function partsOf(text: string, isAscii: boolean): string[] {
  const chars = isAscii ? ASCII_PART_CHARS : PART_CHARS;
  if (text.length <= chars || text.length > chars * PARTS_MAX) return [text];
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += chars) parts.push(text.slice(at, at + chars));
  return parts;
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
  run(input: ProgramInput): string | undefined {
    if (this.#settings.isFresh) return this.#runFresh(input);
    return this.#apply((this.#run ??= this.#build(this.#context())), input);
  }

  /** V8 has thrown the isolate away: it had no more memory. */
  get isGone(): boolean {
    return this.#isolate?.isDisposed === true;
  }

  /** Ends whatever runs in the isolate and forgets it. */
  dispose(): void {
    const isolate = this.#isolate;
    this.#isolate = this.#realmScript = this.#run = undefined;
    if (isolate !== undefined && !isolate.isDisposed) isolate.dispose();
  }

  #runFresh(input: ProgramInput): string | undefined {
    const context = this.#context();
    const run = this.#build(context);
    const text = this.#apply(run, input);
    run.release();
    context.release();
    return text;
  }

  #apply(run: ivm.Reference, input: ProgramInput): string | undefined {
    const { bodyKind, isTimePinned, logCharsMax, resultCharsMax, metaJson, bodyText } = input;
    const metaParts = partsOf(metaJson, false);
    const bodyParts = partsOf(bodyText, input.isBodyAscii);
    const shape = runShape({ kind: bodyKind, isTimePinned, metaParts: metaParts.length });
    const values = [shape, logCharsMax, resultCharsMax, ...metaParts, ...bodyParts];
    const options = input.backstopMs === 0 ? undefined : { timeout: input.backstopMs };
    return run.applySync(undefined, values, options) as string | undefined;
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
    return run;
  }
}
