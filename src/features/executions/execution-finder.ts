import { Injectable } from '@nestjs/common';
import { Brackets, type SelectQueryBuilder } from 'typeorm';
import { Database, lastLookedAt, withinTime } from '../../platform/db/index.ts';
import { WebHookConfigVersionEntity } from '../webhook-configs/index.ts';
import { keyOfConfig } from './config-key.ts';
import { ExecutionEntity } from './execution.entity.ts';
import type { ExecutionFilter } from './execution-filter.ts';

/** As the partial index `executions_unsuccessful` has it: only with the same text does SQLite use it. */
const UNSUCCESSFUL = "execution.status IN ('failed', 'dead', 'ignored', 'rejected')";
const UNFINISHED = "execution.status IN ('received', 'running')";

type Rows = SelectQueryBuilder<ExecutionEntity>;

export interface WantedPage {
  accountId: string;
  filter: ExecutionFilter & { ids?: readonly string[] | undefined };
  /** Absent: the newest come first. */
  isOldestFirst?: boolean;
  /** Only executions that come after this id. */
  cursor?: string | undefined;
  size: number;
  /** Only those that have ended and still have what a purge erases. */
  isPurgeable?: boolean;
}

/** One page of executions. It may be short, or empty, and not the last: `nextCursor` alone tells. */
export interface FoundPage {
  rows: ExecutionEntity[];
  nextCursor: string | null;
}

/** Finds executions by their filters; however many there are, a page costs no more than a fixed number of rows. */
@Injectable()
export class ExecutionFinder {
  constructor(private readonly database: Database) {}

  async page(wanted: WantedPage): Promise<FoundPage> {
    const indexed = await this.indexedPart(wanted);
    const last = isSifted(wanted) ? await lastLookedAt(indexed) : null;
    const rows = sift(indexed, wanted);
    if (last !== null) rows.andWhere(`execution.id ${wanted.isOldestFirst ? '<=' : '>='} :last`, { last });
    const found = await rows.limit(wanted.size + 1).getMany();
    const page = found.slice(0, wanted.size);
    return { rows: page, nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : last };
  }

  /** How many of them have not ended yet. */
  async unfinished({ accountId, filter }: Pick<WantedPage, 'accountId' | 'filter'>): Promise<number> {
    const { status, ...others } = filter;
    const rows = await this.indexedPart({ accountId, filter: others });
    rows.andWhere(UNFINISHED);
    if (status !== undefined) rows.andWhere('execution.status = :status', { status });
    return await sift(rows, { filter: others }).getCount();
  }

  /** What an index finds in the order of ids: by account, key or status, within a range of ids. */
  private async indexedPart({
    accountId,
    filter,
    cursor,
    isOldestFirst,
  }: Omit<WantedPage, 'size'>): Promise<Rows> {
    const rows = this.database.read
      .createQueryBuilder(ExecutionEntity, 'execution')
      .where('execution.accountId = :accountId', { accountId })
      .orderBy('execution.id', isOldestFirst ? 'ASC' : 'DESC');
    const { ids, status, from, to, search } = filter;
    if (ids !== undefined) rows.andWhere('execution.id IN (:...ids)', { ids });
    const key = await keyOfConfig(this.database.read, filter);
    if (key !== undefined) rows.andWhere('execution.key = :key', { key });
    else if (isUnsuccessful(status))
      rows.andWhere(UNSUCCESSFUL).andWhere('execution.status = :status', { status });
    withinTime(rows, 'exe', { from, to });
    if (cursor !== undefined) rows.andWhere(`execution.id ${isOldestFirst ? '>' : '<'} :cursor`, { cursor });
    if (search?.startsWith('exe_') && !(await this.isKeyBeginning(search))) {
      rows.andWhere('execution.id >= :search AND execution.id < :searchEnd', prefix(search));
    }
    return rows;
  }

  /** A key may look like the beginning of an id. */
  private isKeyBeginning(search: string): Promise<boolean> {
    return this.database.read
      .createQueryBuilder(WebHookConfigVersionEntity, 'version')
      .where('version.key >= :search AND version.key < :searchEnd', prefix(search))
      .getExists();
  }
}

/** What no index serves in the order of ids. */
function sift(rows: Rows, { filter, isPurgeable }: Pick<WantedPage, 'filter' | 'isPurgeable'>): Rows {
  const { configId, status, search } = filter;
  if (configId !== undefined) rows.andWhere('execution.configId = :configId', { configId });
  if (status !== undefined) rows.andWhere('execution.status = :status', { status });
  if (search !== undefined && search !== '') {
    // Prefixes as ranges: % is a letter like others.
    rows.andWhere(
      new Brackets((any) => {
        for (const name of ['id', 'key', 'path', 'idempotencyKey'])
          any.orWhere(`(execution.${name} >= :search AND execution.${name} < :searchEnd)`);
      }),
      prefix(search),
    );
  }
  if (isPurgeable) rows.andWhere(`execution.payload IS NOT NULL AND NOT ${UNFINISHED}`);
  return rows;
}

function isSifted({ filter: { key, configId, status, search }, isPurgeable }: WantedPage): boolean {
  const isServed =
    status === undefined || (key === undefined && configId === undefined && isUnsuccessful(status));
  return !isServed || configId !== undefined || Boolean(search) || isPurgeable === true;
}

function isUnsuccessful(status: ExecutionFilter['status']): boolean {
  return status !== undefined && UNSUCCESSFUL.includes(`'${status}'`);
}

function prefix(search: string): { search: string; searchEnd: string } {
  return { search, searchEnd: `${search}\u{10FFFF}` };
}
