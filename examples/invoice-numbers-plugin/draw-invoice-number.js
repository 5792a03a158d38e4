import { AppError, bpmRequest, Clock, Handles, inTransaction } from 'signalbox/plugin';
import { z } from 'zod';
import { InvoiceNumbers } from './invoice-numbers.js';

const NUMBER_MAX = 999_999;

/** The name of its fields that several files need. */
export const seriesField = z.string().regex(/^[A-Z]{1,10}$/, 'must be 1 to 10 capital letters');

/** Draws the next number of a series: no two invoices share one, and none is left out. */
export class DrawInvoiceNumberCommand extends bpmRequest({
  kind: 'command',
  permission: 'events:publish',
  input: z.strictObject({ series: seriesField, customer: z.string().min(1).max(200) }),
  success: 'Invoice number drawn successfully',
  failure: 'Drawing failed',
  example: { series: 'INV', customer: 'Ada' },
}) {}

/** Everything slow belongs before `inTransaction`; what is in it is one commit with the record of the call. */
export class DrawInvoiceNumberHandler {
  constructor(numbers, clock) {
    this.numbers = numbers;
    this.clock = clock;
  }

  async execute({ input, caller }) {
    return inTransaction(async (tx, trail) => {
      const now = this.clock.now();
      const number = await this.numbers.draw(tx, { accountId: caller.accountId, now, ...input });
      if (number > NUMBER_MAX) throw seriesFull(input.series);
      trail.after = { series: input.series, number };
      return { number: `${input.series}-${String(number).padStart(6, '0')}` };
    });
  }
}

// The second argument says what the constructor is given.
Handles(DrawInvoiceNumberCommand, [InvoiceNumbers, Clock])(DrawInvoiceNumberHandler);

function seriesFull(series) {
  return new AppError({
    code: 'invoice-numbers.series-full',
    kind: 'conflict',
    details: [`The series ${series} has no number left`],
  });
}
