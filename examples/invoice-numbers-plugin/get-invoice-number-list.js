import { bpmRequest, Handles } from 'signalbox/plugin';
import { z } from 'zod';
import { seriesField } from './draw-invoice-number.js';
import { InvoiceNumbers } from './invoice-numbers.js';

/** The last hundred numbers of a series. */
export class GetInvoiceNumberListQuery extends bpmRequest({
  kind: 'query',
  permission: 'executions:read',
  input: z.strictObject({ series: seriesField }),
  success: 'Invoice numbers retrieved successfully',
  example: { series: 'INV' },
}) {}

export class GetInvoiceNumberListHandler {
  constructor(numbers) {
    this.numbers = numbers;
  }

  async execute({ input, caller }) {
    return { items: await this.numbers.list(caller.accountId, input.series) };
  }
}

Handles(GetInvoiceNumberListQuery, [InvoiceNumbers])(GetInvoiceNumberListHandler);
