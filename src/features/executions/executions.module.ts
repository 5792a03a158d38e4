import { Module } from '@nestjs/common';
import { ExecutionRecorder } from './execution-recorder.ts';
import { GetWebHookExecutionByIdHandler } from './get-webhook-execution-by-id.query.ts';
import { GetWebHookExecutionListHandler } from './get-webhook-execution-list.query.ts';
import { InterruptedExecutions } from './interrupted-executions.ts';

/** The record of every call. */
@Module({
  providers: [
    ExecutionRecorder,
    InterruptedExecutions,
    GetWebHookExecutionByIdHandler,
    GetWebHookExecutionListHandler,
  ],
  exports: [ExecutionRecorder, InterruptedExecutions],
})
export class ExecutionsModule {}
