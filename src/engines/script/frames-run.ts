/** Payloads of the `run` and outcome frames: fixed heads, texts behind them. */
import { HEAD_BYTES, ownRoom, type Room, writeHead } from './frames.ts';

/** What a worker is told about one run. */
export interface RunOrder {
  programNumber: number;
  bodyKind: number;
  /** Send each log line at once, because the run may not live to send them with its outcome. */
  logsAtOnce: boolean;
  /** Is likely to end soon: results may wait for its end, and its own for that of others like it. */
  isQuick: boolean;
  callsMax: number;
  logBytesMax: number;
  resultBytesMax: number;
  /** How long it may run, waiting for calls not counted, until the worker ends it by itself because nobody is left to; 0: for ever. */
  backstopMs: number;
}

const ORDER_BYTES = 4 + 1 + 1 + 4 * 6;
const HAS_RAW = 2;
const HAS_EXTRAS = 4;
const IS_QUICK = 8;
const LENGTH_BYTES = 4;

/** Where a run's time begins, and what its chance comes from. */
export interface PinnedStart {
  /** Milliseconds since 1970; null: only chance is the same, time is the real one. */
  startedAt: number | null;
  /** Unguessable, the same for each try. */
  seed: string;
}

/** The variable parts of a run. */
export interface RunInput {
  metaJson: string;
  body: Buffer;
  rawBody?: Buffer | undefined;
  /** What `secrets.get` gives, by name. */
  secrets?: Readonly<Record<string, string>> | undefined;
  /** Set where time and chance are to be those of every other try. */
  pinned?: PinnedStart | undefined;
}

type Extras = Pick<RunInput, 'secrets' | 'pinned'>;

/** The whole `run` frame; bodies are copied, which for 1 KiB costs less than a second buffer in `writev`. */
export function encodeRun(
  frame: { type: number; ticket: number },
  order: RunOrder,
  input: RunInput,
  room: Room = ownRoom,
): Buffer {
  const metaBytes = Buffer.byteLength(input.metaJson);
  const rawBytes = input.rawBody?.length ?? 0;
  const extrasJson = extrasOf(input);
  const extrasBytes = extrasJson === '' ? 0 : Buffer.byteLength(extrasJson);
  // Behind all else, their length last: a run without any has no byte more.
  const tailBytes = extrasJson === '' ? 0 : extrasBytes + LENGTH_BYTES;
  const partsBytes = metaBytes + input.body.length + rawBytes + tailBytes;
  const buffer = room(HEAD_BYTES + ORDER_BYTES + partsBytes);
  let at = writeHead(buffer, frame.type, frame.ticket);
  at = buffer.writeUInt32LE(order.programNumber, at);
  at = buffer.writeUInt8(order.bodyKind, at);
  at = buffer.writeUInt8(flagsOf(order, input), at);
  at = buffer.writeUInt32LE(order.callsMax, at);
  at = buffer.writeUInt32LE(order.logBytesMax, at);
  at = buffer.writeUInt32LE(order.resultBytesMax, at);
  at = buffer.writeUInt32LE(order.backstopMs, at);
  at = buffer.writeUInt32LE(metaBytes, at);
  at = buffer.writeUInt32LE(input.body.length, at);
  at += buffer.write(input.metaJson, at);
  at += input.body.copy(buffer, at);
  if (input.rawBody !== undefined) at += input.rawBody.copy(buffer, at);
  if (extrasJson !== '') buffer.writeUInt32LE(extrasBytes, at + buffer.write(extrasJson, at));
  return buffer;
}

function flagsOf({ logsAtOnce, isQuick }: RunOrder, { rawBody, secrets, pinned }: RunInput): number {
  const hasRaw = rawBody === undefined ? 0 : HAS_RAW;
  const pace = (logsAtOnce ? 1 : 0) | (isQuick ? IS_QUICK : 0);
  return pace | hasRaw | ((secrets ?? pinned) ? HAS_EXTRAS : 0);
}

function extrasOf({ secrets, pinned }: RunInput): string {
  return (secrets ?? pinned) ? JSON.stringify({ secrets, pinned }) : '';
}

/** Reads what `encodeRun` wrote; the bodies are views into the payload. */
export function decodeRun(payload: Buffer): RunOrder & RunInput {
  const flags = payload[5]!;
  const metaEnd = ORDER_BYTES + payload.readUInt32LE(22);
  const bodyEnd = metaEnd + payload.readUInt32LE(26);
  const hasExtras = (flags & HAS_EXTRAS) !== 0;
  const extrasEnd = hasExtras ? payload.length - LENGTH_BYTES : payload.length;
  const extrasStart = hasExtras ? extrasEnd - payload.readUInt32LE(extrasEnd) : payload.length;
  return {
    programNumber: payload.readUInt32LE(0),
    bodyKind: payload[4]!,
    logsAtOnce: (flags & 1) !== 0,
    isQuick: (flags & IS_QUICK) !== 0,
    callsMax: payload.readUInt32LE(6),
    logBytesMax: payload.readUInt32LE(10),
    resultBytesMax: payload.readUInt32LE(14),
    backstopMs: payload.readUInt32LE(18),
    metaJson: payload.toString('utf8', ORDER_BYTES, metaEnd),
    body: payload.subarray(metaEnd, bodyEnd),
    rawBody: (flags & HAS_RAW) === 0 ? undefined : payload.subarray(bodyEnd, extrasStart),
    ...(hasExtras && (JSON.parse(payload.toString('utf8', extrasStart, extrasEnd)) as Extras)),
  };
}

/** How a run ended, as the worker tells it. */
export interface RunReport {
  /** Microseconds in the sandbox, waiting for calls included. */
  micros: number;
  calls: number;
  logsTruncated: boolean;
  wantsSync: boolean;
  /** JSON text of `[level number, text][]`, empty for none. */
  logsJson: string;
  /** `responded`: status, whether the body is text, and the headers' JSON text. */
  status: number;
  bodyIsText: boolean;
  headersJson: string;
  /** Result, message or body, by the frame's type. */
  text: string;
}

const REPORT_BYTES = 4 + 4 + 1 + 2 + 4 + 4;

/** The whole outcome frame. */
export function encodeReport(
  frame: { type: number; ticket: number },
  report: RunReport,
  room: Room = ownRoom,
): Buffer {
  const logsBytes = report.logsJson === '' ? 0 : Buffer.byteLength(report.logsJson);
  const headersBytes = report.headersJson === '' ? 0 : Buffer.byteLength(report.headersJson);
  const size = HEAD_BYTES + REPORT_BYTES + logsBytes + headersBytes + Buffer.byteLength(report.text);
  const buffer = room(size);
  let at = writeHead(buffer, frame.type, frame.ticket);
  at = buffer.writeUInt32LE(Math.min(report.micros, 0xffffffff), at);
  at = buffer.writeUInt32LE(report.calls, at);
  const flags = (report.logsTruncated ? 1 : 0) | (report.wantsSync ? 2 : 0) | (report.bodyIsText ? 4 : 0);
  at = buffer.writeUInt8(flags, at);
  at = buffer.writeUInt16LE(report.status, at);
  at = buffer.writeUInt32LE(logsBytes, at);
  at = buffer.writeUInt32LE(headersBytes, at);
  if (logsBytes > 0) at += buffer.write(report.logsJson, at);
  if (headersBytes > 0) at += buffer.write(report.headersJson, at);
  buffer.write(report.text, at);
  return buffer;
}

/** Reads what `encodeReport` wrote. */
export function decodeReport(payload: Buffer): RunReport {
  const flags = payload[8]!;
  const logsEnd = REPORT_BYTES + payload.readUInt32LE(11);
  const headersEnd = logsEnd + payload.readUInt32LE(15);
  return {
    micros: payload.readUInt32LE(0),
    calls: payload.readUInt32LE(4),
    logsTruncated: (flags & 1) !== 0,
    wantsSync: (flags & 2) !== 0,
    bodyIsText: (flags & 4) !== 0,
    status: payload.readUInt16LE(9),
    logsJson: logsEnd === REPORT_BYTES ? '' : payload.toString('utf8', REPORT_BYTES, logsEnd),
    headersJson: headersEnd === logsEnd ? '' : payload.toString('utf8', logsEnd, headersEnd),
    text: payload.toString('utf8', headersEnd),
  };
}

/** Whether the sender of an outcome waits for `sync`. */
export function wantsSync(payload: Buffer): boolean {
  return (payload[8]! & 2) !== 0;
}

/** A call of a command. */
export interface CallOrder {
  name: string;
  inputJson: string;
  /** Microseconds the run has been running by the worker's clock, waiting for earlier calls not counted. */
  micros: number;
}

/** The whole `call` frame. */
export function encodeCall(frame: { type: number; ticket: number }, call: CallOrder): Buffer {
  const nameBytes = Buffer.byteLength(call.name);
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + 8 + nameBytes + Buffer.byteLength(call.inputJson));
  let at = writeHead(buffer, frame.type, frame.ticket);
  at = buffer.writeUInt32LE(Math.min(Math.round(call.micros), 0xffffffff), at);
  at = buffer.writeUInt32LE(nameBytes, at);
  at += buffer.write(call.name, at);
  buffer.write(call.inputJson, at);
  return buffer;
}

/** Reads what `encodeCall` wrote. */
export function decodeCall(payload: Buffer): CallOrder {
  const nameEnd = 8 + payload.readUInt32LE(4);
  const [name, inputJson] = [payload.toString('utf8', 8, nameEnd), payload.toString('utf8', nameEnd)];
  return { name, inputJson, micros: payload.readUInt32LE(0) };
}
