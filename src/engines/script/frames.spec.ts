import { describe, expect, it } from 'vitest';
import { FRAME_BYTES_MAX, FrameCutter, textFrame, type Frame } from './frames.ts';
import { decodeCall, decodeReport, decodeRun, encodeCall, encodeReport, encodeRun } from './frames-run.ts';

const payloadOf = (frame: Buffer): Buffer => frame.subarray(11);

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const texts = ['', 'a', 'é'.repeat(300), 'x'.repeat(5000)];
    const stream = Buffer.concat(texts.map((text, index) => textFrame(index, 2 ** 40 + index, text)));
    for (const step of [1, 2, 3, 7, 11, 64, 1000, stream.length]) {
      const cutter = new FrameCutter();
      const seen: [number, number, string][] = [];
      const keep = ({ type, ticket, payload }: Frame) => seen.push([type, ticket, payload.toString('utf8')]);
      for (let at = 0; at < stream.length; at += step) cutter.cut(stream.subarray(at, at + step), keep);
      expect(seen).toEqual(texts.map((text, index) => [index, 2 ** 40 + index, text]));
    }
  });

  it('of a size no worker sends are refused', () => {
    const frame = textFrame(1, 1, '');
    frame.writeUInt32LE(FRAME_BYTES_MAX, 0);
    expect(() => new FrameCutter().cut(frame, () => {})).toThrow('Malformed frame');
    frame.writeUInt32LE(2, 0);
    expect(() => new FrameCutter().cut(frame, () => {})).toThrow('Malformed frame');
  });

  it('carry runs, reports and calls', () => {
    const order = {
      programNumber: 7,
      bodyKind: 3,
      logsAtOnce: true,
      isQuick: true,
      callsMax: 50,
      logBytesMax: 65_536,
      resultBytesMax: 1_048_576,
      backstopMs: 65_000,
    };
    const plain = { metaJson: '{"é":1}', body: Buffer.from('body') };
    const secrets = { KEY: 'välue "quoted"', OTHER: '' };
    for (const input of [
      plain,
      { ...plain, rawBody: Buffer.from('raw') },
      { ...plain, secrets },
      { ...plain, rawBody: Buffer.alloc(0), secrets },
      { ...plain, rawBody: Buffer.from('raw'), secrets },
    ]) {
      const frame = encodeRun({ type: 1, ticket: 1 }, order, input);
      expect(decodeRun(payloadOf(frame))).toEqual({ ...order, ...input });
    }
    const report = {
      micros: 12,
      calls: 3,
      logsTruncated: true,
      wantsSync: false,
      bodyIsText: true,
      status: 201,
      logsJson: '[[0,"é"]]',
      headersJson: '{}',
      text: 'tëxt',
    };
    expect(decodeReport(payloadOf(encodeReport({ type: 1, ticket: 1 }, report)))).toEqual(report);
    expect(
      decodeCall(
        payloadOf(encodeCall({ type: 1, ticket: 1 }, { name: 'Naïve', inputJson: '{}', micros: 7 })),
      ),
    ).toEqual({
      name: 'Naïve',
      inputJson: '{}',
      micros: 7,
    });
  });
});
