import { Module } from '@nestjs/common';
import { CountedRejections } from './counted-rejections.ts';
import { ExecutionFinder } from './execution-finder.ts';
import { ExecutionRecorder } from './execution-recorder.ts';
import { GetWebHookExecutionByIdHandler } from './get-webhook-execution-by-id.query.ts';
import { GetWebHookExecutionListHandler } from './get-webhook-execution-list.query.ts';
import { GetWebHookStatisticsHandler } from './get-webhook-statistics.query.ts';
import { InterruptedExecutions } from './interrupted-executions.ts';
import { RecordedCalls } from './recorded-calls.ts';
import { RecordedExecutions } from './recorded-executions.ts';
import { UnrecordedOutcomes } from './unrecorded-outcomes.ts';

/** The record of every call. */
@Module({
  providers: [
    CountedRejections,
    ExecutionFinder,
    ExecutionRecorder,
    RecordedCalls,
    RecordedExecutions,
    UnrecordedOutcomes,
    InterruptedExecutions,
    GetWebHookExecutionByIdHandler,
    GetWebHookExecutionListHandler,
    GetWebHookStatisticsHandler,
  ],
  exports: [ExecutionRecorder, InterruptedExecutions, RecordedCalls, RecordedExecutions, UnrecordedOutcomes],
})
export class ExecutionsModule {}
