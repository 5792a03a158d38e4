import { Global, Module } from '@nestjs/common';
import { AuditLog } from '../../bus/index.ts';
import { AuditBook } from './audit-book.ts';
import { GetAuditLogHandler } from './get-audit-log.query.ts';

/** The book of who did what. */
@Global()
@Module({
  providers: [{ provide: AuditLog, useClass: AuditBook }, GetAuditLogHandler],
  exports: [AuditLog],
})
export class AuditLogModule {}
