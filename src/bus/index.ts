export { accountField, accountNotFound, accountOf, actingIn, boundTo } from './account.ts';
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
export { commandMetrics } from './command-metrics.ts';
export {
  type DefinedCommand,
  DefinedCommands,
  type DefinedOrder,
  type WorkAnswer,
  type WorkCall,
  type WorkJournal,
} from './defined-commands.ts';
export { type Dispatched, permissionMissing, refused, validationFailed } from './dispatched.ts';
export { Dispatcher, type Order } from './dispatcher.ts';
export { type Envelope, failureEnvelope } from './envelope.ts';
export { jointCaller, lasting, mayNoMoreThan, type Reach } from './joint-caller.rules.ts';
export { INPUT_DEPTH_MAX, INPUT_FIELDS_MAX, inputIn, inputTooLarge } from './input-text.ts';
export { type KnownCommand, KnownCommands } from './known-commands.ts';
export { type Permission, permissions, permissionsOfRole, type Role, roles } from './permissions.ts';
export { RequestRegistry } from './registry.ts';
export { numberedRow } from './numbered-row.ts';
export { pageFields } from './page-fields.ts';
export { timeField } from './time-field.ts';
export { validationSentences } from './validation.rules.ts';
