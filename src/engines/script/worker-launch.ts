/** Starts a worker process with as few rights as it can do with. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NOBODY = 65534;
const FOLDER = dirname(import.meta.filename);
const ENDING = extname(import.meta.filename);
const WORKER_FILE = fileURLToPath(new URL(`./worker/main${ENDING}`, import.meta.url));
const SHARED_FILES = ['json-guard.rules', 'worker-end'].map((name) =>
  fileURLToPath(new URL(`../../platform/${name}${ENDING}`, import.meta.url)),
);

/** How the processes of one pool are started. */
export interface WorkerLaunch {
  isFresh: boolean;
  /** Become nobody; only root can, and only where nobody can read our files. */
  becomesNobody: boolean;
  /** Read any file, where modules are laid out so that Node's permissions keep it from finding them. */
  readsAnything: boolean;
}

/** Where a package is, and where it is looked for when that is a link. */
function packageFolders(name: string, from: string): string[] {
  const require = createRequire(from);
  const links = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name)).filter(existsSync);
  return [dirname(require.resolve(`${name}/package.json`)), ...links];
}

/** Our own manifest says that our files are modules. */
function manifestAbove(folder: string): string[] {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) return [manifest];
  const parent = dirname(folder);
  return parent === folder ? [] : manifestAbove(parent);
}

function readablePaths(): string[] {
  const isolatedVm = packageFolders('isolated-vm', import.meta.filename);
  const binaryLoader = packageFolders('node-gyp-build', join(isolatedVm[0]!, 'package.json'));
  // node-gyp-build looks for Alpine's release file to tell musl from glibc.
  return [
    ...new Set([
      FOLDER,
      ...SHARED_FILES,
      ...manifestAbove(FOLDER),
      ...isolatedVm,
      ...binaryLoader,
      '/etc/alpine-release',
    ]),
  ];
}

/** Ways to start a worker, the one with the fewest rights first. */
export function launchesToTry(isFresh: boolean): [WorkerLaunch, ...WorkerLaunch[]] {
  const own = { isFresh, becomesNobody: false };
  const launches: [WorkerLaunch, ...WorkerLaunch[]] = [
    { ...own, readsAnything: false },
    { ...own, readsAnything: true },
  ];
  if (process.getuid?.() !== 0) return launches;
  const [narrow, wide] = launches.map((launch) => ({ ...launch, becomesNobody: true }));
  return [narrow!, wide!, ...launches];
}

/** Spawns a worker: no environment but the time zone, no descriptors but its channel (3), reading only its own code. */
export function launchWorker({ isFresh, becomesNobody, readsAnything }: WorkerLaunch): ChildProcess {
  const flags = [
    '--permission',
    '--allow-addons',
    ...(readsAnything ? ['*'] : readablePaths()).map((path) => `--allow-fs-read=${path}`),
    '--no-warnings',
    '--no-global-search-paths',
    // Collecting garbage on every core would take them from the calls beside it.
    '--v8-pool-size=1',
  ];
  return spawn(process.execPath, [...flags, WORKER_FILE, isFresh ? 'fresh' : 'frozen'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { TZ: 'UTC' },
    cwd: '/',
    // A process group of its own: Ctrl+C in a terminal is for the server, which lets its scripts finish.
    detached: true,
    ...(becomesNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  });
}
