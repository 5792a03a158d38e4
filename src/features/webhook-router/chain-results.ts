import type { Envelope } from '../../bus/index.ts';
import type { ChainStep } from './command-chain.ts';

/** What a step whose condition did not hold gives. */
export const skippedEnvelope: Envelope = Object.freeze({ success: true, data: null, message: 'Skipped' });

/** What one step of a chain gave, as the chain's result shows it. */
interface StepResult {
  name: string;
  commandName: string;
  success: boolean;
  /** Only where its condition did not hold. */
  skipped?: true;
  data: unknown;
  message: string;
  durationMs: number;
}

/** What the steps of a chain have given so far, in order. */
export class ChainResults {
  private readonly results: StepResult[] = [];
  /** Those that succeeded and that something undoes, in order. */
  readonly undoable: ChainStep[] = [];

  add(step: ChainStep, { success, data, message }: Envelope, durationMs: number): void {
    const { name, commandName, compensation } = step;
    this.results.push({
      name,
      commandName,
      success,
      data,
      message,
      durationMs: Math.round(durationMs * 1000) / 1000,
    });
    if (success && compensation) this.undoable.push(step);
  }

  addSkipped({ name, commandName }: ChainStep): void {
    this.results.push({ name, commandName, ...skippedEnvelope, skipped: true, durationMs: 0 });
  }

  /** JSON text of `steps` as expressions see it. */
  stepsJson(): string {
    const entries = this.results.map(({ name, success, data, message }) => [
      name,
      { success, data, message },
    ]);
    return JSON.stringify(Object.fromEntries(entries));
  }

  /** JSON text of the chain's result (contract §5.5). */
  resultJson(): string {
    const last = this.results.findLast(({ skipped }) => !skipped);
    return JSON.stringify({ steps: this.results, data: last?.data ?? null });
  }
}
