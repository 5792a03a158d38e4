import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the specs lie that take minutes: beside them all others find time, behind them one core would wait. */
const slow = ['test/crash/', 'test/instances/', 'test/sandbox/', 'test/flows/'];

/** Begins with the slowest files, also where nobody has measured them before. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = slow.findIndex((folder) => moduleId.includes(`/${folder}`));
  return at === -1 ? slow.length : at;
}
