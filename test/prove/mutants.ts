import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { type Mutant, mutants } from '../contracts/mutants.ts';

const root = join(import.meta.dirname, '../..');
const notCopied = new Set(['node_modules', 'dist', '.git', '.work', 'data']);
const RUN_MS_MAX = 300_000;
const NO_TEST = 'no test ran';

interface Verdict {
  isRed: boolean;
  sentence: string;
}

/** Breaks the code in one way after the other, in a copy of it: each time the named spec must turn red, and be green before. */
export async function prove({ from = 1, to = mutants.length }: Record<string, number> = {}) {
  const copy = mkdtempSync(join(tmpdir(), 'signalbox-mutants-'));
  const survivors: string[] = [];
  const chosen = mutants.slice(from - 1, to);
  try {
    copyTheTree(copy);
    const unbroken = new Map<string, Verdict>();
    for (const mutant of chosen) {
      const key = `${mutant.spec} ${mutant.tests ?? ''}`;
      const before = unbroken.get(key) ?? verdictOf(copy, mutant);
      unbroken.set(key, before);
      if (before.isRed || before.sentence === NO_TEST) {
        survivors.push(`${key} is not green without any mutant: ${before.sentence}`);
      }
      const { isRed, sentence } = withMutant(copy, mutant);
      process.stdout.write(
        `${isRed ? 'noticed' : 'SURVIVED'}: ${mutant.name} (${mutant.spec}: ${sentence})\n`,
      );
      if (!isRed) survivors.push(`${mutant.name}: ${sentence}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  if (survivors.length > 0) throw new Error(survivors.join('\n'));
  return { mutants: chosen.length, noticed: chosen.length };
}

/** Sources are copied, because they get changed; the packages are linked file by file where the disk allows it. */
function copyTheTree(copy: string): void {
  for (const entry of readdirSync(root)) {
    if (!notCopied.has(entry))
      cpSync(join(root, entry), join(copy, entry), { recursive: true, filter: isCopied });
  }
  const packages = join(root, 'node_modules');
  const linked = spawnSync('cp', ['-al', packages, copy]);
  // A link to the folder would not do: script workers may read only the real places of their files.
  if (linked.status !== 0)
    cpSync(packages, join(copy, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  build(copy);
}

function isCopied(path: string): boolean {
  return !relative(root, path)
    .split(sep)
    .some((part) => notCopied.has(part));
}

function withMutant(copy: string, mutant: Mutant): Verdict {
  const path = join(copy, mutant.file);
  const source = readFileSync(path, 'utf8');
  const parts = source.split(mutant.find);
  if (parts.length !== 2) return { isRed: false, sentence: `its text stands ${parts.length - 1} times` };
  writeFileSync(path, parts.join(mutant.replacement));
  try {
    build(copy);
    return verdictOf(copy, mutant);
  } finally {
    writeFileSync(path, source);
    build(copy);
  }
}

/** A mutant that does not compile proves nothing. */
function build(copy: string): void {
  const built = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: copy,
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
  });
  if (built.status !== 0) throw new Error(`The copy does not build:\n${built.stdout}${built.stderr}`);
}

function verdictOf(copy: string, { spec, tests }: Mutant): Verdict {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = ['vitest', 'run', spec, '--reporter=json', `--outputFile=${report}`];
  if (tests) args.push('-t', tests);
  spawnSync('npx', args, { cwd: copy, stdio: 'ignore', timeout: RUN_MS_MAX });
  endWhatIsLeft(copy);
  if (!existsSync(report)) return { isRed: false, sentence: NO_TEST };
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'numFailedTests' | 'numPassedTests',
    number
  >;
  // A spec that fails before its tests says nothing about them.
  const isRed = numFailedTests > 0;
  if (!isRed && numPassedTests === 0) return { isRed, sentence: NO_TEST };
  return { isRed, sentence: `${numFailedTests} failed, ${numPassedTests} passed` };
}

/** A spec that turned red may have left a server that, broken as it is, does not stop. */
function endWhatIsLeft(copy: string): void {
  if (!existsSync('/proc')) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(copy)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
