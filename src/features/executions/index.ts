export { ExecutionEntity } from './execution.entity.ts';
export {
  ExecutionRecorder,
  type ExecutionOutcome,
  type ExecutionRef,
  type ExecutionStep,
  type ReceivedExecution,
} from './execution-recorder.ts';
export { ExecutionsModule } from './executions.module.ts';
export { UnrecordedOutcomes } from './unrecorded-outcomes.ts';
export { InterruptedExecutions } from './interrupted-executions.ts';
export { openPayload } from './execution-payload.rules.ts';
export { credentialsOf, type OpenedRequest, takenFields, type RequestMeta } from './recorded-request.ts';
