/** The one run a worker is busy with: its callbacks, what it left behind, and its report. */
import { randomUUID } from 'node:crypto';
import { BODY_KINDS, FROM_WORKER, LOG_LEVELS, TO_WORKER, WORKER_LIMITS, textFrame } from '../frames.ts';
import { encodeCall, encodeReport, type RunInput, type RunOrder, type RunReport } from '../frames-run.ts';
import { nestsDeeperThan } from '../../../platform/json-guard.rules.ts';
import { SETTLED, type RunHost } from '../realm/host.ts';
import { PinnedTime } from './pinned-time.ts';
import type { Inbox } from './inbox.ts';
import type { Outbox } from './outbox.ts';
import type { Program } from './program.ts';

const MESSAGE_BYTES_MAX = 1024;
const RESULT_DEPTH_MAX = 500;
/** A run that took longer may have been given up by the pool, which moves what waits behind it. */
const SYNC_AFTER_MS = 4;
const BODY_DEPTH_MAX = 500;
const BASE64 = BODY_KINDS.indexOf('base64');
const JSON_TEXT = BODY_KINDS.indexOf('json');
const TOO_LARGE_INPUT = JSON.stringify({
  success: false,
  data: null,
  message: 'Validation failed',
  errors: ['The data is larger than a result may be'],
  code: 'bus.validation-failed',
});
/** What a line costs beside its text: without it empty lines would be without limit. */
const LOG_LINE_BYTES = 16;
/** What V8 throws into a script whose buffers reach the isolate's limit before the pool has noticed. */
const ALLOCATION_FAILED = /^(RangeError: )?Array buffer allocation failed$/;
const OUT_OF_MEMORY = String(WORKER_LIMITS.indexOf('memory'));
const NEVER = 'The script never finished: it awaits something that cannot happen';

type Settled = { type: number; text: string; extra: string };

function limitReached(name: (typeof WORKER_LIMITS)[number], message: string): Settled {
  return { type: FROM_WORKER.limit, text: message, extra: String(WORKER_LIMITS.indexOf(name)) };
}

function cutToBytes(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length <= bytesMax ? text : bytes.toString('utf8', 0, bytesMax).replace(/\uFFFD+$/, '');
}

/** Each level takes an opening and a closing bracket: shorter JSON, nearly all, needs no look. */
function isNestedDeeper(json: Buffer | string, levelsMax: number): boolean {
  if (json.length <= levelsMax * 2) return false;
  return nestsDeeperThan(typeof json === 'string' ? Buffer.from(json) : json, levelsMax);
}

/** Runs orders one at a time and reports each. */
export class RunAtHand {
  readonly host: RunHost = {
    settle: (kind, text, extra) => this.#settle(kind, text, extra),
    call: (name, inputJson) => this.#call(name, inputJson),
    log: (level, text) => this.#log(level, text),
    bodyBase64: (which) => this.#bodyBase64(which),
    secret: (name) => this.#secret(name),
    randomUUID: () => this.#pinned?.randomUUID() ?? randomUUID(),
    now: () => this.#pinned?.now ?? Date.now(),
    random: () => this.#pinned?.random() ?? Math.random(),
  };

  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #ticket = 0;
  #order!: RunOrder & RunInput;
  #program!: Program;
  #settled: Settled | undefined;
  #logs: [level: number, text: string][] = [];
  #logBytes = 0;
  #areLogsTruncated = false;
  #pinned: PinnedTime | undefined;
  #calls = 0;
  #startedAt = 0;
  #waitedMs = 0;

  constructor(inbox: Inbox, outbox: Outbox) {
    this.#inbox = inbox;
    this.#outbox = outbox;
  }

  /** Runs an empty script and tells nobody. */
  warmUp(program: Program): void {
    program.run({
      metaJson: '{}',
      bodyText: '',
      isBodyAscii: true,
      bodyKind: 0,
      logCharsMax: 0,
      resultCharsMax: 10,
      isTimePinned: false,
      backstopMs: 5000,
    });
    this.#settled = undefined;
  }

  /** Runs the order to its end and sends the report, or holds it where it may wait. */
  perform(ticket: number, order: RunOrder & RunInput, program: Program): void {
    if (!order.isQuick) this.#outbox.flush();
    this.#begin(ticket, order, program);
    const startedAt = performance.now();
    this.#startedAt = startedAt;
    let readyAt = startedAt;
    let ending: Settled;
    try {
      program.prepare();
      readyAt = performance.now();
      ending = this.#run(order, program);
    } catch (error) {
      ending = this.#broken(error);
    }
    const endedAt = performance.now();
    // Building the isolate happens once and says nothing about the script's pace.
    const wantsSync = endedAt - startedAt > SYNC_AFTER_MS;
    const { type, extra } = this.#report(ending, (endedAt - readyAt) * 1000, wantsSync);
    // What made a call cannot be run again: its result never waits.
    const mayWait = order.isQuick && this.#calls === 0 && type !== FROM_WORKER.limit && !wantsSync;
    if (mayWait) this.#outbox.hold(endedAt);
    else this.#outbox.flush();
    // Out of memory leaves a process that has given V8 all it had: a new one is cheaper than finding out.
    if (type === FROM_WORKER.limit && extra === OUT_OF_MEMORY) process.exit(0);
    if (wantsSync) this.#inbox.await([TO_WORKER.sync]);
  }

  #run(order: RunOrder & RunInput, program: Program): Settled {
    const bodyText = order.bodyKind === BASE64 ? '' : this.#bodyText();
    // Parsing 1 MiB of brackets takes 60 MiB: whoever can send a body could have workers killed.
    if (order.bodyKind === JSON_TEXT && isNestedDeeper(order.body, BODY_DEPTH_MAX)) {
      const text = `The body is nested deeper than ${BODY_DEPTH_MAX} levels`;
      return { type: FROM_WORKER.unparsable, text, extra: '' };
    }
    const text = program.run({
      metaJson: order.metaJson,
      bodyText,
      isBodyAscii: bodyText.length === order.body.length,
      bodyKind: order.bodyKind,
      logCharsMax: order.logBytesMax,
      resultCharsMax: order.resultBytesMax,
      isTimePinned: this.#pinned !== undefined,
      backstopMs: order.backstopMs,
    });
    if (text !== undefined) return { type: FROM_WORKER.returned, text, extra: '' };
    return this.#settled ?? { type: FROM_WORKER.threw, text: NEVER, extra: '' };
  }

  #begin(ticket: number, order: RunOrder & RunInput, program: Program): void {
    this.#ticket = ticket;
    this.#order = order;
    this.#pinned = order.pinned === undefined ? undefined : new PinnedTime(order.pinned);
    this.#program = program;
    this.#settled = undefined;
    if (this.#logs.length > 0) this.#logs = [];
    this.#logBytes = 0;
    this.#areLogsTruncated = false;
    this.#calls = 0;
    this.#waitedMs = 0;
  }

  #bodyText(): string {
    const { body } = this.#order;
    const hasBom = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return body.toString('utf8', hasBom ? 3 : 0);
  }

  /**
   * What it means that the isolate was left by an exception: it is unusable, by our doing or by V8's, or a promise was rejected that nobody
   * waited for. What that says are the script's own words, which must not be taken for V8's.
   */
  #broken(error: unknown): Settled {
    const decided = this.#settled;
    const isOutOfMemory = this.#program.isGone;
    this.#program.dispose();
    if (decided?.type === FROM_WORKER.limit || decided?.type === FROM_WORKER.abandoned) return decided;
    if (isOutOfMemory) return limitReached('memory', 'The script used more memory than it may');
    const ranMs = performance.now() - this.#startedAt - this.#waitedMs;
    const isOverdue = this.#order.backstopMs > 0 && ranMs >= this.#order.backstopMs;
    if (isOverdue && error instanceof Error && error.message.includes('timed out'))
      return limitReached('total-time', 'The script ran longer than it may');
    return decided ?? { type: FROM_WORKER.threw, text: 'The script could not be run', extra: '' };
  }

  /** Writes it down. @returns how the run ended. */
  #report(ending: Settled, micros: number, wantsSync: boolean): Settled {
    const checked = this.#checked(ending);
    const { type, text, extra } = checked;
    const isResponse = type === FROM_WORKER.responded;
    const report: RunReport = {
      micros,
      calls: this.#calls,
      logsTruncated: this.#areLogsTruncated,
      wantsSync,
      logsJson: this.#logs.length === 0 ? '' : JSON.stringify(this.#logs),
      status: isResponse ? Number(extra.slice(0, 3)) : Number(extra),
      bodyIsText: isResponse && extra[3] === 't',
      headersJson: isResponse ? extra.slice(4) : '',
      text,
    };
    encodeReport({ type, ticket: this.#ticket }, report, this.#outbox.room);
    return checked;
  }

  #checked(ending: Settled): Settled {
    const { type, text, extra } = ending;
    if (type !== FROM_WORKER.returned && type !== FROM_WORKER.responded) return ending;
    const bytesMax = this.#order.resultBytesMax;
    const isLarge = text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
    const isJson = type === FROM_WORKER.returned || extra[3] === 'j';
    const isTooMuch = isLarge || (isJson && isNestedDeeper(text, RESULT_DEPTH_MAX));
    return isTooMuch ? limitReached('result-size', 'The result is larger or deeper than it may be') : ending;
  }

  #settle(kind: number, text: string, extra: string): void {
    if (this.#settled !== undefined) return;
    if (kind === SETTLED.returned) this.#settled = { type: FROM_WORKER.returned, text, extra };
    else if (kind === SETTLED.responded) this.#settled = { type: FROM_WORKER.responded, text, extra };
    else if (kind === SETTLED.tooLarge)
      this.#settled = limitReached('result-size', 'The result is larger than it may be');
    else if (kind === SETTLED.threw && ALLOCATION_FAILED.test(text))
      this.#settled = limitReached('memory', 'The script used more memory than it may');
    else {
      const type = kind === SETTLED.threw ? FROM_WORKER.threw : FROM_WORKER.unparsable;
      this.#settled = { type, text: cutToBytes(text, MESSAGE_BYTES_MAX), extra };
    }
  }

  #end(settled: Settled): string {
    this.#settled = settled;
    // Ends the script from within: V8 unwinds it past every catch and finally.
    this.#program.dispose();
    return '';
  }

  #call(name: string, inputJson: string): string {
    if (inputJson.length > this.#order.resultBytesMax || name.length > 256) return TOO_LARGE_INPUT;
    if (this.#calls >= this.#order.callsMax) {
      return this.#end(limitReached('calls', `The script made more than ${this.#order.callsMax} calls`));
    }
    this.#calls += 1;
    const calledAt = performance.now();
    const micros = (calledAt - this.#startedAt - this.#waitedMs) * 1000;
    this.#outbox.send(
      encodeCall({ type: FROM_WORKER.call, ticket: this.#ticket }, { name, inputJson, micros }),
    );
    const answer = this.#inbox.await([TO_WORKER.reply, TO_WORKER.abandon]);
    this.#waitedMs += performance.now() - calledAt;
    if (answer.type === TO_WORKER.reply) {
      const text = answer.payload.toString('utf8');
      return this.#pinned === undefined ? text : this.#pinned.moveOn(text);
    }
    return this.#end({ type: FROM_WORKER.abandoned, text: '', extra: '' });
  }

  #log(level: number, text: string): boolean {
    const left = this.#order.logBytesMax - this.#logBytes;
    const kept = cutToBytes(text, left);
    if (kept.length < text.length) this.#areLogsTruncated = true;
    this.#logBytes += Buffer.byteLength(kept) + LOG_LINE_BYTES;
    const isFull = this.#areLogsTruncated || this.#logBytes >= this.#order.logBytesMax;
    if (kept === '' && isFull) {
      this.#areLogsTruncated = true;
      return false;
    }
    if (this.#order.logsAtOnce) {
      this.#outbox.send(
        textFrame(FROM_WORKER.log, this.#ticket, `${Math.min(level, LOG_LEVELS.length - 1)}${kept}`),
      );
    } else this.#logs.push([level, kept]);
    return !this.#areLogsTruncated;
  }

  /** The values stay on this side: what the script did not ask for was never in its isolate. */
  #secret(name: string): string {
    const { secrets } = this.#order;
    return secrets !== undefined && Object.hasOwn(secrets, name) ? `=${secrets[name]}` : '';
  }

  #bodyBase64(which: number): string {
    const { rawBody, body } = this.#order;
    return (which === 0 ? (rawBody ?? body) : body).toString('base64');
  }
}
