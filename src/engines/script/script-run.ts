/** What the script engine is asked to do and what it answers; the engine knows no feature. */

import type { PinnedStart } from './frames-run.ts';

/** Limits of one run. Contract §5.4; a config may lower them, an operator may raise them. */
export interface ScriptLimits {
  /** Milliseconds of running, waiting for `doCmd` not counted. */
  runningMs: number;
  /** Milliseconds from the start of the run to its end, waiting included. */
  totalMs: number;
  /** MiB above the idle worker. */
  memoryMb: number;
  callsMax: number;
  logBytesMax: number;
  resultBytesMax: number;
}

/** How the body's bytes become `context.body`. `none`: there is no body (`context.body` is null). `omitted`: `context` is `metaJson` alone. */
export type ScriptBodyKind = 'none' | 'json' | 'form' | 'text' | 'base64' | 'omitted';

/** Calls a command for the script: the input is the JSON text of an object, the answer the JSON text of the envelope. Never rejects. */
export type ScriptCall = (commandName: string, inputJson: string) => Promise<string | TimedEnvelope>;

/** An envelope's JSON text and when it was put on record: a pinned run's time moves on to it. */
export interface TimedEnvelope {
  envelopeJson: string;
  /** Milliseconds since 1970. */
  recordedAt: number;
}

export interface ScriptRequest {
  /** Names the text: one isolate for each, so config and version are part of it. */
  programId: string;
  /** Runs of one owner share the fairness limits: no owner may hold the last worker. */
  ownerId: string;
  source: string;
  /** JSON text of `{method, path, params, query, headers, ip}`; becomes `context` beside `body` and `rawBodyBase64`. */
  metaJson: string;
  /** The body after inflating. */
  body: Buffer;
  bodyKind: ScriptBodyKind;
  /** Set only where the bytes as received differ from `body` (it was compressed). */
  rawBody?: Buffer;
  /** What `secrets.get` gives in this run and in no other, by name. */
  secrets?: Readonly<Record<string, string>>;
  /** Set where the run may be run again: its time begins here, and its chance comes from the seed. Calls then give `TimedEnvelope`s. */
  pinned?: PinnedStart;
  /** How many runs of scripts may wait for this one: it takes no process from them that it would wait for itself. Absent: none. */
  nesting?: number;
  limits: ScriptLimits;
  call: ScriptCall;
}

export type ScriptLimitName = 'running-time' | 'total-time' | 'memory' | 'calls' | 'result-size';

export interface ScriptLogLine {
  level: 'log' | 'info' | 'warn' | 'error';
  text: string;
}

/** How a run ended. `json` is JSON text made inside the sandbox (`null` for undefined). */
export type ScriptVerdict =
  | { kind: 'returned'; json: string }
  | {
      kind: 'responded';
      status: number;
      headers: Record<string, string | string[]>;
      body: string;
      bodyIsText: boolean;
    }
  /** The message as the script threw it: at most 1 KiB, without stack or host paths. */
  | { kind: 'threw'; message: string }
  | { kind: 'limit'; limit: ScriptLimitName; message: string }
  /** The body is not what its kind says (invalid JSON): nothing of the script ran. */
  | { kind: 'unparsable-body'; message: string }
  /** The engine could not run it (it is stopping, or the worker died for no reason of the script's). */
  | { kind: 'unavailable'; message: string };

export interface ScriptOutcome {
  verdict: ScriptVerdict;
  logs: ScriptLogLine[];
  /** True when lines were dropped because of `logBytesMax`. */
  logsTruncated: boolean;
  calls: number;
}
