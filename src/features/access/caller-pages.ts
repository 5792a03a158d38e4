import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import type { ApiClientEntity } from './api-client.entity.ts';
import { UserEntity } from './user.entity.ts';

interface PageWish {
  search?: string | undefined;
  pageSize: number;
  cursor?: string | undefined;
}

/** Lists of users and of clients, as far as whoever asks sees them. */
@Injectable()
export class CallerPages {
  constructor(private readonly database: Database) {}

  /** Newest first. `nextCursor` is null on the last page. */
  async page<E extends UserEntity | ApiClientEntity>(
    entity: new () => E,
    { search, pageSize, cursor }: PageWish,
    by: Caller,
  ): Promise<{ rows: E[]; nextCursor: string | null }> {
    const rows = this.database.read
      .createQueryBuilder(entity, 'caller')
      .where('caller.deletedAt IS NULL')
      .orderBy('caller.id', 'DESC')
      .limit(pageSize + 1);
    if (by.isAccountBound) rows.andWhere('caller.accountId = :accountId', { accountId: by.accountId });
    if (cursor !== undefined) rows.andWhere('caller.id < :cursor', { cursor });
    const name = (entity as unknown) === UserEntity ? 'username' : 'name';
    if (search !== undefined && search !== '')
      // A prefix as a range: % is a letter like others.
      rows.andWhere(`caller.${name} >= :search AND caller.${name} < :end`, {
        search,
        end: `${search}\u{10FFFF}`,
      });
    const found = await rows.getMany();
    const page = found.slice(0, pageSize);
    return { rows: page, nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null };
  }
}
