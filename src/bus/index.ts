export { AuditLog, type AuditEntry } from './audit.ts';
export { type AuditTrail, bpmRequest, Handles, inTransaction, type RequestClass } from './bpm-request.ts';
export { BusModule } from './bus.module.ts';
export type { Caller, Origin } from './caller.ts';
export { type Dispatched, Dispatcher } from './dispatcher.ts';
export { type Envelope, failureEnvelope, type SuccessEnvelope } from './envelope.ts';
export { type Permission, permissionsOfRole, type Role, roles } from './permissions.ts';
export { RequestRegistry } from './registry.ts';
