import { FirstTables1764700000000 } from './1764700000000-first-tables.ts';
import { MakerOfChanges1764750000000 } from './1764750000000-maker-of-changes.ts';
import { Integrations1764800000000 } from './1764800000000-integrations.ts';
import { CommitMarks1764850000000 } from './1764850000000-commit-marks.ts';

/** In the order in which they run; one is never changed once released. */
export const migrations = [
  FirstTables1764700000000,
  MakerOfChanges1764750000000,
  Integrations1764800000000,
  CommitMarks1764850000000,
] as const;
