import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';

/** The two buses of @nestjs/cqrs behind one call. */
@Injectable()
export class CqrsBuses {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  execute(kind: 'command' | 'query', request: object): Promise<unknown> {
    return kind === 'command' ? this.commands.execute(request) : this.queries.execute(request);
  }
}
