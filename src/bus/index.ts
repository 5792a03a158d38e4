export { accountField, accountOf } from './account.ts';
export { AuditLog, type AuditEntry } from './audit.ts';
export {
  type AuditTrail,
  bpmRequest,
  HANDLED_REQUEST,
  Handles,
  inTransaction,
  type RequestClass,
  type RequestSpec,
} from './bpm-request.ts';
export { BusModule } from './bus.module.ts';
export type { Caller, Origin } from './caller.ts';
export { type Dispatched, Dispatcher, permissionMissing } from './dispatcher.ts';
export { type Envelope, failureEnvelope } from './envelope.ts';
export { jointCaller } from './joint-caller.rules.ts';
export { type Permission, permissions, permissionsOfRole, type Role } from './permissions.ts';
export { RequestRegistry } from './registry.ts';
export { timeField } from './time-field.ts';
export { validationSentences, withoutNulls } from './validation.rules.ts';
