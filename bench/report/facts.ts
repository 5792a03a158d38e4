import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** What a result depends on besides the code. */
export interface Facts {
  date: string;
  commit: string;
  node: string;
  system: string;
  cores: number;
  cpu: string;
  memoryGiB: number;
  /** Median of writing 4 KiB and forcing it to the disk that holds the databases. */
  fsyncMs: number;
}

const root = join(import.meta.dirname, '..', '..');

/** Reads them; `folder` is on the disk that the servers write to. */
export function readFacts(folder: string): Facts {
  return {
    date: new Date().toISOString(),
    commit: readCommit(),
    node: process.version,
    system: `${type()} ${release()} ${arch()}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    fsyncMs: fsyncMedianMs(join(folder, 'fsync')),
  };
}

function readCommit(): string {
  const commit = git('rev-parse', '--short=12', 'HEAD');
  if (commit === undefined) return 'no commit yet';
  return git('--no-optional-locks', 'status', '--porcelain', '--', 'src', 'package-lock.json') === ''
    ? `commit ${commit}`
    : `commit ${commit} with uncommitted changes`;
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', cwd: root });
  return status === 0 ? stdout.trim() : undefined;
}

function fsyncMedianMs(file: string): number {
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(4096);
  const times = Array.from({ length: 51 }, () => {
    const begin = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    return performance.now() - begin;
  });
  closeSync(descriptor);
  unlinkSync(file);
  return times.sort((a, b) => a - b)[25] ?? 0;
}
