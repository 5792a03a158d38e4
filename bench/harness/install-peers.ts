import { spawnSync } from 'node:child_process';
import { installedVersion, peersFolder, pinnedVersions } from '../servers/peer.ts';

/** Installs the pinned peers where they are missing; a row whose package is still missing then is not run. */
export function installPeers(): void {
  const missing = Object.keys(pinnedVersions()).filter((name) => installedVersion(name) === undefined);
  if (missing.length === 0) return;
  process.stderr.write(`Installing ${missing.join(', ')} into bench/peers …\n`);
  const { status, error } = spawnSync('npm', ['ci', '--prefix', peersFolder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  if (status !== 0) process.stderr.write(`npm ci failed: ${error?.message ?? `code ${String(status)}`}\n`);
}
