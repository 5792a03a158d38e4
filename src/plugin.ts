/**
 * What plugins import as `signalbox/plugin`: the very modules of the running server. What is exported here stays; all
 * else in the house may change with any version.
 */
export {
  bpmRequest,
  Handles,
  inTransaction,
  type AuditTrail,
  type Caller,
  type Origin,
  type Permission,
  type RequestSpec,
} from './bus/index.ts';
export { Clock } from './platform/clock.ts';
export { Database, rawQuery, type Tx } from './platform/db/index.ts';
export { AppError, type AppErrorParts, type ErrorKind } from './platform/errors.ts';
export { OutboundHttp, type OutboundRequest, type OutboundResult } from './platform/outbound-http.ts';
