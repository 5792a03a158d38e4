export { AuditLog, type AuditEntry } from './audit.ts';
export { bpmRequest, Handles, inTransaction, type RequestClass } from './bpm-request.ts';
export { BusModule } from './bus.module.ts';
export type { Caller } from './caller.ts';
export { type Dispatched, Dispatcher } from './dispatcher.ts';
export { type Envelope, failureEnvelope } from './envelope.ts';
export { permissionsOfRole, type Role } from './permissions.ts';
export { RequestRegistry } from './registry.ts';
export { timeField } from './time-field.ts';
