export { ExecutionEntity, executionStatuses } from './execution.entity.ts';
export { executionMetrics } from './execution-metrics.ts';
export { ExecutionStreams } from './execution-streams.ts';
export {
  ExecutionRecorder,
  type ExecutionOutcome,
  type ExecutionProgress,
  type ExecutionRef,
  type ExecutionStep,
  type ReceivedExecution,
} from './execution-recorder.ts';
export { ExecutionsModule } from './executions.module.ts';
export { type CallsOnRecord, type RecordedCall, RecordedCalls } from './recorded-calls.ts';
export { type RecordedExecution, RecordedExecutions } from './recorded-executions.ts';
export { UnrecordedOutcomes } from './unrecorded-outcomes.ts';
export { InterruptedExecutions } from './interrupted-executions.ts';
export { executionFilterFields } from './execution-filter.ts';
export { ExecutionFinder } from './execution-finder.ts';
export { stepsView } from './execution-view.ts';
export { executionNotFound } from './execution.errors.ts';
export { openPayload } from './execution-payload.rules.ts';
export {
  credentialsOf,
  type OpenedRequest,
  takenFields,
  type RecordedVerdict,
  type ReplayTerms,
  type RequestMeta,
} from './recorded-request.ts';
