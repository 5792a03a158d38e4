import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for a data folder that is soon full, and gets room when asked to. */
export interface SmallDisk {
  kind: 'tmpfs' | 'file size limit';
  folder: string;
  /** For `Signalbox.start`. */
  wrapper: string[];
  /** @param pid of the server. */
  makeRoom(pid: number): void;
  remove(): void;
}

const DISK_MIB = 16;
const BALLAST_MIB = 8;

/** A file system of 16 MiB where we may mount one; elsewhere a limit on each file of the server. */
export function smallDisk(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'none', folder]);
  return mounted.status === 0 ? smallFileSystem(folder) : smallFiles(folder);
}

function smallFileSystem(folder: string): SmallDisk {
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(BALLAST_MIB * 1_048_576));
  return {
    kind: 'tmpfs',
    folder,
    wrapper: [],
    makeRoom: () => rmSync(ballast),
    remove: () => {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The soft limit can be raised again; Node itself ignores the signal that goes with it, so that writing fails. */
function smallFiles(folder: string): SmallDisk {
  const kibibytes = (DISK_MIB - BALLAST_MIB) * 1024;
  return {
    kind: 'file size limit',
    folder,
    wrapper: ['/bin/bash', '-c', `ulimit -Sf ${kibibytes}; exec "$@"`, 'bash'],
    makeRoom: (pid) => void execFileSync('prlimit', [`--pid=${pid}`, '--fsize=unlimited']),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
