import { z } from 'zod';
import { bpmRequest, Handles, numberedRow, timeField } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { keyOfConfig } from './config-key.ts';
import { countRows, statisticsItems } from './webhook-statistics.ts';
import { minuteOf, minutesOf, statisticsUnits } from './webhook-statistics.rules.ts';

const DAY_MS = 86_400_000;
/** Minutes, hours or days between `from` and `to`. */
const UNITS_MAX = 1_500;
/** Counts read for one answer: some 10 MB of it at the most. */
const ROWS_MAX = 100_000;

/** How many calls ended how, and how long they took, in each minute, hour or day (UTC) in which something ended. */
export class GetWebHookStatisticsQuery extends bpmRequest({
  kind: 'query',
  permission: 'executions:read',
  input: z.strictObject({
    key: z.string().max(200).optional(),
    configId: numberedRow().optional(),
    unit: z.enum(statisticsUnits).default('hour'),
    from: timeField.optional(),
    to: timeField.optional(),
  }),
  success: 'Webhook statistics retrieved successfully',
  example: { key: 'order-paid', unit: 'minute', from: '2026-01-31T12:00:00Z', to: '2026-01-31T13:00:00Z' },
}) {}

@Handles(GetWebHookStatisticsQuery)
export class GetWebHookStatisticsHandler {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ input, caller }: GetWebHookStatisticsQuery) {
    const { read } = this.database;
    const unitMinutes = minutesOf(input.unit);
    const filter = {
      accountId: caller.accountId,
      key: await keyOfConfig(read, input),
      configId: input.configId,
      unitMinutes,
      ...this.span(input, unitMinutes),
    };
    const rows = await countRows(read, filter, ROWS_MAX + 1).getRawMany();
    if (rows.length > ROWS_MAX)
      throw invalid('There is too much for one answer: ask for one key, less time or a larger unit');
    return { items: statisticsItems(rows, unitMinutes) };
  }

  /** Whole units: the first is the one in which `from` is, the last the one of `to`. */
  private span({ unit, from, to }: GetWebHookStatisticsQuery['input'], unitMinutes: number) {
    const now = this.clock.now();
    const fromMs = from === undefined ? null : Date.parse(from);
    const toMs = to === undefined ? Math.max(now, fromMs ?? now) : Date.parse(to);
    const startMs = fromMs ?? toMs - DAY_MS;
    if (startMs > toMs) throw invalid('From must not be after to');
    const first = Math.floor(minuteOf(startMs) / unitMinutes);
    const end = Math.floor(minuteOf(toMs) / unitMinutes) + 1;
    if (end - first > UNITS_MAX)
      throw invalid(
        `From and to must be at most ${UNITS_MAX} ${unit}s apart: take a larger unit or less time`,
      );
    return { firstMinute: first * unitMinutes, endMinute: end * unitMinutes };
  }
}

function invalid(sentence: string): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [sentence],
  });
}
