/** Keeps the sandbox from starting where it would not hold. */
import { createRequire } from 'node:module';

const NODE_MAJOR_MIN = 24;
/** Up to 7.0.0 a script can take over the process: GHSA-864f-rcv7-6rh4, a type confusion in ExternalCopy. */
const ISOLATED_VM_MIN = [7, 0, 1] as const;

/** True when `version` is at least `least`, number by number. */
export function isAtLeast(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.', 3).map((part) => Number.parseInt(part, 10));
  for (const [index, minimum] of least.entries()) {
    const number = numbers[index] ?? 0;
    if (number !== minimum) return number > minimum;
  }
  return true;
}

function installedIsolatedVm(): string {
  const manifest: unknown = createRequire(import.meta.url)('isolated-vm/package.json');
  const version = (manifest as { version?: unknown }).version;
  return typeof version === 'string' ? version : '0';
}

/** Throws a sentence for the operator when Node or isolated-vm is older than the sandbox's fix. */
export function assertSafeRuntime(
  nodeVersion = process.versions.node,
  isolatedVmVersion = installedIsolatedVm(),
): void {
  if (!isAtLeast(nodeVersion, [NODE_MAJOR_MIN])) {
    throw new Error(`Scripts need Node ${NODE_MAJOR_MIN} or newer; this is Node ${nodeVersion}`);
  }
  if (!isAtLeast(isolatedVmVersion, ISOLATED_VM_MIN)) {
    const least = ISOLATED_VM_MIN.join('.');
    throw new Error(
      `Scripts need isolated-vm ${least} or newer (GHSA-864f-rcv7-6rh4); this is ${isolatedVmVersion}`,
    );
  }
}
