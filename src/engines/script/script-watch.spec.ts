import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { ScriptJob } from './script-job.ts';
import { isLost } from './script-watch.ts';
import { ScriptWorker } from './script-worker.ts';
import { scriptRequest } from './script.fixture.ts';

function fencedWorker({ ranMs = 10, grownKib = 0 }): ScriptWorker {
  return {
    isFenced: true,
    idleSince: 0,
    residentBaseline: 100_000,
    movedMemoryMb: 64,
    meter: { chargedMs: () => ranMs },
    stat: { residentKib: () => 100_000 + grownKib },
  } as unknown as ScriptWorker;
}

describe('a worker from which all was taken', () => {
  it('is lost when what it is at does not end, or takes more memory than any of them may', () => {
    expect(isLost(fencedWorker({}), 10)).toBe(false);
    expect(isLost(fencedWorker({ ranMs: 501 }), 10)).toBe(true);
    expect(isLost(fencedWorker({ grownKib: 60_000 }), 10)).toBe(false);
    expect(isLost(fencedWorker({ grownKib: 70_000 }), 10)).toBe(true);
  });
});

/** Stands for a worker: has 100 MB at once, and as much again when it is told so. */
const GROWING = `const all = [Buffer.alloc(1e8, 1)];
  new (require('node:net').Socket)({ fd: 3 }).on('data', (chunk) => {
    if (String(chunk).includes('more')) all.push(Buffer.alloc(7e7, 1));
  });`;

describe('a worker from which what stood behind its head was taken', () => {
  it('is lost when it takes more memory than any of them may from the end of the head on', async () => {
    const child = spawn(process.execPath, ['-e', GROWING], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    const worker = new ScriptWorker(child, { onReady: () => {}, onFrame: () => {}, onGone: () => {} });
    const grown = (kib: number) => until(async () => (worker.stat.residentKib() > kib ? true : null));
    try {
      for (const memoryMb of [256, 32, 64, 16]) {
        const task = { kind: 'run', request: scriptRequest('return 1;', { limits: { memoryMb } }) } as const;
        worker.submit(new ScriptJob(task, 0, () => {}), 0);
      }
      // What the head and those before it have left there is not the doing of those behind it.
      await grown(100_000);
      expect(worker.takeBehindHead()).toHaveLength(3);
      worker.shiftHead(performance.now());
      expect(isLost(worker, performance.now())).toBe(false);
      worker.tellSiblings('more');
      await grown(worker.residentBaseline + 65_600);
      expect(worker.meter.chargedMs(performance.now() - worker.idleSince)).toBeLessThan(500);
      expect(isLost(worker, performance.now())).toBe(true);
    } finally {
      worker.kill();
      await worker.gone;
    }
  });
});
