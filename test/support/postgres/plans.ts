import type { Database } from '../../../src/platform/db/index.ts';

/** A step of a plan, as `EXPLAIN (FORMAT JSON)` has it. */
interface Step {
  'Node Type': string;
  'Relation Name'?: string;
  'Plan Rows': number;
  Plans?: Step[];
}

/** So many are looked at for one page anyway: of a day with fewer PostgreSQL may read all. */
const FEW_ROWS = 20_000;
/** Where all rows that an index finds are looked at, so many are sorted faster than read in their order. */
const SORTED_ROWS_MAX = 2_000;

/** Steps of a query's plan that read a whole table of rows, or sort them. */
export async function badSteps(database: Database, sql: string, values: unknown[]): Promise<string[]> {
  const [row]: { 'QUERY PLAN': { Plan: Step }[] }[] = await database.read.query(
    `EXPLAIN (FORMAT JSON) ${sql}`,
    values,
  );
  const large = await largeTables(database);
  return stepsOf(row!['QUERY PLAN'][0]!.Plan)
    .filter((step) => isBad(step, large))
    .map((step) => `${step['Node Type']} ${step['Relation Name'] ?? ''}`.trim());
}

function isBad(step: Step, large: ReadonlySet<string>): boolean {
  const table = step['Relation Name'];
  if (step['Node Type'] === 'Seq Scan') return table !== undefined && large.has(table);
  return step['Node Type'].endsWith('Sort') && step['Plan Rows'] > SORTED_ROWS_MAX;
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

async function largeTables(database: Database): Promise<Set<string>> {
  const rows: { name: string }[] = await database.read.query(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND reltuples > ${FEW_ROWS}`,
  );
  return new Set(rows.map(({ name }) => name));
}
