import { Inject, Injectable } from '@nestjs/common';
import { Database, rawQuery } from 'signalbox/plugin';

/** Which numbers were drawn: in a table of its own, in the database of Signalbox. */
export class InvoiceNumbers {
  constructor(database) {
    this.database = database;
  }

  /** Nest calls it at every start. */
  async onModuleInit() {
    await this.database.door.transaction((tx) =>
      tx.manager.query(
        `CREATE TABLE IF NOT EXISTS invoice_numbers (account_id TEXT NOT NULL, series TEXT NOT NULL,
          number INTEGER NOT NULL, customer TEXT NOT NULL, drawn_at BIGINT NOT NULL,
          PRIMARY KEY (account_id, series, number))`,
      ),
    );
  }

  /** The next number of a series, within the command's transaction: where that is undone, the number is free again. */
  async draw(tx, { accountId, series, customer, now }) {
    const [{ last }] = await rawQuery(
      tx.manager,
      'SELECT COALESCE(MAX(number), 0) AS last FROM invoice_numbers WHERE account_id = ? AND series = ?',
      [accountId, series],
    );
    const number = Number(last) + 1;
    await rawQuery(tx.manager, 'INSERT INTO invoice_numbers VALUES (?, ?, ?, ?, ?)', [
      accountId,
      series,
      number,
      customer,
      now,
    ]);
    return number;
  }

  /** The last hundred of a series, the newest first. */
  async list(accountId, series) {
    return await rawQuery(
      this.database.read,
      `SELECT number, customer, drawn_at AS "drawnAt" FROM invoice_numbers
        WHERE account_id = ? AND series = ? ORDER BY number DESC LIMIT 100`,
      [accountId, series],
    );
  }
}

Injectable()(InvoiceNumbers);
Inject(Database)(InvoiceNumbers, undefined, 0);
