/** Starts a worker process with as few rights as it can do with. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NOBODY = 65534;
const FOLDER = dirname(import.meta.filename);
const WORKER_FILE = fileURLToPath(new URL(`./worker/main${extname(import.meta.filename)}`, import.meta.url));

/** How the processes of one pool are started. */
export interface WorkerLaunch {
  isFresh: boolean;
  /** Become nobody; only root can, and only where nobody can read our files. */
  becomesNobody: boolean;
}

function packageFolder(name: string, from: string): string {
  return dirname(createRequire(from).resolve(`${name}/package.json`));
}

/** Our own manifest says that our files are modules. */
function manifestAbove(folder: string): string[] {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) return [manifest];
  const parent = dirname(folder);
  return parent === folder ? [] : manifestAbove(parent);
}

function readablePaths(): string[] {
  const isolatedVm = packageFolder('isolated-vm', import.meta.filename);
  const binaryLoader = packageFolder('node-gyp-build', join(isolatedVm, 'package.json'));
  // node-gyp-build looks for Alpine's release file to tell musl from glibc.
  return [FOLDER, ...manifestAbove(FOLDER), isolatedVm, binaryLoader, '/etc/alpine-release'];
}

/** True where a worker can be another user than we are. */
export function canBecomeNobody(): boolean {
  return process.getuid?.() === 0;
}

/** Spawns a worker: no environment, no descriptors but its channel (3), reading only its own code. */
export function launchWorker({ isFresh, becomesNobody }: WorkerLaunch): ChildProcess {
  const flags = [
    '--permission',
    '--allow-addons',
    ...readablePaths().map((path) => `--allow-fs-read=${path}`),
    '--no-warnings',
    '--no-global-search-paths',
    // Collecting garbage on every core would take them from the calls beside it.
    '--v8-pool-size=1',
  ];
  return spawn(process.execPath, [...flags, WORKER_FILE, isFresh ? 'fresh' : 'frozen'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: {},
    cwd: '/',
    ...(becomesNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  });
}
