import { Module } from '@nestjs/common';
import { ChangesElsewhere } from './changes-elsewhere.ts';
import { CountedRejections } from './counted-rejections.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { ExecutionFinder } from './execution-finder.ts';
import { ExecutionPurge } from './execution-purge.ts';
import { ExecutionRecorder } from './execution-recorder.ts';
import { ExecutionRetention } from './execution-retention.ts';
import { ExecutionStreams } from './execution-streams.ts';
import { GetWebHookExecutionByIdHandler } from './get-webhook-execution-by-id.query.ts';
import { GetWebHookExecutionListHandler } from './get-webhook-execution-list.query.ts';
import { GetWebHookStatisticsHandler } from './get-webhook-statistics.query.ts';
import { InterruptedExecutions } from './interrupted-executions.ts';
import { RecordedCalls } from './recorded-calls.ts';
import { RecordedExecutions } from './recorded-executions.ts';
import { OwnedExecutions } from './owned-executions.ts';
import { PurgeExecutionsHandler } from './purge-executions.command.ts';
import { UnrecordedOutcomes } from './unrecorded-outcomes.ts';

/** The record of every call. */
@Module({
  providers: [
    OwnedExecutions,
    ChangesElsewhere,
    CountedRejections,
    ExecutionChanges,
    ExecutionFinder,
    ExecutionPurge,
    ExecutionRecorder,
    RecordedCalls,
    RecordedExecutions,
    ExecutionRetention,
    ExecutionStreams,
    UnrecordedOutcomes,
    InterruptedExecutions,
    GetWebHookExecutionByIdHandler,
    GetWebHookExecutionListHandler,
    GetWebHookStatisticsHandler,
    PurgeExecutionsHandler,
  ],
  exports: [
    ExecutionFinder,
    ExecutionRecorder,
    ExecutionStreams,
    InterruptedExecutions,
    RecordedCalls,
    RecordedExecutions,
    UnrecordedOutcomes,
  ],
})
export class ExecutionsModule {}
