import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import type { ConfigShape } from './config-shape.ts';
import { usage } from './failures.ts';

/** Names that some systems take for devices. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A folder with one YAML file for each configuration; the `key` in a file says which one, its name is for people. */
export class ConfigFolder {
  constructor(readonly path: string) {}

  /** All of its files, by key. @throws with every fault of every file; `mayBeMissing`: an absent folder is an empty one. */
  read(shape: ConfigShape, mayBeMissing = false): Map<string, ConfigFile> {
    const files = new Map<string, ConfigFile>();
    const faults: string[] = [];
    for (const name of this.names(mayBeMissing)) {
      const path = join(this.path, name);
      const text = textOf(path);
      const file = text instanceof Error ? [`${path}: ${text.message}`] : readConfigFile(path, text, shape);
      if (Array.isArray(file)) {
        faults.push(...file);
        continue;
      }
      const other = files.get(file.fields.key);
      if (other) faults.push(`${path}: has the key "${file.fields.key}", as ${other.path} has`);
      files.set(file.fields.key, file);
    }
    if (faults.length > 0) throw usage(`The files in ${this.path} cannot be used`, faults);
    return files;
  }

  /**
   * A path for the file of a key that has none yet. Two keys may differ in capitals only, which some file systems do not
   * tell apart: the second one gets a name that no key can have.
   */
  freePath(key: string): string {
    const taken = new Set(this.names(true).map((name) => name.toLowerCase()));
    const plain = `${key}.yaml`;
    if (!taken.has(plain.toLowerCase()) && !deviceName.test(plain)) return join(this.path, plain);
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
    return join(this.path, `${key}~${hash}.yaml`);
  }

  /** Whole or not at all, and never through a link to elsewhere. */
  write(path: string, text: string): void {
    const unfinished = `${path}.${process.pid}.unfinished`;
    try {
      mkdirSync(this.path, { recursive: true });
      writeFileSync(unfinished, text, { flag: 'wx' });
      renameSync(unfinished, path);
    } catch (error) {
      throw usage(`${path} cannot be written: ${(error as Error).message}`);
    }
  }

  remove(path: string): void {
    rmSync(path);
  }

  private names(mayBeMissing: boolean): string[] {
    try {
      return readdirSync(this.path, { withFileTypes: true })
        .filter((entry) => !entry.isDirectory() && /^[^.].*\.ya?ml$/i.test(entry.name))
        .map(({ name }) => name)
        .sort();
    } catch (error) {
      if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw usage(`The folder ${this.path} cannot be read: ${(error as Error).message}`);
    }
  }
}

function textOf(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error as Error;
  }
}
