import { Module } from '@nestjs/common';
import { InvoiceNumbers } from './invoice-numbers.js';
import { DrawInvoiceNumberHandler } from './draw-invoice-number.js';
import { GetInvoiceNumberListHandler } from './get-invoice-number-list.js';

/** What `PLUGINS=./examples/invoice-numbers-plugin` adds. */
export class InvoiceNumbersModule {}

// Plain JavaScript has no decorators yet: each is a function of the class.
Module({ providers: [InvoiceNumbers, DrawInvoiceNumberHandler, GetInvoiceNumberListHandler] })(
  InvoiceNumbersModule,
);
