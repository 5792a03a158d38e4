import { FirstTables1763700000000 } from './1763700000000-first-tables.ts';
import { PayloadPacks1764000000000 } from './1764000000000-payload-packs.ts';
import { Secrets1764100000000 } from './1764100000000-secrets.ts';
import { ConfigDrafts1764100000001 } from './1764100000001-config-drafts.ts';
import { WebHookStatistics1764210000000 } from './1764210000000-webhook-statistics.ts';
import { Events1764220000000 } from './1764220000000-events.ts';
import { ExecutionLists1764300000000 } from './1764300000000-execution-lists.ts';
import { DurableRuns1764400000000 } from './1764400000000-durable-runs.ts';
import { CallsOfExecutions1764500000000 } from './1764500000000-calls-of-executions.ts';
import { Access1764550000000 } from './1764550000000-access.ts';
import { CommandDefinitions1764600000000 } from './1764600000000-command-definitions.ts';
import { ProcessOfExecutions1764700000000 } from './1764700000000-process-of-executions.ts';
import { Integrations1764800000000 } from './1764800000000-integrations.ts';

/** In the order in which they run; one is never changed once released. */
export const migrations = [
  FirstTables1763700000000,
  PayloadPacks1764000000000,
  Secrets1764100000000,
  ConfigDrafts1764100000001,
  WebHookStatistics1764210000000,
  Events1764220000000,
  ExecutionLists1764300000000,
  DurableRuns1764400000000,
  CallsOfExecutions1764500000000,
  Access1764550000000,
  CommandDefinitions1764600000000,
  ProcessOfExecutions1764700000000,
  Integrations1764800000000,
] as const;
