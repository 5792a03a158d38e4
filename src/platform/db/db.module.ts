import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Sealer } from '../sealing.ts';
import { Database, type EntityClass } from './database.ts';
import { WriteDoor } from './write-door.ts';

/** Gives the house its database; whatever reads or writes asks for `Database` or `WriteDoor`. */
@Global()
@Module({})
export class DbModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static forRoot(databaseUrl: string, entities: readonly EntityClass[]): DynamicModule {
    return {
      module: DbModule,
      providers: [
        {
          provide: Database,
          useFactory: (sealer: Sealer) => Database.open(databaseUrl, entities, sealer),
          inject: [Sealer],
        },
        { provide: WriteDoor, useFactory: (database: Database) => database.door, inject: [Database] },
      ],
      exports: [Database, WriteDoor],
    };
  }

  /** Last of all: what was accepted is stored before the process ends. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
