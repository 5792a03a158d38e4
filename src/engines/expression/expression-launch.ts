/** Starts a worker process with as few rights as it can do with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NOBODY = 65534;
const FOLDER = import.meta.dirname;
const ending = extname(import.meta.filename);
const WORKER_FILE = join(FOLDER, 'worker', `main${ending}`);
const LIBRARIES = ['feelin', 'ajv'];

/** How the processes of one pool are started. */
export interface ExpressionLaunch {
  /** Become nobody; only root can, and only where nobody can read our files. */
  becomesNobody: boolean;
  /** Read any file, where modules are laid out so that Node's permissions keep it from finding them. */
  readsAnything: boolean;
}

/** Ways to start a worker, the one with the fewest rights first. */
export function launchesToTry(): ExpressionLaunch[] {
  const own = [false, true].map((readsAnything) => ({ becomesNobody: false, readsAnything }));
  if (process.getuid?.() !== 0) return own;
  return [...own.map((launch) => ({ ...launch, becomesNobody: true })), ...own];
}

/** Spawns a worker: no environment, no descriptors but its channel (3), reading only its own code. */
export function launchWorker(launch: ExpressionLaunch, heapMb: number): ChildProcess {
  const flags = [
    '--permission',
    ...(launch.readsAnything ? ['*'] : readablePaths()).map((path) => `--allow-fs-read=${path}`),
    '--no-warnings',
    '--no-global-search-paths',
    // Collecting garbage on every core would take them from the calls beside it.
    '--v8-pool-size=1',
    // Whatever FEEL and the validators make lies in V8's heap: past this V8 ends the process.
    `--max-old-space-size=${heapMb}`,
    '--max-semi-space-size=8',
  ];
  return spawn(process.execPath, [...flags, WORKER_FILE], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // today() is the day in UTC, as all our times are.
    env: { TZ: 'UTC' },
    cwd: '/',
    // A process group of its own: Ctrl+C in a terminal is for the server, which lets its work finish.
    detached: true,
    ...(launch.becomesNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  });
}

let known: readonly string[] | undefined;

/** Built, all it needs is in its one file (rolldown.config.ts). */
function readablePaths(): readonly string[] {
  const own = [FOLDER, ...manifestAbove(FOLDER)];
  return (known ??= ending === '.js' ? own : [...own, ...sharedFiles(), ...packageFolders()]);
}

function sharedFiles(): string[] {
  return ['json-text', 'worker-end'].map((name) =>
    fileURLToPath(new URL(`../../platform/${name}${ending}`, import.meta.url)),
  );
}

/** Our own manifest says that our files are modules. */
function manifestAbove(folder: string): string[] {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) return [manifest];
  const parent = dirname(folder);
  return parent === folder ? [] : manifestAbove(parent);
}

/** Where packages and all they depend on are, and where they are looked for when that is a link. */
function packageFolders(
  names: readonly string[] = LIBRARIES,
  from = import.meta.filename,
  found = new Set<string>(),
): Set<string> {
  const places = createRequire(from);
  for (const name of names) {
    const folder = (places.resolve.paths(name) ?? []).map((parent) => join(parent, name)).find(existsSync);
    if (folder === undefined || found.has(folder)) continue;
    found.add(folder).add(realpathSync(folder));
    const manifest = join(realpathSync(folder), 'package.json');
    const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: object };
    packageFolders(Object.keys(dependencies ?? {}), manifest, found);
  }
  return found;
}
