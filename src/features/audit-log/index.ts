export { AuditLogEntity } from './audit-log.entity.ts';
export { AuditLogModule } from './audit-log.module.ts';
