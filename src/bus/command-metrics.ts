import type { ErrorKind } from '../platform/errors.ts';
import { counter, type Metric, type Sample } from '../platform/telemetry/metric.ts';

/** How one ended. */
export type Outcome = 'succeeded' | ErrorKind;

/** More names than there are built in; what is defined at run time beyond them is counted together. */
const TYPES_MAX = 500;
const OTHERS = 'other';

/** How requests of the bus ended since the start, by `$type`. */
export class CommandFigures {
  private readonly byType = new Map<string, Map<Outcome, number>>();

  /** @param type one that exists: callers can make up names without end. */
  note(type: string, outcome: Outcome): void {
    const outcomes = this.outcomesOf(type);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  samples(): Sample[] {
    return [...this.byType].flatMap(([type, outcomes]) =>
      [...outcomes].map(([outcome, value]) => ({ value, labels: { type, outcome } })),
    );
  }

  private outcomesOf(type: string): Map<Outcome, number> {
    const known = this.byType.get(type);
    if (known) return known;
    if (this.byType.size >= TYPES_MAX && type !== OTHERS) return this.outcomesOf(OTHERS);
    const outcomes = new Map<Outcome, number>();
    this.byType.set(type, outcomes);
    return outcomes;
  }
}

/** The metrics of the bus. */
export function commandMetrics({ figures }: { figures: CommandFigures }): Metric[] {
  return [
    counter(
      'signalbox_commands_total',
      'Commands and queries by $type and by how they ended: succeeded, or the kind of their failure.',
      () => figures.samples(),
    ),
  ];
}
